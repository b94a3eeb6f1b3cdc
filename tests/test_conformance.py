"""A pact that says otherwise than the provider's definition is noticed, unless its row explains why."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from outdial.conformance.comparison import COMPARATOR
from outdial.conformance.npm_tool import ToolMissing
from tests.conftest import Run

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": False}
ANSWERS = {
    "202": {"description": "placed", "content": {"application/json": {"schema": SCHEMA}}},
    "415": {"description": "not JSON"},
}
SENT = {"content": {"application/json": {"schema": {"type": "object"}}}}
DEFINITION = {
    "openapi": "3.0.3",
    "info": {"title": "callers", "version": "1"},
    "paths": {"/calls": {"post": {"requestBody": SENT, "responses": ANSWERS}}},
}


@pytest.fixture(scope="module")
def comparator() -> None:
    """Pactflow's comparator, from npm."""
    try:
        COMPARATOR.path()
    except ToolMissing as missing:
        pytest.skip(str(missing))


def interaction(name: str, basis: str, status: int = 202, answer: Any = None, media_type: str = "") -> Any:
    """One interaction; a status of 400 and above makes its row a refused one."""
    refused = {"because": "json-media-type"} if status >= 400 else {}
    body = {"content": answer, "contentType": "application/json", "encoded": False}
    return {
        "type": "Synchronous/HTTP",
        "key": f"callers/call/{name}",
        "description": name,
        "comments": {"basis": basis, "source": "a source of this row", **refused},
        "request": {
            "method": "POST",
            "path": "/calls",
            "headers": {"Content-Type": [media_type or "application/json"]},
        },
        "response": {"status": status, **({"body": body} if answer else {})},
    }


def compare(here: Run, folder: Path, *interactions: Any) -> Any:
    """The command, run over these interactions and the definition above."""
    names = {"consumer": {"name": "outdial"}, "provider": {"name": "callers"}}
    pact = {**names, "interactions": list(interactions), "metadata": {"pactSpecification": {"version": "4.0"}}}
    (folder / "pact.json").write_text(json.dumps(pact))
    (folder / "definition.json").write_text(json.dumps(DEFINITION))
    return here("conformance", folder / "definition.json", "--pacts", folder / "pact.json")


@pytest.mark.usefixtures("comparator")
def test_a_pact_conforms_that_keeps_to_the_definition_or_says_why_not(here: Run, tmp_path: Path) -> None:
    """An assumed row explains itself by its source, a request that is bad on purpose by its refusal."""
    right = [
        interaction("right", "published", answer={"id": "1"}),
        interaction("assumed", "assumed", answer={"callId": "1"}),
        interaction("bad", "published", status=415, media_type="text/plain"),
    ]
    ended = compare(here, tmp_path, *right)
    assert ended.returncode == 0, ended.stdout
    assert "3 interactions compared with definition.json:" in ended.stdout
    assert "assumed: a source of this row" in ended.stdout
    assert "bad on purpose: json-media-type answers 415" in ended.stdout


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a-type": ({"answer": {"id": 1}}, "must be string"),
    "a-field": ({"answer": {"callId": "1"}}, "callId"),
    "a-status": ({"status": 418}, "Response status code not defined in spec file: 418"),
    "a-media-type": ({"media_type": "text/plain"}, "Request Content-Type header is incompatible"),
}


@pytest.mark.usefixtures("comparator")
def test_a_published_row_that_says_otherwise_fails_by_name(here: Run, tmp_path: Path) -> None:
    """A type, a field, a status or a media type that the definition does not have: exit code 1, and the row's id."""
    ended = compare(here, tmp_path, *(interaction(name, "published", **row) for name, (row, _) in WRONG.items()))
    assert ended.returncode == 1, ended.stdout
    for name, (_, said) in WRONG.items():
        assert f"FAIL callers/call/{name}" in ended.stdout
        assert said in ended.stdout


@pytest.mark.usefixtures("comparator")
@pytest.mark.parametrize("content", ["{}", "not a definition", None])
def test_no_definition_is_not_green(here: Run, tmp_path: Path, content: str | None) -> None:
    """A file that is no definition, or none at all: exit code 4 and one line that names it."""
    definition = tmp_path / "definition.json"
    if content is not None:
        definition.write_text(content)
    ended = here("conformance", definition)
    assert ended.returncode == 4
    assert str(definition) in ended.stderr


def test_a_machine_without_npm_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reason is a sentence, not a traceback."""
    monkeypatch.setattr("outdial.conformance.npm_tool.INSTALLED", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ToolMissing, match=r"needs Node\.js 20 or newer with npm"):
        COMPARATOR.path()
