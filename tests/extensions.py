"""The examples of docs/extend.md, and their application to a copy of the project."""

import re
from pathlib import Path
from typing import NamedTuple

SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^```(?:yaml|python)\n# (\S+?)(?:, after: ([^\n]+))?\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A text, its file, and the line behind which it stands; without a line it is all of the file."""

    file: str
    line: str
    text: str


def sections() -> dict[str, tuple[str, list[Block]]]:
    """Each example by its heading: what is said of it, and its blocks."""
    page = (Path(__file__).parent.parent / "docs" / "extend.md").read_text(encoding="utf-8")
    found = {name: (text, [Block(*each) for each in BLOCK.findall(text)]) for name, text in SECTION.findall(page)}
    return {name: each for name, each in found.items() if each[1]}


def apply(block: Block, project: Path) -> None:
    """Write a block to its place, unless it stands there already: in a checkout that was extended so."""
    path = project / block.file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if block.text in text:
        return
    assert bool(text) == bool(block.line), f"{block.file} is there already, or is not"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = text.splitlines(keepends=True)
    at = [number for number, each in enumerate(lines, 1) if each.strip() == block.line] or [0]
    assert (len(at), bool(at[0])) == (1, bool(block.line)), f"{block.file} has {len(at)} lines {block.line!r}"
    path.write_text("".join([*lines[: at[0]], block.text, *lines[at[0] :]]), encoding="utf-8")
