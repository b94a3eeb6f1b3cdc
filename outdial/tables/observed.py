"""Read contracts/observed/*.yaml: answers of the real services that somebody recorded, with address and date."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from outdial.documents import Document, Strict, yaml_files
from outdial.folders import CONTRACTS

OBSERVED = CONTRACTS / "observed"


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
