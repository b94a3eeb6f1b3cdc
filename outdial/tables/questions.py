"""Read contracts/questions.yaml: what no vendor publishes and a client or the stub must decide nevertheless."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from outdial.documents import Document, Strict
from outdial.folders import CONTRACTS

FILE = "questions.yaml"
QUESTIONS = CONTRACTS / FILE


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
    own = table.parent.parent / FILE
    return {**load_questions(), **(load_questions(own) if own.is_file() else {})}
