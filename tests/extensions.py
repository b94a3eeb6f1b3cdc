"""The examples of docs/extend.md, and a copy of the project to which they are applied."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "extend.md"
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^```(?:yaml|python)\n# (\S+?)(?:, (after: [^\n]+|at the end))?\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """What stands in a file, and where in it; without a place it is all of it."""

    file: str
    place: str
    text: str


def sections() -> dict[str, tuple[str, list[Block]]]:
    """Each example by its heading: what is said of it, and its blocks."""
    found = {name: (text, [Block(*each) for each in BLOCK.findall(text)]) for name, text in SECTION.findall(_page())}
    return {name: each for name, each in found.items() if each[1]}


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def copied_project(folder: Path) -> Path:
    """Every file of the project as it stands here, in another folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def apply(block: Block, project: Path) -> None:
    """Write a block to its place in a project, unless it stands there already: in a checkout that was extended so."""
    path = project / block.file
    if path.exists() and block.text in path.read_text(encoding="utf-8"):
        return
    if not block.place:
        assert not path.exists(), f"{block.file} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if block.place == "at the end":
        path.write_text(text + block.text, encoding="utf-8")
        return
    line = block.place.removeprefix("after: ")
    lines = text.splitlines(keepends=True)
    at = [number for number, each in enumerate(lines) if each.strip() == line]
    assert len(at) == 1, f"{block.file} has {len(at)} lines {line!r}"
    path.write_text("".join([*lines[: at[0] + 1], block.text, *lines[at[0] + 1 :]]), encoding="utf-8")
