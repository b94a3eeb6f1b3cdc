"""The schemas for editors are those of the models, accept what is committed, and mark a mistake at its place."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from outdial.cli.schemas import SCHEMAS, schemas
from tests.conftest import ROOT

NAMED = "# yaml-language-server: $schema="
FILES = sorted([*ROOT.glob("contracts/**/*.yaml"), *ROOT.glob("outdial/provider/policies/**/*.yaml")])
TABLE = ROOT / "contracts" / "tables" / "genesys-cloud.yaml"


def errors(path: Path, text: str) -> list[list[Any]]:
    """The places that the schema which a file names in its first line marks."""
    named = text.splitlines()[0].removeprefix(NAMED)
    schema = yaml.safe_load((path.parent / named).read_text(encoding="utf-8"))
    return [[*each.instance_path] for each in jsonschema_rs.validator_for(schema).iter_errors(yaml.safe_load(text))]


def test_the_committed_schemas_are_generated_and_the_committed_files_are_valid() -> None:
    """`outdial schemas` writes them; a changed model changes them. An editor marks nothing."""
    assert {path.stem: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")} == schemas(), "make docs"
    texts = {path: path.read_text(encoding="utf-8") for path in FILES}
    assert {
        path: errors(path, text) for path, text in texts.items() if text.startswith(NAMED) and errors(path, text)
    } == {}


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
    text = TABLE.read_text(encoding="utf-8")
    assert old in text
    assert at in [each[: len(at)] for each in errors(TABLE, text.replace(old, new, 1))]
