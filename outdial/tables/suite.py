"""Loads every scenario table below a folder; refuses what a reader would have to guess at."""

from collections.abc import Callable, Collection
from pathlib import Path

from outdial.documents import Document, DocumentError, Together
from outdial.tables.assembly import TableScenarios, problems_of_edition
from outdial.tables.clients import Clients
from outdial.tables.edition_files import EDITION_FILE, TABLES, EditionFiles
from outdial.tables.promises import check
from outdial.tables.rows import Edition, Table
from outdial.tables.scenario import Scenario


def load_suite(
    tables: Path = TABLES,
    clients: Clients | None = None,
    choose: Callable[[list[str]], Collection[str]] | None = None,
) -> list[Scenario]:
    """Every scenario of every table, in the order of files and rows. Raises `DocumentError`.

    With the consumer's `clients`, names of its code are looked up, and calls carry arguments of its types. `choose` is
    told all case ids and says which of them are wanted; no other row is completed and checked.
    """
    found = Together()
    if not tables.is_dir():
        raise DocumentError(
            f"{tables}: no such folder; expected one with <edition>/{EDITION_FILE} and tables beside it"
        )
    read: list[tuple[TableScenarios, str]] = []
    for folder in sorted(path for path in tables.iterdir() if path.is_dir()):
        with found:
            _read_edition(folder, clients, read, found)
    wanted = None
    if choose and not found:
        wanted = choose([f"{table.prefix}{row_id}" for table, _ in read for row_id in table.ids()])
    scenarios: list[Scenario] = []
    for table, account in read:
        with found:
            scenarios += _checked(table, account, wanted)
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
    if not scenarios and not read:
        raise DocumentError(f"{tables}: no scenario table here; expected <edition>/{EDITION_FILE} and tables beside it")
    return scenarios


def _read_edition(
    folder: Path, clients: Clients | None, read: list[tuple[TableScenarios, str]], found: Together
) -> None:
    files = EditionFiles.read(folder)
    head = files.head
    edition = head.parse(Edition)
    if edition.provider != folder.name:
        raise head.error(("provider",), f"provider {edition.provider!r} is not the folder's name, {folder.name!r}")
    for place, problem in (*problems_of_edition(edition), *(clients.problems_of_edition(edition) if clients else ())):
        with found:
            raise head.error(place, problem)
    for operation, table in files.tables.items():
        with found:
            read.append((_read_table(edition, operation, table(), clients), files.account))


def read_table(edition: Edition, operation: str, document: Document, account: str) -> list[Scenario]:
    """Every scenario of one table, checked against its evidence. Raises `DocumentError`."""
    return _checked(_read_table(edition, operation, document, None), account, None)


def _read_table(edition: Edition, operation: str, document: Document, clients: Clients | None) -> TableScenarios:
    table = document.parse(Table)
    if table.operation != operation:
        problem = f"operation {table.operation!r} is not the file's name, {operation!r}"
        raise document.error(("operation",), problem)
    return TableScenarios(edition, table, document, clients)


def _checked(table: TableScenarios, account: str, wanted: Collection[str] | None) -> list[Scenario]:
    scenarios = table.scenarios(wanted)
    found = Together()
    for scenario in scenarios:
        with found:
            check(scenario, account)
    found.raise_found()
    return scenarios
