"""A pact that says otherwise than the provider's definition is noticed, unless its row explains why."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from outdial.conformance.comparison import COMPARATOR
from outdial.conformance.npm_tool import ToolMissing
from tests.conftest import Run

DEFINITION: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "callers", "version": "1"},
    "paths": {
        "/calls": {
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {
                    "202": {
                        "description": "placed",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {"id": {"type": "string"}},
                                    "additionalProperties": False,
                                }
                            }
                        },
                    },
                    "415": {"description": "not JSON"},
                },
            }
        }
    },
}


@pytest.fixture(scope="session", autouse=True)
def comparator() -> None:
    """Pactflow's comparator, from npm."""
    try:
        COMPARATOR.path()
    except ToolMissing as missing:
        pytest.skip(str(missing))


def interaction(basis: str, status: int = 202, answer: Any = None, media_type: str = "application/json") -> Any:
    """One interaction; a status of 400 and above makes its row a refused one."""
    refused = {"because": "json-media-type"} if status >= 400 else {}
    body = {"content": answer, "contentType": "application/json", "encoded": False}
    return {
        "type": "Synchronous/HTTP",
        "key": f"callers/call/{basis}-{status}",
        "description": f"{basis} {status} {answer}",
        "comments": {"basis": basis, "source": "a source of this row", **refused},
        "request": {"method": "POST", "path": "/calls", "headers": {"Content-Type": [media_type]}},
        "response": {"status": status, **({"body": body} if answer else {})},
    }


def compare(run: Run, folder: Path, *interactions: Any) -> Any:
    """The command, run over these interactions and the definition above."""
    pact = {
        "consumer": {"name": "outdial"},
        "provider": {"name": "callers"},
        "interactions": list(interactions),
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
    (folder / "pact.json").write_text(json.dumps(pact))
    (folder / "definition.json").write_text(json.dumps(DEFINITION))
    return run("conformance", folder / "definition.json", "--pacts", folder / "pact.json")


def test_a_pact_that_keeps_to_the_definition_conforms(run: Run, tmp_path: Path) -> None:
    """No disagreement, exit code 0, and the number of interactions that were compared."""
    ended = compare(run, tmp_path, interaction("published", answer={"id": "1"}))
    assert ended.returncode == 0, ended.stdout
    assert "1 interactions compared with definition.json: 0 disagreements" in ended.stdout


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (interaction("published", answer={"id": 1}), "must be string"),
        (interaction("published", answer={"callId": "1"}), "callId"),
        (interaction("published", status=418), "Response status code not defined in spec file: 418"),
        (interaction("published", media_type="text/plain"), "Request Content-Type header is incompatible"),
        (interaction("published", status=418, media_type="text/plain"), "Request Content-Type header is incompatible"),
    ],
)
def test_a_published_row_that_says_otherwise_fails_by_name(run: Run, tmp_path: Path, wrong: Any, said: str) -> None:
    """A type, a field, a status or a media type that the definition does not have: exit code 1, and the row's id."""
    ended = compare(run, tmp_path, wrong)
    assert ended.returncode == 1, ended.stdout
    assert f"FAIL {wrong['key']}" in ended.stdout
    assert said in ended.stdout


def test_an_assumed_row_explains_itself_by_its_source(run: Run, tmp_path: Path) -> None:
    """What the definition does not say may be assumed, as long as the row says so."""
    ended = compare(run, tmp_path, interaction("assumed", answer={"callId": "1"}))
    assert ended.returncode == 0, ended.stdout
    assert "assumed: a source of this row" in ended.stdout


def test_a_request_that_is_bad_on_purpose_is_explained_by_its_refusal(run: Run, tmp_path: Path) -> None:
    """A published row may send what the definition forbids when it expects to be refused for that very part."""
    ended = compare(run, tmp_path, interaction("published", status=415, media_type="text/plain"))
    assert ended.returncode == 0, ended.stdout
    assert "bad on purpose: json-media-type answers 415" in ended.stdout


@pytest.mark.parametrize("content", ["{}", "not a definition", None])
def test_no_definition_is_not_green(run: Run, tmp_path: Path, content: str | None) -> None:
    """A file that is no definition, or none at all: exit code 4 and one line that names it."""
    definition = tmp_path / "definition.json"
    if content is not None:
        definition.write_text(content)
    ended = run("conformance", definition)
    assert ended.returncode == 4
    assert str(definition) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_machine_without_npm_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reason is a sentence, not a traceback."""
    monkeypatch.setattr("outdial.conformance.npm_tool.INSTALLED", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ToolMissing, match=r"needs Node\.js 20 or newer with npm"):
        COMPARATOR.path()
