"""Loads every scenario table below a folder; refuses what a reader would have to guess at."""

from pathlib import Path

from contracts.assembly import TableScenarios, problems_of_edition
from contracts.clients import Clients
from contracts.edition_files import EDITION_FILE, TABLES, EditionFiles
from contracts.promises import check
from contracts.rows import Edition, Table
from contracts.scenario import Scenario
from yaml_documents import Document, DocumentError, Together


def load_suite(tables: Path = TABLES, clients: Clients | None = None) -> list[Scenario]:
    """Every scenario of every table, in the order of files and rows. Raises `DocumentError`.

    With the consumer's `clients`, names of its code are looked up, and calls carry arguments of its types.
    """
    scenarios: list[Scenario] = []
    found = Together()
    if not tables.is_dir():
        raise DocumentError(
            f"{tables}: no such folder; expected one with <edition>/{EDITION_FILE} and tables beside it"
        )
    for folder in sorted(path for path in tables.iterdir() if path.is_dir()):
        with found:
            _load_edition(folder, clients, scenarios, found)
    seen: dict[tuple[str, str, str], Scenario] = {}
    for scenario in scenarios:
        for name in ("case_id", "description"):
            value = getattr(scenario, name)
            known = seen.setdefault((scenario.provider, name, value), scenario)
            if known is not scenario:
                fix = "; change `title` or `summary`" if name == "description" else ""
                with found:
                    raise DocumentError(f"{scenario.place}: {name} {value!r} stands at {known.place} too{fix}")
    found.raise_found()
    if not scenarios:
        raise DocumentError(f"{tables}: no scenario table here; expected <edition>/{EDITION_FILE} and tables beside it")
    return scenarios


def _load_edition(folder: Path, clients: Clients | None, scenarios: list[Scenario], found: Together) -> None:
    files = EditionFiles.read(folder)
    head = files.head
    edition = head.parse(Edition)
    if edition.provider != folder.name:
        raise head.error(("provider",), f"provider {edition.provider!r} is not the folder's name, {folder.name!r}")
    for place, problem in (*problems_of_edition(edition), *(clients.problems_of_edition(edition) if clients else ())):
        with found:
            raise head.error(place, problem)
    for operation, read in files.tables.items():
        with found:
            scenarios += read_table(edition, operation, read(), files.account, clients)


def read_table(
    edition: Edition, operation: str, document: Document, account: str, clients: Clients | None = None
) -> list[Scenario]:
    """Every scenario of one table, checked against its evidence. Raises `DocumentError`."""
    table = document.parse(Table)
    if table.operation != operation:
        problem = f"operation {table.operation!r} is not the file's name, {operation!r}"
        raise document.error(("operation",), problem)
    scenarios = TableScenarios(edition, table, document, clients).all()
    found = Together()
    for scenario in scenarios:
        with found:
            check(scenario, account)
    found.raise_found()
    return scenarios
