"""Whatever is sent to the stub, it answers, soon, and never with a fault of its own (501 tells what it lacks)."""

import re
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as some
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from outdial.verification.stub_process import RunningStub
from tests.committed import policies
from tests.conftest import EXAMPLES, made
from tests.raw_http import exchange

SECONDS = 20
NOT_IN_THIS_STUB = 501
CHECKS: list[Any] = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.fixture(scope="session")
def tokens(stub: RunningStub) -> dict[str, str]:
    """Tokens of an application and of a user that may do everything a policy asks for, and of an agent in a session.

    `id` and `sessionId` are those of an agent with a station and of that session.
    """
    text = "".join(policy.model_dump_json() for policy in policies().values())
    role = {"permissions": sorted(set(re.findall(r'"([a-z]\w*:\w+:\w+)"', text)))}
    scopes = sorted({*re.findall(r'"([a-z-]+:[a-z:-]+)"', text), "conversations"})
    user = made(stub, "an access token", grant="authorization_code", scopes=scopes, user={"role": role})
    session = made(stub, "an agent session")
    url, headers = (
        f"{stub.url}/genesys-cloud/api/v2/conversations/calls",
        {"Authorization": f"Bearer {user['accessToken']}"},
    )
    assert requests.post(url, json={"phoneNumber": "+13175550142"}, headers=headers, timeout=SECONDS).ok
    return {
        "nobody": "nobodys",
        "application": made(stub, "an access token", role=role)["accessToken"],
        "user": user["accessToken"],
        "agent": session["accessToken"],
        "sessionId": session["sessionId"],
        "id": made(stub, "an agent")["agentId"],
    }


def filled(path: bytes, tokens: dict[str, str]) -> bytes:
    """A path to things that exist."""
    path = path.replace(b"{sessionId}", tokens["sessionId"].encode())
    return re.sub(rb"\{\w+\}", tokens["id"].encode(), path)


@pytest.mark.hypothesis
@pytest.mark.parametrize("provider", sorted(policies()))
def test_every_edition_keeps_its_own_description(stub: RunningStub, tokens: dict[str, str], provider: str) -> None:
    """Requests made from an edition's OpenAPI description, right and wrong, get an answer that it describes."""
    schema = schemathesis.openapi.from_url(f"{stub.url}/{provider}/openapi.json")
    tried = 0
    with requests.Session() as connection:
        for result in schema.get_all_operations():
            operation: APIOperation[Any, Any, Any, Any] = result.ok()  # type: ignore[union-attr]
            right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if operation.body else right

            @settings(max_examples=max(EXAMPLES // 4, 5))
            @given(case=right | wrong, caller=some.sampled_from(sorted(tokens)), known=some.booleans())
            def answered(case: Case[Any], caller: str, known: bool) -> None:
                nonlocal tried
                tried += 1
                if case.path_parameters and known:
                    steps = {step: filled(f"{{{step}}}".encode(), tokens).decode() for step in case.path_parameters}
                    case.path_parameters = steps
                headers = {"Authorization": f"Bearer {tokens[caller]}"}
                answer = case.call(session=connection, headers=headers, timeout=SECONDS)
                case.validate_response(answer, checks=CHECKS)

            answered()
    assert tried >= 5


HOSTILE_BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b'{"phoneNumber": ',
    b"[" * 100_000,
    b'{"a":' * 1_600,
    b'{"phoneNumber": ' + b"9" * 5000 + b"}",
    b'{"phoneNumber": 1e999}',
    b'{"phoneNumber": NaN}',
    b'{"phoneNumber": {"phoneNumber": []}}',
    b'{"phoneNumber": "\\ud800"}',
    b'{"externalContactId": ["\\udfff"], "phoneNumber": "+13175550142"}',
    b"\xff\xfe{\x00}\x00",
    b"grant_type=%ff%fe&code=%ud800",
    b"grant_type=a" + b"&a=" * 100,
    b"grant_type=authorization_code&client_id=%ED%A0%80&code_verifier=%ED%A0%80&code=%00",
    b"{" + b" " * 1_100_000 + b"}",
]
MEDIA_TYPES = [b"application/json", b"APPLICATION/JSON; charset=utf-16", b"application/x-www-form-urlencoded", b"a/b"]


def sent(method: bytes, path: bytes, fields: dict[bytes, bytes], body: bytes) -> bytes:
    """A request as it goes over the wire."""
    whole = {b"Host": b"x", b"Content-Length": str(len(body)).encode(), **fields}
    head = b"".join(name + b": " + value + b"\r\n" for name, value in whole.items())
    return method + b" " + path + b" HTTP/1.1\r\n" + head + b"\r\n" + body


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize(
    "path",
    [
        b"/genesys-cloud/api/v2/conversations/calls",
        b"/genesys-cloud-login/oauth/token",
        b"/nice-cxone-login/auth/token",
        b"/nice-cxone/agent-sessions/{sessionId}/dial-phone",
        b"/nice-cxone.omnichannel/api/v2/omnichannel/connections/outbound",
    ],
)
def test_a_hostile_body_is_refused_even_from_a_caller_who_may_do_everything(
    stub: RunningStub, tokens: dict[str, str], path: bytes, media_type: bytes
) -> None:
    """Broken, deep, huge or undecodable: such a body gets past every other rule, and is still the caller's fault."""
    token = tokens["agent" if b"{sessionId}" in path else "user"].encode()
    fields = {b"Authorization": b"Bearer " + token, b"Content-Type": media_type}
    for body in HOSTILE_BODIES:
        status = exchange(stub.url, sent(b"POST", filled(path, tokens), fields, body), SECONDS)
        assert 400 <= status <= 499, f"{body[:80]!r} is answered {status}"
