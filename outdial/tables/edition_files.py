"""The files of one edition: its head and its tables, completed by those of the edition that it extends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from outdial.documents import Document, suggest
from outdial.documents.extending import Form, base_of, extended
from outdial.folders import CONTRACTS

TABLES = CONTRACTS / "tables"
EDITION_FILE = "edition.yaml"
HEAD = Form(own=("provider", "source", "extends", "without"), named={"refusals": "status"}, listed=())
TABLE = Form(own=("basis", "source"), named={}, listed=("scenarios", "pairs", "rows"))
"""The basis and the source of a table that extends another are those of what it changes and adds."""


@dataclass(frozen=True, slots=True)
class EditionFiles:
    """`tables` reads each table by its operation. `account` is the edition that all the others extend in the end."""

    head: Document
    tables: Mapping[str, Callable[[], Document]]
    account: str

    @classmethod
    def read(cls, folder: Path, extending: tuple[str, ...] = ()) -> "EditionFiles":
        """What stands in a folder; what it extends stands beside it, or among ours. Raises `DocumentError`."""
        head = Document.read(folder / EDITION_FILE)
        known = {
            path.parent.name: path.parent for at in (TABLES, folder.parent) for path in at.glob(f"*/{EDITION_FILE}")
        }
        own: dict[str, Callable[[], Document]] = {}
        own |= {path.stem: partial(Document.read, path) for path in folder.glob("*.yaml") if path.name != EDITION_FILE}
        chain = (*extending, folder.name)
        name = base_of(head, known, chain)
        without = head.data.get("without") if isinstance(head.data, dict) else None
        if name is None:
            if without is not None:
                raise head.error(("without",), "`without` is said of what an edition `extends`, and it extends none")
            return cls(head, dict(sorted(own.items())), folder.name)
        base = cls.read(known[name], chain)
        for at, operation in enumerate(without if isinstance(without, list) else ()):
            if operation not in base.tables:
                problem = f"{name} has no table {operation!r}{suggest(str(operation), base.tables)}"
                raise head.error(("without", at), problem)
        kept = {each: read for each, read in base.tables.items() if each not in (without or ())}
        changed = {each: partial(_changed, read, kept[each]) if each in kept else read for each, read in own.items()}
        tables = dict(sorted({**kept, **changed}.items()))
        return cls(extended(head, base.head, HEAD), tables, base.account)


def _changed(change: Callable[[], Document], base: Callable[[], Document]) -> Document:
    return extended(change(), _with_evidence(base()), TABLE)


def _with_evidence(table: Document) -> Document:
    """A table of which each row says on what evidence it stands, so that it keeps it under another head."""
    if not isinstance(table.data, dict) or not isinstance(table.data.get("scenarios"), list):
        return table
    of_head = {key: table.data[key] for key in ("basis", "source") if key in table.data}
    rows = [{**of_head, **row} if isinstance(row, dict) else row for row in table.data["scenarios"]]
    return replace(table, data={**table.data, "scenarios": rows})
