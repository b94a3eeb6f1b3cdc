"""The matrix on one screen: a table for each API that has several editions, a line for any other."""

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from outdial.reports.editions import api_of, edition_of
from outdial.reports.settle.matrix import ACCEPTED, Cell


def screen(cells: Sequence[Cell]) -> Iterator[RenderableType]:
    """Return the lines to print."""
    for api in dict.fromkeys(api_of(cell.home) for cell in cells):
        yield from _api(api, [cell for cell in cells if api_of(cell.home) == api])


def _api(api: str, cells: Sequence[Cell]) -> Iterator[RenderableType]:
    editions = list(dict.fromkeys(cell.edition for cell in cells))
    if len(editions) == 1:
        for cell in cells:
            yield Text.assemble((api, "bold"), f" has one edition; {cell.consumer}: ", _text(cell))
        return
    title = f"{api}: how many rows fail, the first of them, and the rule that refused it"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("consumer\nits edition", no_wrap=True)
    for edition in editions:
        table.add_column(edition_of(edition), overflow="fold")
    for (consumer, home), row in _by_pact(cells):
        table.add_row(Text.assemble(consumer, "\n", (edition_of(home), "dim")), *(_text(cell) for cell in row))
    yield table


def _by_pact(cells: Iterable[Cell]) -> Iterator[tuple[tuple[str, str], list[Cell]]]:
    rows: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.consumer, cell.home), []).append(cell)
    yield from rows.items()


def _text(cell: Cell) -> Text:
    if not cell.outcomes:
        return Text("no such policy" if cell.at_home else "-", style="dim")
    if cell.holds:
        return Text(f"all {len(cell.outcomes)} hold", style="green")
    first = cell.failures[0]
    counted = (f"{len(cell.failures)}/{len(cell.outcomes)} fail", "bold red" if cell.at_home else "red")
    answer = "is accepted" if first.answered_by == ACCEPTED else first.answered_by
    return Text.assemble(counted, f"\nrow {first.row}\n{answer}")
