"""Whatever is sent to the stub, it answers, soon, and never with a fault of its own (501 says what it does not have).

`OUTDIAL_FUZZ_REQUESTS` sets how many requests are tried in all, a few hundred by default.
"""

import json
import os
import re
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as some
from pydantic import SecretStr
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from outdial.provider.kinds import Permission, Scope
from outdial.verification.stub_process import RunningStub
from provider_states import load_policies
from tests.raw_http import CLOSED, exchange

REQUESTS = int(os.environ.get("OUTDIAL_FUZZ_REQUESTS", "400"))
POLICIES = load_policies()
OPERATIONS = len({(name, each.request) for name, policy in POLICIES.items() for each in policy.operations.values()})
PATHS = sorted(
    {f"/{name}{each.path}".encode() for name, policy in POLICIES.items() for each in policy.operations.values()}
)
SECONDS = 5
NOT_IN_THIS_STUB = 501
CHECKS: list[Any] = [not_a_server_error, status_code_conformance, response_schema_conformance]
HURRIED = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=REQUESTS <= 1000)


@pytest.fixture(scope="session")
def tokens(stub: RunningStub, session: dict[str, str]) -> list[SecretStr | None]:
    """No token, one that nobody has, an application's and a user's that may do everything that a policy asks for.

    The last is the token of an agent in a session of NICE CXone.
    """
    rules = [rule for policy in POLICIES.values() for each in policy.operations.values() for rule in each.rules]
    permissions = sorted({name for rule in rules if isinstance(rule, Permission) for name in rule.names})
    scopes = sorted({name for rule in rules if isinstance(rule, Scope) for name in rule.names})
    role = {"permissions": permissions}
    application = made(stub, "an access token", role=role)["accessToken"]
    user = made(stub, "an access token", grant="authorization_code", scopes=scopes, user={"role": role})["accessToken"]
    return [None, *map(SecretStr, ("nobodys", application, user, session["accessToken"]))]


@pytest.fixture(scope="session")
def session(stub: RunningStub) -> dict[str, str]:
    """A live session of an agent of NICE CXone, and that agent's token."""
    return made(stub, "an agent session")


@pytest.fixture(scope="session")
def ids(stub: RunningStub, session: dict[str, str]) -> dict[bytes, bytes]:
    """What a path asks for by its name in braces: that session, elsewhere an agent with a station."""
    agent = made(stub, "an agent")["agentId"].encode()
    steps = {step for path in PATHS for step in re.findall(rb"\{\w+\}", path)}
    return {**dict.fromkeys(steps, agent), b"{sessionId}": session["sessionId"].encode()}


def made(stub: RunningStub, state: str, **params: Any) -> dict[str, str]:
    """The values of a provider state."""
    change = {"state": state, "params": params, "action": "setup"}
    answer = requests.post(stub.state_url, json=change, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    values: dict[str, str] = answer.json()
    return values


@pytest.mark.parametrize("provider", sorted(POLICIES))
def test_every_edition_keeps_its_own_description(
    stub: RunningStub, tokens: list[SecretStr | None], ids: dict[bytes, bytes], provider: str
) -> None:
    """Requests made from an edition's OpenAPI description, right and wrong, get an answer that it describes."""
    schema = schemathesis.openapi.from_url(f"{stub.url}/{provider}/openapi.json")
    tried = 0
    with requests.Session() as connection:
        for result in schema.get_all_operations():
            operation: APIOperation[Any, Any, Any, Any] = result.ok()  # type: ignore[union-attr]
            right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if operation.body else right

            @settings(HURRIED, max_examples=max(REQUESTS // (2 * OPERATIONS), 5))
            @given(case=right | wrong, token=some.sampled_from(tokens), known_agent=some.booleans())
            def answered(case: Case[Any], token: SecretStr | None, known_agent: bool) -> None:
                nonlocal tried
                tried += 1
                if case.path_parameters and known_agent:
                    case.path_parameters = {
                        step: ids.get(f"{{{step}}}".encode(), b"").decode() for step in case.path_parameters
                    }
                headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
                answer = case.call(session=connection, headers=headers, timeout=SECONDS)
                event(f"{case.operation.label} answers {answer.status_code}")
                case.validate_response(answer, checks=CHECKS)

            answered()
    assert tried >= 5


texts = some.one_of(
    some.text(max_size=40),
    some.sampled_from(["", "null", "-1", "1e999", "9" * 5000, "\ud800", "%", "%ff", "${token.id}", "../..", "\x00"]),
)
json_values = some.recursive(
    some.one_of(some.none(), some.booleans(), some.integers(), some.floats(), texts, some.just(10**400)),
    lambda inner: some.one_of(some.lists(inner, max_size=4), some.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
known_fields = [
    "phoneNumber",
    "skillId",
    "callerId",
    "callUserId",
    "participants",
    "attributes",
    "grant_type",
    "code",
    "client_id",
]
HOSTILE_BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b'{"phoneNumber": ',
    b"[" * 100_000,
    b"[" * 8_000,
    b'{"a":' * 1_600,
    b'{"phoneNumber": ' + b"9" * 5000 + b"}",
    b'{"phoneNumber": 1e999}',
    b'{"phoneNumber": NaN}',
    b'{"phoneNumber": {"phoneNumber": []}}',
    b'{"phoneNumber": "\\ud800"}',
    b'{"externalContactId": ["\\udfff"], "phoneNumber": "+13175550142"}',
    b"\xff\xfe{\x00}\x00",
    b"grant_type=%ff%fe&code=%ud800",
    b"grant_type=\xff",
    b"grant_type=a" + b"&a=" * 100,
    b"grant_type=authorization_code&client_id=%ED%A0%80&code_verifier=%ED%A0%80&code=%00",
    b"{" + b" " * 1_100_000 + b"}",
]
hostile_bodies = some.one_of(
    some.binary(max_size=300),
    some.sampled_from([*HOSTILE_BODIES, b'{"phoneNumber": "+13175550142"}', b"grant_type=client_credentials"]),
    some.dictionaries(some.sampled_from(known_fields) | texts, json_values, max_size=4).map(
        lambda value: json.dumps(value).encode()
    ),
)
header_texts = some.one_of(
    some.text(some.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=30).map(str.encode),
    some.binary(max_size=30).map(lambda value: value.translate(None, b"\r\n")),
    some.sampled_from([b"Bearer ", b"Bearer \xff", b"Basic !!!", b"Basic OjpfOg==", b"bearer a b c", b"x" * 9000]),
)
MEDIA_TYPES = [
    b"application/json",
    b"APPLICATION/JSON; charset=utf-16",
    b"application/x-www-form-urlencoded",
    b"text/plain",
]
methods = some.just(b"POST") | some.sampled_from([b"GET", b"PUT", b"HEAD", b"OPTIONS", b"TRACE", b"BREW", b"get"])
endings = some.one_of(
    some.just(b""),
    some.sampled_from([b"?a=b", b"?timeout=1e9", b"?timeout=-1", b"?timeout=%ff", b"?timeout=0&timeout=1"]),
    some.sampled_from(
        [b"/", b"%00", b"%ff%fe", b"%zz", b"/%2e%2e/", b"#", b"/\xff\xfe", b"/\xed\xa0\x80", b"/" * 3000]
    ),
    some.binary(max_size=12).map(lambda value: value.translate(None, b" \r\n\t")),
)
paths = some.sampled_from(PATHS)
odd_paths = some.sampled_from([b"/provider-states", b"/", b"*", b"/genesys-cloud", b"http://elsewhere.example/x"])


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
        b"/nice-cxone.personal-connection/api/v2/outbound/calls",
    ],
)
def test_a_hostile_body_is_refused_even_from_a_caller_who_may_do_everything(
    stub: RunningStub, tokens: list[SecretStr | None], ids: dict[bytes, bytes], path: bytes, media_type: bytes
) -> None:
    """Broken, deep, huge or undecodable: such a body gets past every other rule, and is still the caller's fault."""
    token = tokens[-1] if b"{sessionId}" in path else tokens[-2]
    assert token
    path = re.sub(rb"\{\w+\}", lambda step: ids[step[0]], path)
    fields = {b"Authorization": b"Bearer " + token.get_secret_value().encode(), b"Content-Type": media_type}
    for body in HOSTILE_BODIES:
        status = exchange(stub.url, sent(b"POST", path, fields, body), SECONDS)
        assert 400 <= status <= 499, f"{body[:80]!r} is answered {status}"


@pytest.mark.parametrize("credentials", [b"!!!", b"/w==", b"Og==", b"\xff", b"OjpfOg==", b"7aCA", b"=" * 5000])
def test_hostile_credentials_are_refused(stub: RunningStub, credentials: bytes) -> None:
    """Basic credentials that are no Base64, no UTF-8, or empty."""
    for scheme in (b"Basic ", b"basic  ", b"Bearer ", b""):
        fields = {b"Authorization": scheme + credentials, b"Content-Type": b"application/x-www-form-urlencoded"}
        request = sent(b"POST", b"/genesys-cloud-login/oauth/token", fields, b"grant_type=client_credentials")
        assert exchange(stub.url, request, SECONDS) == 400


@settings(HURRIED, max_examples=REQUESTS // 2)
@given(
    method=methods,
    path=some.tuples(paths | paths | odd_paths, endings).map(b"".join),
    headers=some.dictionaries(
        some.sampled_from([b"Authorization", b"Accept", b"X-Odd", b"Expect", b"Connection", b"Content-Encoding"]),
        header_texts,
        max_size=3,
    ),
    media_type=some.sampled_from(MEDIA_TYPES) | some.sampled_from(MEDIA_TYPES) | header_texts,
    token=some.integers(0, 4),
    body=hostile_bodies,
)
def test_hostile_requests_are_answered(
    stub: RunningStub,
    tokens: list[SecretStr | None],
    ids: dict[bytes, bytes],
    method: bytes,
    path: bytes,
    headers: dict[bytes, bytes],
    media_type: bytes,
    token: int,
    body: bytes,
) -> None:
    """Odd methods, paths, headers and bodies, byte for byte on the wire: always one answer, and the fault is theirs."""
    text, path = tokens[token], re.sub(rb"\{\w+\}", lambda step: ids[step[0]], path)
    fields = {b"Content-Type": media_type, **headers}
    if text:
        fields.setdefault(b"Authorization", b"Bearer " + text.get_secret_value().encode())
    status = exchange(stub.url, sent(method, path, fields, body), SECONDS)
    event(f"answers {status}")
    answered = 200 <= status <= 499 or status == NOT_IN_THIS_STUB
    assert answered, f"{method!r} {path[:80]!r} {headers} {body[:80]!r} is answered {status}"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: first\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"a" * 300_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        b"POST /genesys-cloud/x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_what_is_hardly_http_is_answered(stub: RunningStub, request_bytes: bytes) -> None:
    """Broken framing gets a 4xx or a closed connection at once, and the next caller is served as before."""
    assert exchange(stub.url, request_bytes, SECONDS, may_close=True) in {CLOSED, *range(400, 500), NOT_IN_THIS_STUB}
    assert requests.get(f"{stub.url}/genesys-cloud/openapi.json", timeout=SECONDS).status_code == 200
