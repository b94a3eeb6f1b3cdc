"""Copies of the scenario tables and policies that a test may change."""

import shutil
from pathlib import Path

from outdial.provider import POLICIES
from outdial.tables import TABLES


def copy_tables(folder: Path) -> Path:
    """The committed tables, copied below `folder`."""
    return Path(shutil.copytree(TABLES, folder / "tables"))


def copy_policies(folder: Path) -> Path:
    """The committed policies, copied below `folder`."""
    return Path(shutil.copytree(POLICIES, folder / "policies"))


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first `old` of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} does not contain {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
