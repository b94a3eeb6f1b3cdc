"""docs/extend.md: its examples, applied to a copy of the project, are checked, played and verified."""

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
from tests.conftest import ROOT
from tests.extensions import apply, sections

PAGE = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
SECTIONS = sections()
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five")


def keys(model: type[BaseModel]) -> set[str]:
    """What a person writes for the fields of a model."""
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_page_says_every_key_and_form_of_a_table_and_no_other() -> None:
    """The keys are those of the models that tables are read with."""
    said: dict[str, set[str]] = {}
    for where, named in re.findall(r"^\| (table|operation|answer|row|refused row) \| (.+?) \|", PAGE, re.M):
        said.setdefault(where, set()).update(re.findall(r"`(\w+)`", named))
    models: dict[str, type[BaseModel]] = {"table": Table, "operation": Operation, "answer": RefusedAnswer, "row": Row}
    known = {where: keys(model) for where, model in models.items()}
    assert said == {**known, "refused row": keys(RefusedRow) - keys(Row)}
    for where, key, model in (
        ("table", "shape", Shape),
        ("operation", "accepted", AcceptedAnswer),
        ("row", "expect", Expect),
    ):
        (line,) = re.findall(rf"^\| {where} \| `{key}` \| (.+)$", PAGE, re.M)
        assert keys(model) <= set(re.findall(r"`(\w+)`", line)), key
    places = ((r"\{(.+?)\}", FORMS), (r"^\| `\{(.+?)\}` \|", PAGE))
    forms = (re.findall(pattern, text, re.M) for pattern, text in places)
    taken, told = (sorted(sorted(re.findall(r"(\w+):", form)) for form in each) for each in forms)
    assert taken == told
    assert all(is_matcher(dict.fromkeys(each, "x")) for each in taken)


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_example_is_as_long_as_its_page_says(name: str) -> None:
    """Files and lines are counted, not claimed."""
    said, blocks = SECTIONS[name]
    files = len({block.file for block in blocks})
    lines = sum(len(block.text.strip().splitlines()) for block in blocks)
    assert re.search(rf"\b{NUMBERS[files]} files?, {lines} lines?\b", said, re.I), f"{files} files, {lines} lines"


def test_the_examples_are_checked_played_and_verified(tmp_path: Path) -> None:
    """Every name in them is known, their rows hold with their clients and against the stub."""
    project, pacts = tmp_path / "project", tmp_path / "pacts"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in filter(
        lambda each: (ROOT / each).is_file() and not each.startswith("docs/"), listed.stdout.split("\n")
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)

    def outdial(*arguments: object, codes: tuple[int, ...] = (0,)) -> None:
        ended = subprocess.run(
            [sys.executable, "-m", "outdial", *map(str, arguments)],
            cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        assert ended.returncode in codes, f"outdial {arguments}\n{ended.stdout[-3000:]}{ended.stderr[-2000:]}"

    blocks = [block for _, each in SECTIONS.values() for block in each]
    for block in blocks:
        apply(block, project)
    outdial("check")
    call = "curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls"
    outdial("explain", call, "--agent", "headset=none", codes=(0, 1, 3))
    changed = {Path(block.file).name for block in blocks if "/tables/" in block.file}
    (project / "tables").mkdir()
    for each in changed - {"genesys-cloud.yaml"}:
        shutil.copy(project / "contracts" / "tables" / each, project / "tables")
    outdial("generate", "--tables", project / "tables", "--pacts", pacts)
    told = {each.case_id: each.expected for each in read_interactions([pacts])}
    of_vendor = {name.rpartition("/")[2]: each for name, each in told.items() if name.startswith("zenith")}
    assert (of_vendor["unknown-token"], of_vendor["number-of-others"]) == ("401 20003", "400 21210")
    outdial("verify", *sorted(pacts.glob("*.json")), "-k", "not journey")
