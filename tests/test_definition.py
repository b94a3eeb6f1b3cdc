"""The definition as data: read anew from its file, compared, and traced to the rows and rules that rest on it."""

import json
from argparse import Namespace
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from outdial.definitions import Definition, catalogue, command, load_definitions
from outdial.definitions.command import changes
from outdial.definitions.definition import load_definition
from outdial.definitions.specification import Specification
from outdial.reports.contract import questions
from outdial.reports.published import BEGIN, END, coverage, fields, forbidden, page
from tests.command import outdial
from tests.committed import policies, suite
from tests.conftest import ROOT

Json = dict[str, Any]


def known() -> Definition:
    """The committed definition."""
    return load_definitions()["genesys-cloud"]


def ref(schema: str | None) -> Json:
    return {"$ref": f"#/definitions/{schema}"} if schema else {}


def swagger() -> Json:
    """What is known, as its vendor writes it: Swagger 2."""
    paths: Json = {}
    for name, operation in known().operations.items():
        method, _, path = operation.request.partition(" ")
        answers: Json = {
            str(status): {"description": "-", "schema": ref(schema)} for status, schema in operation.responses.items()
        }
        for status, codes in operation.codes.items():
            told = {code: known().messages[code] for code in codes}
            answers[str(status)] = {"description": "-", "schema": ref(operation.refusal), "x-inin-error-codes": told}
        mode = "ALL" if operation.permissions.all_of else "ANY"
        stated: Json = {
            "operationId": name,
            "parameters": [{"in": "body", "name": "body", "schema": ref(operation.body)}] if operation.body else [],
            "responses": answers,
            "security": [{"PureCloud OAuth": list(operation.scopes)}],
        }
        if operation.permissions.names:
            stated["x-inin-requires-permissions"] = {"type": mode, "permissions": list(operation.permissions.names)}
        paths.setdefault(path, {})[method.lower()] = stated
    definitions = json.loads(json.dumps(known().schemas).replace("#/schemas/", "#/definitions/"))
    return {"swagger": "2.0", "paths": paths, "definitions": definitions}


def openapi(spec: Json) -> Json:
    """The same as OpenAPI 3."""
    paths = deepcopy(spec["paths"])
    for operation in (each for methods in paths.values() for each in methods.values()):
        for body in operation.pop("parameters"):
            operation["requestBody"] = {"content": {"application/json": {"schema": body["schema"]}}}
        for answer in operation["responses"].values():
            answer["content"] = {"application/json": {"schema": answer.pop("schema")}}
    text = json.dumps({"openapi": "3.0.3", "paths": paths, "components": {"schemas": spec["definitions"]}})
    return json.loads(text.replace("#/definitions/", "#/components/schemas/"))  # type: ignore[no-any-return]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Any], Path]:
    """Writes a definition, as JSON unless it is a text."""

    def write(spec: Any) -> Path:
        path = tmp_path / "spec.json"
        path.write_text(spec if isinstance(spec, str) else json.dumps(spec), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("form", [lambda spec: spec, openapi], ids=["Swagger 2", "OpenAPI 3"])
def test_the_same_file_changes_nothing(written: Callable[[Any], Path], form: Callable[[Json], Json]) -> None:
    """What was extracted is what is extracted again, whichever way the vendor writes it."""
    assert not list(changes(known(), Specification(written(form(swagger()))).facts(known())))


def test_a_changed_definition_is_told_fact_by_fact(written: Callable[[Any], Path]) -> None:
    """One permission, one code and one field are others: each is told, and nothing else."""
    spec = swagger()
    post = spec["paths"]["/api/v2/conversations/calls"]["post"]
    post["x-inin-requires-permissions"]["permissions"] = ["conversation:call:place"]
    for_user = spec["paths"]["/api/v2/conversations/calls/user/{userId}"]["post"]["responses"]["409"]
    codes = for_user["x-inin-error-codes"]
    codes["providerapi.error.edge.down"] = codes.pop("providerapi.error.edge.no.active")
    properties = spec["definitions"]["CreateCallRequest"]["properties"]
    properties["callerNumber"] = properties.pop("callerId")
    ended = outdial("definition", written(spec))
    assert ended.code == 1, ended.err
    assert "new   operations.postConversationsCalls.permissions.any_of: conversation:call:place" in ended.out
    code = "operations.postConversationsCallsUserUserId.codes.409: providerapi.error.edge.no.active"
    assert f"gone  {code}" in ended.out
    assert "gone  schemas.CreateCallRequest.properties.callerId.type: string" in ended.out
    assert "7 facts differ; with --write, `outdial check` names" in ended.out


def test_an_operation_is_covered_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its permissions, scopes, codes and the fields of its body; what was covered before stays as it was."""
    name, before = "postConversationsCallbacks", known()
    others = {key: each for key, each in before.operations.items() if key != name}
    less = before.model_copy(update={"operations": others})
    monkeypatch.setattr(command, "load_definitions", lambda: {"genesys-cloud": less})
    monkeypatch.setattr(command, "DEFINITIONS", tmp_path)
    command.run(Namespace(api="genesys-cloud", add=name, spec=None))
    (tmp_path / (before.listing or "")).write_bytes((before.folder / (before.listing or "")).read_bytes())
    after = load_definition(tmp_path / "genesys-cloud.yaml")
    assert {key: each for key, each in after.operations.items() if key != name} == others
    added, wanted = after.operations[name], before.operations[name]
    assert (added.permissions, added.scopes, added.body) == (wanted.permissions, wanted.scopes, wanted.body)
    assert {code for codes in wanted.codes.values() for code in codes} <= set(after.messages)
    assert all(set(codes) <= set(added.codes[status]) for status, codes in wanted.codes.items())
    assert set(after.properties(added.body)) == set(before.properties(wanted.body))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not a definition"),
        ("{", "neither JSON nor YAML"),
        ('{"openapi": "3.0.3"}', "neither Swagger 2 nor OpenAPI 3"),
        ('{"openapi": "3.0.3", "paths": {}}', "none of the covered operations is here"),
        (None, "spec.json: cannot be read"),
    ],
)
def test_a_file_that_is_no_definition_is_refused(
    written: Callable[[Any], Path], tmp_path: Path, content: str | None, said: str
) -> None:
    """With what is wrong, and nothing written."""
    ended = outdial("definition", tmp_path / "spec.json" if content is None else written(content))
    assert (ended.code, ended.err.count("\n")) == (4, 1)
    assert said in ended.err


def test_every_operation_is_listed_and_the_covered_ones_agree() -> None:
    """The list of all operations and the facts of the covered ones are two readings of one file."""
    every = catalogue("genesys-cloud")
    listed = {each.name: each for each in every.operations} if every else {}
    for name, operation in known().operations.items():
        assert operation.request == listed[name].request
        assert set(operation.permissions.names) == set(listed[name].permissions.names)
        assert set(operation.scopes) == set(listed[name].scopes)
    assert len(listed) == 3180


def test_every_published_code_has_a_row_or_a_reason_and_every_field_of_a_call_a_row() -> None:
    """The committed pages (published, questions, the table of 403s) are what is computed."""
    scenarios = [each for each in suite() if each.provider == "genesys-cloud"]
    covered = coverage(known(), scenarios)
    assert all(bool(each.rows) != bool(each.reason) for each in covered)
    of_a_call = known().properties("CreateCallRequest")
    assert all(rows for name, rows in fields(known(), scenarios).items() if name in of_a_call)
    docs = ROOT / "docs"
    assert (docs / "published.md").read_text(encoding="utf-8") == page(known(), covered, scenarios), "run `make docs`"
    table = "\n".join(forbidden(known(), covered))
    assert f"{BEGIN}\n{table}\n{END}" in (docs / "403.md").read_text(encoding="utf-8")
    assert (docs / "questions.md").read_text(encoding="utf-8") == questions([*suite()], policies()), "run `make docs`"
