"""Any published operation is explained by its definition: thirty of the 3,180, drawn at random."""

import json
import random

import pytest

from outdial.definitions import PublishedOperation, catalogue
from outdial.explain import explain
from outdial.explain.explanation import RuleState

GENESYS = catalogue("genesys-cloud")
assert GENESYS is not None
DRAWN = random.Random(20261128).sample(GENESYS.operations, 30)  # noqa: S311
OF_USERS = [each for each in GENESYS.operations if each.statuses_of("not.a.user")]
CALLS = next(each for each in GENESYS.operations if each.name == "postConversationsCalls")
CALL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 --json '{"phoneNumber": "+13175550142"}'"""
REFUSALS = [(status, code) for status, codes in CALLS.codes.items() for code in codes]
ID = "11111111-2222-4333-8444-555555555555"
TOKEN = "-H 'Authorization: Bearer <TOKEN>'"


def command(operation: PublishedOperation, *options: str) -> str:
    """The operation as a cURL command."""
    path = "/".join(ID if step.startswith("{") else step for step in operation.path.split("/"))
    return " ".join([f"curl -X {operation.method} https://api.mypurecloud.com{path}", *options])


def names_in(rule: RuleState) -> set[str]:
    """The scopes or permissions that a rule asks for."""
    return {fact.partition(":")[2] for fact in rule.facts}


@pytest.mark.parametrize("operation", DRAWN, ids=lambda each: each.name)
def test_without_a_token_scope_or_permission_the_published_code_answers(operation: PublishedOperation) -> None:
    """Each with the names that the definition has."""
    found = explain(command(operation))
    assert found.lead is not None
    assert (found.request, found.lead.code) == (operation.request, "authentication.required")
    user = {"grant": "authorization_code", "status": "valid"}
    if operation.scopes:
        found = explain(command(operation, TOKEN), None, {"token": {**user, "scopes": ["none"]}})
        codes = {each.code: each for each in found.blockers}
        assert names_in(codes["app.not.authorized.for.scope"]) == set(operation.scopes)
    if operation.permissions.names:
        token = {"grant": "client_credentials", "permissions": ["none"], "status": "valid"}
        found = explain(command(operation, TOKEN), None, {"token": token})
        code = "missing.any.permissions" if operation.permissions.any_of else "missing.permissions"
        rules = {each.code: each for each in found.blockers}
        assert names_in(rules[code]) == set(operation.permissions.names)
        assert rules[code].status in operation.statuses_of(code)
        assert found.accepted is False


def test_the_json_has_the_published_operation_as_documented() -> None:
    """Its codes are one mapping by status: those of the platform, then its own."""
    published = json.loads(json.dumps(explain(CALL).as_json()))["published"]
    assert {"method", "path", "any_of", "all_of", "scopes"} <= published.keys()
    assert published["codes"] == {str(status): list(codes) for status, codes in CALLS.codes.items()}


@pytest.mark.parametrize("operation", random.Random(7).sample(OF_USERS, 10), ids=lambda each: each.name)  # noqa: S311
def test_client_credentials_are_refused_where_it_is_published(operation: PublishedOperation) -> None:
    """400 not.a.user; after the permission, where one is asked for."""
    found = explain(command(operation, TOKEN), None, {"token": {"grant": "client_credentials", "status": "valid"}})
    assert ("not.a.user", 400) in {(each.code, each.status) for each in found.blockers}


@pytest.mark.parametrize(
    "host", ["api-c4.incontact.com", "x.nice-incontact.com", "x.niceincontact.com", "x.nicecxone.com"]
)
@pytest.mark.parametrize("path", ["/api/v2/outbound/calls", "/api/v2/anything/else", "/personalConnection/calls"])
def test_every_host_of_nice_gets_the_same_help(host: str, path: str) -> None:
    """A path of outbound calls there leads to the dial in a session."""
    found = explain(f"curl -X POST https://{host}{path} {TOKEN} --json '{{}}'")
    assert "dial-phone" in found.ways[0].operation


@pytest.mark.parametrize(("status", "code"), REFUSALS, ids=lambda each: str(each))
def test_every_published_code_leads(status: int, code: str) -> None:
    """The first line has its status and code, and no change mends another rule only."""
    body = {"message": GENESYS.text(code, status), "code": code, "status": status} if GENESYS else {}
    found = explain(CALL, f"HTTP/1.1 {status} Refused\n\n{json.dumps(body)}")
    assert found.accepted is False
    assert f"({status} {code})." in found.headline
    assert found.response is not None
    assert not found.response.foreign
