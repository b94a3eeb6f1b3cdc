"""The schemas for editors are those of the models, accept what is committed, and mark a mistake at its place."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from outdial.cli.schemas import SCHEMAS, schemas
from tests.conftest import ROOT

FILES = sorted([*ROOT.glob("contracts/**/*.yaml"), *ROOT.glob("outdial/provider/policies/**/*.yaml")])
NAMED = "# yaml-language-server: $schema="


def schema_of(path: Path) -> Any:
    """The schema that a file names in its first line."""
    named = path.read_text(encoding="utf-8").splitlines()[0].removeprefix(NAMED)
    return yaml.safe_load((path.parent / named).read_text(encoding="utf-8"))


def test_the_committed_schemas_are_generated() -> None:
    """`outdial schemas` writes them; a changed model changes them."""
    assert {path.stem: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")} == schemas(), "make docs"


@pytest.mark.parametrize(
    "path", [each for each in FILES if each.read_text().startswith(NAMED)], ids=lambda each: each.name
)
def test_a_committed_file_is_valid(path: Path) -> None:
    """An editor marks nothing in it."""
    jsonschema_rs.validator_for(schema_of(path)).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("{status: unknown}", "{status: unknown}, a convrsation: {}", ["refused", "unknown-token", "given"]),
        ("rule: known-token", "rule: knwn-token", ["refused", "unknown-token", "rule"]),
        ("question: expired-token", "question: expird-token", ["refused", "expired-token"]),
        ("answer: bad.credentials, rule: known", "anser: bad.credentials, rule: known", ["refused", "unknown-token"]),
        ("  not.a.user: {status: 400", "  not.a.user: {status: 4000", ["answers", "not.a.user", "status"]),
    ],
)
def test_a_mistake_is_marked_at_its_place(old: str, new: str, at: list[str]) -> None:
    """A state, a rule, a question, a key, a status that do not exist."""
    path = ROOT / "contracts" / "tables" / "genesys-cloud.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    errors = jsonschema_rs.validator_for(schema_of(path)).iter_errors(yaml.safe_load(text.replace(old, new, 1)))
    assert at in [list(each.instance_path)[: len(at)] for each in errors]
