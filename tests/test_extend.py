"""docs/extend.md: each of its examples, applied to a copy of the project, is played, verified and leaves no hole."""

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
from outdial.tables.rows import Accepted, Also, Expect, Order, RefusalChange, RequestPart, Row, Table
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
    for where, named in re.findall(r"^\| (table|row|`also`|`order`) \| (.+?) \|", PAGE, re.M):
        said.setdefault(where.strip("`"), set()).update(re.findall(r"`(\w+)`", named))
    assert said == {"table": keys(Table), "row": keys(Row), "also": keys(Also), "order": keys(Order)}
    for key, model in (
        ("request", RequestPart),
        ("accepted", Accepted),
        ("refusals", RefusalChange),
        ("expect", Expect),
    ):
        (line,) = re.findall(rf"^\| (?:table|row) \| `{key}` \| (.+)$", PAGE, re.M)
        assert keys(model) <= set(re.findall(r"`(\w+)`", line)) | {"refusal"}, key


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
    assert re.search(rf"\b{NUMBERS[files]} files?, {lines} lines\b", said, re.I), f"{files} files, {lines} lines"


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_example_is_checked_played_and_verified(name: str, project: Path, tmp_path: Path) -> None:
    """Every name in it is known, its rows hold with their clients and against the stub."""
    blocks = SECTIONS[name][1]
    for block in blocks:
        apply(block, project)
    outdial(project, "check")
    tables = project / "tables"
    shutil.copytree(project / "contracts" / "tables", tables)
    own = [block.file for block in blocks if "/tables/" in block.file]
    for folder in tables.iterdir():
        if not any(f"/{folder.name}/" in each for each in own):
            shutil.rmtree(folder)
    for table in tables.glob("*/*.yaml"):
        if table.name != "edition.yaml" and f"contracts/tables/{table.parent.name}/{table.name}" not in own:
            table.unlink()
    outdial(project, "generate", "--tables", tables, "--pacts", tmp_path / "pacts")
    outdial(project, "verify", "--pacts", tmp_path / "pacts")
    if name == "A vendor":
        told = {each.case_id.rpartition("/")[2]: each.expected for each in read_interactions([tmp_path / "pacts"])}
        assert (told["unknown-token"], told["number-of-others"]) == ("401 20003", "400 21210")


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_example_is_in_the_form_that_the_tests_ask_for(name: str, project: Path) -> None:
    """Whoever pastes it has code in which nothing is out of order."""
    for block in SECTIONS[name][1]:
        apply(block, project)
    for check in (["check"], ["format", "--check"]):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--no-cache", "."],
            cwd=project, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_an_example_leaves_no_fault_unnoticed(name: str, project: Path, tmp_path: Path) -> None:
    """The rows of an example notice every fault that can be noticed in the edition that it changes."""
    blocks = SECTIONS[name][1]
    for block in blocks:
        apply(block, project)
    edition = next(Path(block.file).parent.name for block in blocks if "/tables/" in block.file)
    tables = tmp_path / "tables"
    shutil.copytree(project / "contracts" / "tables" / edition, tables / edition)
    outdial(project, "generate", "--tables", tables, "--pacts", tmp_path / "pacts")
    outdial(project, "strength", "--pacts", tmp_path / "pacts", "--tables", tables, "--edition", edition)


def git(project: Path, *arguments: str) -> str:
    """One git command in a copied project; it must end with 0."""
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.com", "-c", "init.defaultBranch=main"]
    ended = subprocess.run(
        ["git", *who, *arguments], cwd=project, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, f"git {arguments}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def test_rows_in_two_tables_merge_and_leave_nothing_to_generate(project: Path) -> None:
    """Two branches add a row each, with pacts and pages; merged, both are there and generating changes nothing."""
    for block in SECTIONS["An operation"][1]:
        apply(block, project)
    edition = project / "contracts" / "tables" / "genesys-cloud.user-header"
    tables = project / "tables"  # a project of one edition and two tables, which is quick
    shutil.copytree(edition, tables / edition.name)
    rows = {
        "place_call": '  - id: another-wrap-up-code\n    request: {body: {wrapUpCode: "54321"}}\n    basis: assumed\n'
        '    source: {asks: "May a call say how it is wrapped up?"}\n',
        "hang_up": "  - id: hang-up-twice\n    title: a call that another has ended\n",
    }

    def written() -> None:
        outdial(project, "generate", "--tables", tables, "--pacts", "pacts-of-two")
        outdial(project, "settle", "--pacts", "pacts-of-two", "--page", "docs/settle.md")
        chosen = ["--tables", tables, "--edition", edition.name, "--page", "docs/strength.md"]
        outdial(project, "strength", "--pacts", "pacts-of-two", *chosen)

    (project / ".gitignore").write_text("build/\n__pycache__/\n", encoding="utf-8")
    written()
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "before")
    for operation, row in rows.items():
        git(project, "checkout", "--quiet", "-b", operation, "main")
        table = tables / edition.name / f"{operation}.yaml"
        table.write_text(table.read_text(encoding="utf-8").replace("scenarios:\n", f"scenarios:\n{row}"), "utf-8")
        written()
        git(project, "commit", "--quiet", "--all", "--message", operation)
    git(project, "merge", "--quiet", "--no-edit", "place_call")
    pact = next((project / "pacts-of-two").glob("*.json")).read_text(encoding="utf-8")
    assert "/another-wrap-up-code" in pact
    assert "/hang-up-twice" in pact
    written()
    assert git(project, "status", "--porcelain") == ""
