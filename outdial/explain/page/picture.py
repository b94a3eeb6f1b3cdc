"""The matrix of the reports as a picture: each pact's row beside each edition, filled as far as its rows hold."""

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from outdial.reports.editions import edition_of
from outdial.reports.settle.matrix import Cell

NAMES, WIDTH, HEIGHT, HEAD, GAP = 230, 146, 44, 34, 4
"""Units of the picture: width of the names, of a cell; height of a cell, of the head; between cells."""


def picture(cells: Sequence[Cell]) -> str:
    """An SVG; colours and fonts are those of the page, by class."""
    editions = list(dict.fromkeys(cell.edition for cell in cells))
    pacts = list(dict.fromkeys((cell.consumer, cell.home) for cell in cells))
    size = (NAMES + len(editions) * WIDTH, HEAD + len(pacts) * HEIGHT)
    root = Element("svg", _said(xmlns="http://www.w3.org/2000/svg", width=size[0], height=size[1], role="img"))
    SubElement(root, "title").text = "How many rows of each consumer's contract hold in each edition"
    for column, edition in enumerate(editions):
        _text(root, NAMES + (column + 0.5) * WIDTH, HEAD - 12, edition_of(edition), "middle", "head")
    for line, (consumer, home) in enumerate(pacts):
        top = HEAD + line * HEIGHT
        _text(root, NAMES - 12, top + 18, consumer, "end", "name")
        _text(root, NAMES - 12, top + 34, edition_of(home), "end", "home")
    for cell in cells:
        left = NAMES + editions.index(cell.edition) * WIDTH
        _cell(root, cell, left, HEAD + pacts.index((cell.consumer, cell.home)) * HEIGHT)
    return tostring(root, encoding="unicode")


def in_words(cells: Sequence[Cell]) -> list[str]:
    """What the picture shows, and for each pact and edition the first row that does not hold."""
    return [_title(cell) for cell in cells]


def _cell(root: Element, cell: Cell, left: float, top: float) -> None:
    held, rows = len(cell.outcomes) - len(cell.failures), len(cell.outcomes)
    group = SubElement(root, "g", {"class": "holds" if cell.holds else "fails" if rows else "absent"})
    SubElement(group, "title").text = _title(cell)
    box = {"x": left, "y": top, "height": HEIGHT - GAP, "rx": 4}
    SubElement(group, "rect", _said(**box, width=WIDTH - GAP) | {"class": "all"})
    if held:
        SubElement(group, "rect", _said(**box, width=(WIDTH - GAP) * held / rows) | {"class": "held"})
    _text(group, left + (WIDTH - GAP) / 2, top + 24, f"{held} of {rows}" if rows else "not there", "middle", "count")


def _title(cell: Cell) -> str:
    whose = f"{cell.consumer} ({edition_of(cell.home)}) in {edition_of(cell.edition)}"
    if not cell.outcomes:
        return f"{whose}: there is no such edition"
    if cell.holds:
        return f"{whose}: all {len(cell.outcomes)} rows hold"
    first = cell.failures[0]
    return f"{whose}: {first.operation_and_row} expects {first.expected}, gets {first.got} ({first.answered_by})"


def _text(parent: Element, x: float, y: float, text: str, anchor: str, name: str) -> None:
    SubElement(parent, "text", _said(x=x, y=y) | {"text-anchor": anchor, "class": name}).text = text


def _said(**attributes: Any) -> dict[str, str]:
    return {name: f"{value:g}" if isinstance(value, int | float) else str(value) for name, value in attributes.items()}
