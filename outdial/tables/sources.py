"""Read the recorded answers and the open questions that rows and rules rest on."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from outdial.documents import Document, Strict, yaml_files
from outdial.folders import CONTRACTS

OBSERVED = CONTRACTS / "observed"
QUESTIONS = CONTRACTS / "questions.yaml"


class Observed(Strict):
    """One recorded answer. `kind`: a capture is a pasted answer, a partial one has the status or the body only, a
    fixture is somebody's test data. A `status` of `2xx` means that only success was told."""

    address: str
    date: str | None = None
    kind: Literal["capture", "partial", "fixture"]
    request: str
    status: int | Literal["2xx"] | None = None
    headers: dict[str, str] = {}
    body: Any = None
    note: str | None = None


@cache
def load_observed(folder: Path = OBSERVED) -> Mapping[str, Observed]:
    """Return the recorded answers of a folder by their ids. Raises `DocumentError`."""
    found: dict[str, Observed] = {}
    for path in yaml_files(folder, "recorded answer"):
        document = Document.read(path)
        for name, entry in document.parse(dict[str, Observed]).items():
            if name in found:
                raise document.error((name,), f"id {name!r} stands twice; choose another")
            found[name] = entry
    return found


class Question(Strict):
    """An open question: what is asked, why it matters to a caller, what the stub does meanwhile, how to find out."""

    asks: str
    matters: str
    meanwhile: str
    find_out: str


@cache
def load_questions(path: Path = QUESTIONS) -> Mapping[str, Question]:
    """Return the questions of a file by their ids. Raises `DocumentError`."""
    document = Document.read(path)
    questions = document.parse(dict[str, Question])
    for name, each in questions.items():
        if not each.asks.endswith("?"):
            raise document.error((name, "asks"), f"invalid question {each.asks!r}: expected a question mark at its end")
    return questions


def questions_beside(table: Path) -> Mapping[str, Question]:
    """Return our questions, and those of a `questions.yaml` in the folder above a table's. Raises `DocumentError`."""
    own = table.parent.parent / QUESTIONS.name
    return {**load_questions(), **(load_questions(own) if own.is_file() else {})}
