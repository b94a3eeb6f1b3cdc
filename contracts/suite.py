"""Loads every scenario table below a folder; refuses what a reader would have to guess at."""

from collections.abc import Iterator
from pathlib import Path

from contracts.assembly import TableScenarios
from contracts.rows import Edition, Table
from contracts.scenario import Scenario
from yaml_documents import Document, DocumentError

TABLES = Path(__file__).parent / "tables"
EDITION_FILE = "edition.yaml"


def load_suite(tables: Path = TABLES) -> list[Scenario]:
    """Every scenario of every table, in the order of files and rows. Raises `DocumentError`."""
    scenarios: list[Scenario] = []
    seen: dict[tuple[str, str], Scenario] = {}
    for folder in sorted(path for path in tables.iterdir() if path.is_dir()):
        for scenario in _load_edition(folder):
            for name in ("case_id", "description"):
                known = seen.setdefault((name, getattr(scenario, name)), scenario)
                if known is not scenario:
                    value = getattr(scenario, name)
                    raise DocumentError(f"{scenario.place}: {name} {value!r} stands at {known.place} too")
            scenarios.append(scenario)
    if not scenarios:
        raise DocumentError(f"{tables}: no scenario table here; expected <edition>/{EDITION_FILE} and tables beside it")
    return scenarios


def _load_edition(folder: Path) -> Iterator[Scenario]:
    head = Document.read(folder / EDITION_FILE)
    edition = head.parse(Edition)
    if edition.provider != folder.name:
        raise head.error(("provider",), f"provider {edition.provider!r} is not the folder's name, {folder.name!r}")
    for path in sorted(folder.glob("*.yaml")):
        if path.name == EDITION_FILE:
            continue
        document = Document.read(path)
        table: Table = document.parse(Table)
        if table.operation != path.stem:
            raise document.error(("operation",), f"operation {table.operation!r} is not the file's name, {path.stem!r}")
        yield from TableScenarios(edition, table, document).all()
