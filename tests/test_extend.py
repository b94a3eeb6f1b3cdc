"""docs/extend.md: each of its examples, applied to a copy of the project, is checked, played and verified."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from outdial.pact_files import read_interactions
from outdial.tables.matching import FORMS, is_matcher
from outdial.tables.table import AcceptedAnswer, Expect, Operation, RefusedAnswer, RefusedRow, Row, Shape, Table
from tests.extensions import PAGE as PAGE_FILE
from tests.extensions import apply, copied_project, sections

PAGE = PAGE_FILE.read_text(encoding="utf-8")
FORMS_OF_A_VALUE = [re.findall(r"(\w+):", form) for form in re.findall(r"\{(.+?)\}", FORMS)]
SECTIONS = sections()
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five")


def outdial(project: Path, *arguments: object, ends: tuple[int, ...] = (0,)) -> str:
    """What a command of a copied project prints; it must end with 0, or as is said."""
    ended = subprocess.run(
        [sys.executable, "-m", "outdial", *map(str, arguments)],
        cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert ended.returncode in ends, f"outdial {arguments}\n{ended.stdout[-3000:]}{ended.stderr[-2000:]}"
    return ended.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project."""
    return copied_project(tmp_path / "project")


def keys(model: type[BaseModel]) -> set[str]:
    """What a person writes for the fields of a model."""
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_page_says_every_key_of_a_table_and_no_other() -> None:
    """The keys are those of the models that tables are read with."""
    said: dict[str, set[str]] = {}
    for where, named in re.findall(r"^\| (table|operation|answer|row|refused row) \| (.+?) \|", PAGE, re.M):
        said.setdefault(where, set()).update(re.findall(r"`(\w+)`", named))
    assert said["table"] == keys(Table)
    assert said["operation"] == keys(Operation)
    assert said["answer"] == keys(RefusedAnswer)
    assert said["row"] == keys(Row)
    assert said["refused row"] == keys(RefusedRow) - keys(Row)
    for where, key, model in (
        ("table", "shape", Shape),
        ("operation", "accepted", AcceptedAnswer),
        ("row", "expect", Expect),
    ):
        (line,) = re.findall(rf"^\| {where} \| `{key}` \| (.+)$", PAGE, re.M)
        assert keys(model) <= set(re.findall(r"`(\w+)`", line)), key


def test_the_page_says_every_form_of_a_value_and_no_other() -> None:
    """Each is one that the tables take."""
    said = [re.findall(r"(\w+):", form) for form in re.findall(r"^\| `\{(.+?)\}` \|", PAGE, re.M)]
    assert sorted(map(sorted, said)) == sorted(map(sorted, FORMS_OF_A_VALUE))
    stated = (dict.fromkeys(each, "x") for each in FORMS_OF_A_VALUE)
    assert all(map(is_matcher, stated))


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_example_is_as_long_as_its_page_says(name: str) -> None:
    """Files and lines are counted, not claimed."""
    said, blocks = SECTIONS[name]
    files = len({block.file for block in blocks})
    lines = sum(len(block.text.strip().splitlines()) for block in blocks)
    assert re.search(rf"\b{NUMBERS[files]} files?, {lines} lines?\b", said, re.I), f"{files} files, {lines} lines"


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_example_is_checked_played_and_verified(name: str, project: Path, tmp_path: Path) -> None:
    """Every name in it is known, its rows hold with their clients and against the stub."""
    blocks = SECTIONS[name][1]
    for block in blocks:
        apply(block, project)
    outdial(project, "check")
    changed = {Path(block.file).name for block in blocks if "/tables/" in block.file}
    tables = project / "tables"
    tables.mkdir()
    for each in changed:
        shutil.copy(project / "contracts" / "tables" / each, tables)
    outdial(project, "generate", "--tables", tables, "--pacts", tmp_path / "pacts")
    outdial(project, "verify", *sorted((tmp_path / "pacts").glob("*.json")), "-k", Path(changed.pop()).stem)
    if name == "A vendor":
        told = {each.case_id.rpartition("/")[2]: each.expected for each in read_interactions([tmp_path / "pacts"])}
        assert (told["unknown-token"], told["number-of-others"]) == ("401 20003", "400 21210")
