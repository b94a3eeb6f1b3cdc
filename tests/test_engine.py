"""The engine: the first rule that does not hold answers, and the trace tells of every rule on which facts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider_stub import POLICIES, Application, Call, World, load_policies
from provider_stub.policy import load_policy
from provider_stub.world import Agent, Token
from tests.table_files import copy_policies, edit
from yaml_documents import DocumentError

CALLS = "/genesys-cloud/api/v2/conversations/calls"
GENESYS = POLICIES / "genesys-cloud.yaml"
grants = st.frozensets(
    st.tuples(
        st.sampled_from(["conversation:conference:add", "conversation:call:add", "conversation:agentlessCall:add"]),
        st.sampled_from(["home", "other"]),
    )
)
tokens = st.builds(
    Token,
    status=st.sampled_from(["valid", "expired", "revoked"]),
    scopes=st.frozensets(st.sampled_from(["conversations", "conversations:readonly", "users"])),
    permissions=grants,
    user=st.none() | st.just("u"),
    rate_limit=st.sampled_from(["free", "spent"]),
)
agents = st.builds(
    Agent, division=st.sampled_from(["home", "other"]), station=st.sampled_from(["associated", "none", "edge_down"])
)
bodies = st.sampled_from([b"", b"{", b"[]", b"{}", b'{"phoneNumber": "+13175550142"}', b'{"phoneNumber": 1, "x": 2}'])


def application() -> Application:
    """The stub with its own policies and an empty world."""
    return Application(load_policies(), World())


@given(
    token=tokens,
    agent=agents,
    body=bodies,
    scheme=st.sampled_from(["Bearer t", "Bearer other", "Basic t", ""]),
    media_type=st.sampled_from(["application/json", "text/plain", ""]),
    path=st.sampled_from([CALLS, f"{CALLS}/user/u", f"{CALLS}/user/nobody"]),
)
def test_the_first_rule_that_fails_answers(
    token: Token, agent: Agent, body: bytes, scheme: str, media_type: str, path: str
) -> None:
    """In any world and for any request, the answer is the denial of the first failed step of the trace."""
    stub = application()
    stub.world.add("token", "t", token)
    stub.world.add("agent", "u", agent)
    headers = {name: value for name, value in {"authorization": scheme, "content-type": media_type}.items() if value}
    answer = stub.answer(Call("POST", path, headers, body))
    decision = answer.decision
    assert decision is not None
    assert len(decision.trace) == len(decision.rules)
    failed = [step.rule for step in decision.trace if step.outcome == "failed"]
    assert (decision.refused_by.id if decision.refused_by else None) == (failed[0] if failed else None)
    assert answer.status == (decision.denial.status if decision.denial else 202)
    assert decision.accepted == (answer.status == 202)


def test_a_trace_says_which_facts_a_rule_read() -> None:
    """Enough to explain a refusal: the rule, the outcome, the facts."""
    stub = application()
    stub.world.add("token", "t", Token(permissions=frozenset({("conversation:call:add", "home")})))
    stub.world.add("agent", "u", Agent(station="none"))
    call = Call(
        "POST",
        f"{CALLS}/user/u",
        {"authorization": "Bearer t", "content-type": "application/json"},
        b'{"phoneNumber": "+13175550142"}',
    )
    decision = stub.answer(call).decision
    assert decision is not None
    steps = {step.rule: step for step in decision.trace}
    assert decision.refused_by is not None
    assert decision.refused_by.id == "station"
    assert steps["station"].facts == {"agent.station": "none"}
    assert steps["conversations-scope"].outcome == "skipped"
    assert steps["edge-active"].outcome == "held"


def test_a_trace_holds_no_secret() -> None:
    """Secrets that rules compare are named in a trace, not shown."""
    stub = application()
    call = Call(
        "POST",
        "/genesys-cloud-login/oauth/token",
        {"authorization": "Basic YTpzM2NyM3Q=", "content-type": "application/x-www-form-urlencoded"},
        b"grant_type=client_credentials",
    )
    decision = stub.answer(call).decision
    assert decision is not None
    assert "s3cr3t" not in str(decision.trace) + repr(call) + repr(decision)
    assert {"basic.secret": "(secret)"}.items() <= {
        k: v for step in decision.trace for k, v in step.facts.items()
    }.items()


def test_a_denial_has_every_field_of_the_published_error_body() -> None:
    """The fields of `ErrorBody`, and the correlation id in body and header."""
    answer = application().answer(Call("POST", CALLS))
    body = json.loads(answer.body)
    assert set(body) == {"message", "code", "status", "messageParams", "contextId", "details", "errors"}
    assert body["contextId"] == answer.headers["ININ-Correlation-Id"]


def test_every_rule_names_its_evidence() -> None:
    """Basis and source on each rule of each policy."""
    for policy in load_policies().values():
        for operation in policy.operations.values():
            assert all(rule.basis and rule.source for rule in operation.checks)


def test_the_world_forgets_the_oldest_of_a_kind() -> None:
    """Memory is bounded however many states are set up."""
    world = World(limit=3)
    for number in range(10):
        world.add("token", str(number), Token())
    assert len(world) == 3
    assert world.find("token", "6") is None
    assert world.find("token", "7") is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: condition", "kind: conditon", "'conditon' is not a known kind - did you mean 'condition'?"),
        ("fact: token.status", "fact: token.statsu", "no fact 'token.statsu' - did you mean 'token.status'?"),
        ("none_of: [unknown, expired, revoked]", "none_of: [unknown, expird]", "token.status is never 'expird' - did you mean 'expired'?"),
        ("      - json-media-type\n", "      - json-media-typ\n", "no rule 'json-media-typ' - did you mean 'json-media-type'?"),
        ("basis: published", "basis: publised", "'publised' is not known - did you mean 'published'?"),
        ("deny: {status: 401, code:", "deny: {status: 401, cod:", "unknown key 'cod' - did you mean 'code'?"),
        ("any_of: [bearer]", "any_of: [bearer]\n    none_of: [basic]", "takes exactly one of any_of, none_of, present"),
        ("finds: {conversation: path.", "finds: {converstion: path.", "no record 'converstion' - did you mean 'conversation'?"),
        ("unknown_path: ", "rulez: {}\nunknown_path: ", "unknown key 'rulez' - did you mean 'rules'?"),
        (r"matches: '\+", r"matches: '(\+", "not a regular expression"),
        ("status: 429", "status: 42", "greater than or equal to 400"),
        ("provider: genesys-cloud", "provider: genesys", "is not the file's name"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_policy_is_refused_at_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """File, line, the value, and what would be valid."""
    policy = copy_policies(tmp_path) / GENESYS.name
    edit(policy, old, new)
    with pytest.raises(DocumentError) as refused:
        load_policy(policy)
    assert said in str(refused.value)
    assert f"{GENESYS.name}:" in str(refused.value)
