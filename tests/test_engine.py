"""The engine: the first rule that does not hold answers, and the trace tells of every rule on which facts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.provider import Application, Call, World
from outdial.provider.request_facts import RequestFacts
from outdial.provider.rule import RuleBase
from outdial.provider.world import Record
from provider_states import load_policies, record_kinds

CALLS = "/genesys-cloud/api/v2/conversations/calls"
grants = st.frozensets(
    st.tuples(
        st.sampled_from(["conversation:conference:add", "conversation:call:add", "conversation:agentlessCall:add"]),
        st.sampled_from(["home", "other"]),
    )
)
TOKEN, AGENT = record_kinds()["token"], record_kinds()["agent"]
tokens = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["valid", "expired", "revoked"]),
        "scopes": st.frozensets(st.sampled_from(["conversations", "conversations:readonly", "users"])),
        "permissions": grants,
        "user": st.none() | st.just("u"),
        "rate_limit": st.sampled_from(["free", "spent"]),
    }
).map(TOKEN.record)
agents = st.fixed_dictionaries(
    {"division": st.sampled_from(["home", "other"]), "station": st.sampled_from(["associated", "none", "edge_down"])}
).map(AGENT.record)
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
    token: Record, agent: Record, body: bytes, scheme: str, media_type: str, path: str
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
    assert decision.operation == ("place-call" if path == CALLS else "place-call-for-agent")


def test_a_trace_says_which_facts_a_rule_read() -> None:
    """Enough to explain a refusal: the rule, the outcome, the facts."""
    stub = application()
    stub.world.add("token", "t", TOKEN.record({"permissions": frozenset({("conversation:call:add", "home")})}))
    stub.world.add("agent", "u", AGENT.record({"station": "none"}))
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
            assert all(rule.basis and rule.source for rule in operation.rules)


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("all_of", {frozenset("ab")}),
        ("any_of", {frozenset("a"), frozenset("b"), frozenset("ab")}),
        ("at_most_one_of", {frozenset(), frozenset("a"), frozenset("b")}),
    ],
)
def test_a_rule_of_fields_holds_for_these_fields_and_no_others(asked: str, held: set[frozenset[str]]) -> None:
    """All, at least one, or at most one of two fields: none is at most one."""
    given = {"all_of": None, "any_of": None, "at_most_one_of": None, asked: ("body.a", "body.b")}
    rule = rule_of("single-destination").model_copy(update=given)
    there = [frozenset(each) for each in ("", "a", "b", "ab")]
    assert {each for each in there if rule.holds(facts_of(dict.fromkeys(each, "x")))} == held


def test_every_known_field_may_be_sent_and_no_other() -> None:
    """All of them at once too."""
    rule = rule_of("published-fields").model_copy(update={"fields": ("a", "b")})
    there = ("", "a", "ab", "abc", "c")
    assert [each for each in there if rule.holds(facts_of(dict.fromkeys(each, "x")))] == ["", "a", "ab"]


def test_a_body_of_the_greatest_size_is_not_too_large() -> None:
    """One byte more is."""
    facts = facts_of({"a": "x"})
    size = facts["request.bytes"]
    limits = {limit: rule_of("body-size").model_copy(update={"at_most": limit}) for limit in (0, size - 1, size)}
    assert {limit: rule.holds(facts) for limit, rule in limits.items()} == {0: False, size - 1: False, size: True}


def rule_of(name: str) -> RuleBase:
    """A rule of the place-call operation."""
    return next(each for each in load_policies()["genesys-cloud"].operations["place-call"].rules if each.id == name)


def facts_of(body: dict[str, str]) -> RequestFacts:
    """The facts of a request with a JSON body, and with nothing else."""
    call = Call("POST", "/", {"content-type": "application/json"}, json.dumps(body).encode())
    return RequestFacts(call, {}, {}, World())


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Basic YTpi", {"id": "a", "secret": "b"}),
        ("basic  YTpi ", {"id": "a", "secret": "b"}),
        ("Basic YTpi!", {}),
        ("Basic YT pi", {}),
        ("Basic YQ==", {}),
        ("Bearer YTpi", {}),
        ("", {}),
    ],
)
def test_credentials_are_read_as_they_are_meant_or_not_at_all(sent: str, read: dict[str, str]) -> None:
    """Base64 of an id, a colon and a secret; a stray character is no credential."""
    assert Call("POST", "/", {"authorization": sent}).basic == read


def test_a_form_of_more_fields_than_anyone_sends_is_none() -> None:
    """It is refused as a form without its fields is, and costs no answer of its own."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    sizes = {
        count: Call("POST", "/", headers, b"&".join([b"grant_type=x"] * count)).form for count in (1, 50, 51, 5000)
    }
    assert sizes == {1: {"grant_type": "x"}, 50: {"grant_type": "x"}, 51: {}, 5000: {}}


def test_a_fact_of_a_list_is_named_by_its_position() -> None:
    """The first item is 0; what is not there is nothing."""
    body = json.dumps({"to": [{"phoneNumber": "1"}, {"phoneNumber": "2"}], "name": "x"}).encode()
    facts = RequestFacts(Call("POST", "/", {"content-type": "application/json"}, body), {}, {}, World())
    assert [facts[f"body.to.{at}.phoneNumber"] for at in (0, 1, 2)] == ["1", "2", None]
    assert [facts["body.to.first"], facts["body.name.0"], facts["body.to.phoneNumber"]] == [None, None, None]


def test_the_world_forgets_the_oldest_of_a_kind() -> None:
    """Memory is bounded however many states are set up."""
    world = World(limit=3)
    for number in range(10):
        world.add("token", str(number), TOKEN.record({}))
    assert len(world) == 3
    assert world.find("token", "6") is None
    assert world.find("token", "7") is not None
