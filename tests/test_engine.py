"""The engine: the first rule that does not hold answers, and the trace tells of every rule on which facts."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.provider import Answer, Call, World
from outdial.tables import STATES
from provider_states import ProviderStates, record_kinds
from tests.committed import stub_here
from tests.conftest import EXAMPLES

CALLS = "/genesys-cloud/api/v2/conversations/calls"
LOGIN = "/genesys-cloud-login/oauth/token"
FORM = "application/x-www-form-urlencoded"
PERMISSIONS = ["conversation:conference:add", "conversation:call:add", "conversation:agentlessCall:add"]
roles = st.fixed_dictionaries(
    {"permissions": st.lists(st.sampled_from(PERMISSIONS)), "division": st.sampled_from(["home", "other"])}
)
agents = st.fixed_dictionaries(
    {"division": st.sampled_from(["home", "other"]), "station": st.sampled_from(["associated", "none", "edge_down"])}
)
scopes = st.lists(st.sampled_from(["conversations", "conversations:readonly", "users"]))
shared = {"status": st.sampled_from(["valid", "expired", "revoked"]), "rate_limit": st.sampled_from(["free", "spent"])}
tokens = st.fixed_dictionaries({**shared, "role": roles}) | st.fixed_dictionaries(
    {**shared, "grant": st.just("authorization_code"), "scopes": scopes, "user": st.fixed_dictionaries({"role": roles})}
)
bodies = st.sampled_from([b"", b"{", b"[]", b"{}", b'{"phoneNumber": "+13175550142"}', b'{"phoneNumber": 1, "x": 2}'])


def ask(path: str, body: Any, scheme: str, media_type: str = "application/json") -> Answer:
    """The answer of an empty stub."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return stub_here()[0].answer(Call("POST", path, {"authorization": scheme, "content-type": media_type}, content))


@settings(max_examples=EXAMPLES * 4)
@given(
    token=tokens,
    agent=agents,
    body=bodies,
    scheme=st.sampled_from(["Bearer {}", "Bearer other", "Basic {}", ""]),
    media_type=st.sampled_from(["application/json", "text/plain", ""]),
    path=st.sampled_from([CALLS, f"{CALLS}/user/{{}}", f"{CALLS}/user/nobody"]),
)
def test_the_first_rule_that_fails_answers(
    token: dict[str, Any], agent: dict[str, Any], body: bytes, scheme: str, media_type: str, path: str
) -> None:
    """In any world and for any request, the answer is the denial of the first failed step of the trace."""
    stub, states = stub_here()
    bearer = states.set_up("an access token", token)["accessToken"]
    asked = path.format(states.set_up("an agent", agent)["agentId"])
    headers = {"authorization": scheme.format(bearer), "content-type": media_type}
    answer = stub.answer(Call("POST", asked, {name: value for name, value in headers.items() if value}, body))
    decision = answer.decision
    assert decision is not None
    assert [step.rule for step in decision.trace] == [rule.id for rule in decision.rules]
    failed = [step.rule for step in decision.trace if step.outcome == "failed"]
    assert (decision.refused_by.id if decision.refused_by else None) == (failed[0] if failed else None)
    assert answer.status == (decision.denial.status if decision.denial else 202)
    assert decision.accepted == (answer.status == 202)
    assert decision.operation == ("place-call" if path == CALLS else "place-call-for-agent")


def test_a_trace_says_which_facts_a_rule_read() -> None:
    """Enough to explain a refusal: the rule, the outcome, the facts."""
    stub, states = stub_here()
    token = states.set_up("an access token", {"role": {"permissions": ["conversation:call:add"]}})["accessToken"]
    agent = states.set_up("an agent", {"station": "none"})["agentId"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    decision = stub.answer(Call("POST", f"{CALLS}/user/{agent}", headers, b'{"phoneNumber": "+13175550142"}')).decision
    assert decision is not None
    steps = {step.rule: step for step in decision.trace}
    assert decision.refused_by is not None
    assert decision.refused_by.id == "station"
    assert steps["station"].facts == {"agent.station": "none"}
    assert steps["conversations-scope"].outcome == "skipped"
    assert steps["edge-active"].outcome == "held"


def test_a_trace_holds_no_secret() -> None:
    """Secrets that rules compare are named in a trace, not shown."""
    decision = ask(LOGIN, b"grant_type=client_credentials", "Basic YTpzM2NyM3Q=", FORM).decision
    assert decision is not None
    assert "s3cr3t" not in str(decision.trace) + repr(decision)
    assert "(secret)" in {step.facts.get("basic.secret") for step in decision.trace}


@pytest.mark.parametrize(("own", "other"), [("home", "other"), ("other", "home")])
def test_the_division_message_names_the_division_that_is_missing(own: str, other: str) -> None:
    """The one that the agent is in, not the one where the permission is."""
    stub, states = stub_here()
    role = {"permissions": ["conversation:agentlessCall:add"], "division": own}
    token = states.set_up("an access token", {"role": role})["accessToken"]
    agent = states.set_up("an agent", {"division": other})["agentId"]
    refused = stub.answer(Call("POST", f"{CALLS}/user/{agent}", {"authorization": f"Bearer {token}"}))
    assert refused.code == "missing.any.division.permissions"
    assert f"in at least one of the following division(s): [{other}]" in refused.body.decode()


PHONE = {"phoneNumber": "+13175550142"}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (PHONE, None),
        ({}, "destination-given"),
        (PHONE | {"callUserId": "u"}, "single-destination"),
        (PHONE | {"callerId": "+13175550142"}, None),
        (PHONE | {"calerId": "x"}, "published-fields"),
        (PHONE | {"priority": "high"}, "field-types"),
        (PHONE | {"priority": True}, "field-types"),
        (PHONE | {"priority": 10**400}, "field-types"),
        ({"phoneNumber": 13175550142}, "field-types"),
        ({"phoneNumber": ["+13175550142"]}, "field-types"),
        ({"phoneNumber": "+1317555014٢"}, "number-format"),
        ({"phoneNumber": "13175550142"}, "number-format"),
        ({"phoneNumber": "+13175550142\n"}, "number-format"),
        (b'{"phoneNumber": "+13175550142", "priority": NaN}', "json-object"),
        (b'[{"phoneNumber": "+13175550142"}]', "json-object"),
        (b'{"phoneNumber": "+13175550142"' + b" " * 8161 + b"}", None),
        (b'{"phoneNumber": "+13175550142"' + b" " * 8162 + b"}", "body-size"),
    ],
)
def test_a_body_is_refused_by_the_rule_that_is_about_it(body: Any, rule: str | None) -> None:
    """From a caller who may do everything: fields, their types, their forms, and the size to the very byte."""
    stub, states = stub_here()
    user = {"role": {"permissions": PERMISSIONS}}
    params = {"grant": "authorization_code", "scopes": ["conversations"], "user": user}
    token = states.set_up("an access token", params)["accessToken"]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    decision = stub.answer(Call("POST", CALLS, headers, content)).decision
    assert decision is not None
    assert (decision.refused_by.id if decision.refused_by else None) == rule


def test_names_are_compared_exactly() -> None:
    """Another case, a longer name and a wildcard are no permission and no scope."""
    stub, states = stub_here()
    agent = states.set_up("an agent", {})["agentId"]
    role = {"permissions": ["conversation:call:add"]}
    for right in ("conversation:call:add", "conversations"):
        for name in (right, right.upper(), f"{right}x", f"{right[:12]}*"):
            user = {"grant": "authorization_code", "scopes": [name], "user": {"role": role}}
            params = user if right == "conversations" else {"role": {"permissions": [name]}}
            token = states.set_up("an access token", params)["accessToken"]
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            answer = stub.answer(Call("POST", f"{CALLS}/user/{agent}", headers, json.dumps(PHONE).encode()))
            assert (answer.status == 202) == (name == right), name


@pytest.mark.parametrize("sent", ["Basic {}", "basic  {} ", "Basic {}!", "Basic YT {}", "Basic YQ==", "Bearer {}", ""])
def test_credentials_are_read_as_they_are_meant_or_not_at_all(sent: str) -> None:
    """Base64 of an id, a colon and a secret; a stray character is no credential."""
    stub, states = stub_here()
    scheme = sent.format(states.set_up("an OAuth client", {})["clientCredentials"])
    headers = {"authorization": scheme, "content-type": FORM}
    answer = stub.answer(Call("POST", LOGIN, headers, b"grant_type=client_credentials"))
    assert answer.status == (200 if sent in {"Basic {}", "basic  {} "} else 400)


def test_the_world_forgets_the_oldest_of_a_kind() -> None:
    """Memory is bounded however many states are set up and calls are made; the newest is kept."""
    world = World(limit=50)
    states = ProviderStates(world)
    for state in sorted(STATES) * 60:
        states.set_up(state, {})
    first = states.set_up("a queue", {})["queueId"]
    for _ in range(50):
        assert world.find("queue", first) is not None
        latest = states.set_up("a queue", {})["queueId"]
    assert world.find("queue", first) is None
    assert world.find("queue", latest) is not None
    assert len(world) <= 50 * len(record_kinds())
