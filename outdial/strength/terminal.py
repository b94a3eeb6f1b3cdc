"""The measure on the terminal: scores, missing rows ready to be pasted, and what the rows do not show."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from outdial.strength.measure import Strength
from outdial.strength.mutants import OPERATORS
from outdial.strength.results import Score, by_table, equivalents, missing_rows, operator_scores, sizes


def print_screen(console: Console, strengths: Sequence[Strength], long: bool = False) -> None:
    """From top to bottom, with the `long` lists or without; a text is never wrapped, so that a row can be pasted."""
    for part in (*_screen(strengths), *(_details(strengths) if long else ())):
        console.print(part, soft_wrap=isinstance(part, Text))


def _screen(strengths: Sequence[Strength]) -> Iterator[RenderableType]:
    yield _editions(strengths)
    yield _operators(strengths)
    for strength in strengths:
        yield from _missing(strength)
    yield from _shown(strengths)


def _details(strengths: Sequence[Strength]) -> Iterator[RenderableType]:
    """The long lists: equivalent mutants with their reasons, rows without which the score is the same."""
    for strength in strengths:
        for reason, names in equivalents(strength).items():
            yield Text(f"equivalent, {strength.provider}: {reason}: {', '.join(names)}")
    for strength in strengths:
        for table, rows in by_table(strength.idle).items():
            yield Text(f"kills nothing by itself, {strength.provider}/{table}: {', '.join(rows)}")


def _editions(strengths: Sequence[Strength]) -> Table:
    table = _table("Which faults of a provider do its pacts notice?", "edition")
    headings = (
        "rules",
        "rows",
        "needed",
        "enough",
        "mutants",
        "equivalent",
        "killed",
        "score",
        "status only",
        "s",
        "µs",
    )
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for strength in strengths:
        seconds, each = _time(strength)
        table.add_row(strength.provider, *_counts([strength]), *_cells(Score.of(strength.judged)), seconds, each)
    if len(strengths) > 1:
        total = Score.of(each for strength in strengths for each in strength.judged)
        seconds = f"{sum(strength.seconds for strength in strengths):.1f}"
        table.add_section()
        table.add_row("all", *_counts(strengths), *_cells(total), seconds, "")
    table.caption = (
        "needed: rows that alone notice a fault; enough: rows, chosen greedily, that notice all that all do; "
        "µs: time for each mutant and row, with the searches"
    )
    return table


def _counts(strengths: Sequence[Strength]) -> Iterator[str]:
    for each in zip(*(sizes(strength) for strength in strengths), strict=True):
        yield str(sum(each))


def _operators(strengths: Sequence[Strength]) -> Table:
    table = _table("By operator, over all editions", "operator")
    table.add_column("what it does", overflow="fold")
    for heading in ("mutants", "equivalent", "killed", "score", "status only"):
        table.add_column(heading, justify="right", no_wrap=True)
    for operator, score in operator_scores(strengths):
        table.add_row(operator, OPERATORS[operator], *_cells(score))
    return table


def _cells(score: Score) -> tuple[Text, ...]:
    complete = score.killed == score.killable
    return (
        Text(str(score.mutants)),
        Text(str(score.mutants - score.killable)),
        Text(f"{score.killed}/{score.killable}"),
        Text(score.percent(score.killed), style="green" if complete else "bold red"),
        Text(score.percent(score.killed_by_status)),
    )


def _time(strength: Strength) -> tuple[str, str]:
    pairs = len(strength.judged) * len(strength.rows)
    return f"{strength.seconds:.2f}", f"{1e6 * strength.seconds / max(pairs, 1):.0f}"


def _missing(strength: Strength) -> Iterator[RenderableType]:
    for (table, row), names in missing_rows(strength).items():
        yield Text(f"a row is missing in {table}.yaml", style="bold red")
        yield Text(row)
        yield Text(f"    # it notices {', '.join(names)}\n", style="dim")
    for each in strength.judged:
        if each.fate in {"undecided", "survived"} and not each.row:
            yield Text(f"{each.mutant.name}: {each.reason}", style="red")


def _shown(strengths: Sequence[Strength]) -> Iterator[RenderableType]:
    grants = [each for strength in strengths for each in strength.grants]
    yield Text(
        f"Least privilege: {sum(bool(each.refused) for each in grants)} of {len(grants)} scopes, permissions and "
        "rights of the smallest accepted callers have a row that is refused without them."
    )
    for strength in strengths:
        for grant in strength.grants:
            if not grant.refused:
                yield Text(
                    f"  no row is refused without {grant.grant}: {strength.provider}/{grant.operation}", style="red"
                )
        for group in strength.alike:
            yield Text(
                f"  answered alike, {strength.provider}/{group.operation}: {', '.join(group.rules)}", style="dim"
            )


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1), caption_justify="left")
    table.add_column(first, no_wrap=True)
    return table
