"""What is said to be true of every request is true of every request that can be made."""

import json
from base64 import b64encode
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import STATES, states
from provider_states import ProviderStates, StubProvider
from provider_stub import Call, World
from provider_stub.facts import RequestFacts, known_names
from provider_stub.policy import Operation
from reasoning.feasible import constraints_of
from reasoning.naming import RealValues, variable
from reasoning.records import EXCHANGED
from reasoning.space import Space
from tests.strength.editions import POLICIES, arranged_rows

FORM = "application/x-www-form-urlencoded"
RETURNED_CODES = ("authorizationCode", "refreshToken", "assertion")
NAMES = ("conversations", "conversation:call:add", "user:read", "make_outbound_calls")
OPERATIONS = [
    pytest.param(operation, id=f"{provider}/{name}")
    for provider, policy in POLICIES.items()
    for name, operation in policy.operations.items()
]


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Parameters of a state by their types."""
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is bool:
        return st.booleans()
    if annotation is states.AccessToken:
        return tokens()
    if isinstance(annotation, type) and issubclass(annotation, states.StateParameters | states.Role):
        fields = {name: values_of(field.annotation) for name, field in annotation.model_fields.items()}
        return st.fixed_dictionaries(fields)
    if get_origin(annotation) is tuple:
        return st.lists(st.sampled_from(NAMES), unique=True, max_size=3)
    return st.none()


@st.composite
def tokens(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters of an access token, in combinations that it takes."""
    drawn = {
        name: draw(values_of(field.annotation))
        for name, field in states.AccessToken.model_fields.items()
        if name not in {"user", "role"}
    }
    if drawn["grant"] == "client_credentials":
        return {**drawn, "role": draw(values_of(states.Role))}
    return {**drawn, "acts_on_behalf": False, "user": {**draw(values_of(states.Agent)), "exists": True}}


@st.composite
def requests(draw: st.DrawFn, operation: Operation) -> tuple[Call, dict[str, str], World]:
    """A call to an operation in a world where anything may exist, and the steps of its path."""
    world = World()
    provider = ProviderStates(StubProvider(world))
    returned: dict[str, str] = {}
    for name, model in STATES.items():
        if draw(st.integers(0, 4)):
            returned |= provider.set_up(name, draw(values_of(model)))
    texts = st.sampled_from([*returned.values(), "any text", "+13175550142"])
    usual_scheme = "basic" if any(by == "basic.id" for _, by in operation.subjects.values()) else "token"
    schemes = {"bearer": f"Bearer {draw(texts)}", "token": f"Bearer {returned.get('accessToken', 'none')}"}
    pair = f"{draw(texts)}:{draw(texts)}"
    schemes |= {"basic": f"Basic {returned.get('clientCredentials', '')}", "broken": "Basic ?", "digest": "Digest x"}
    schemes["pair"] = f"Basic {b64encode(pair.encode()).decode()}"
    headers = {"x-genesys-user-id": draw(texts)} if draw(st.booleans()) else {}
    if draw(st.integers(0, 9)):
        headers["authorization"] = schemes[draw(st.just(usual_scheme) | st.sampled_from(sorted(schemes)))]
    fields = {fact.partition(".")[2] for fact in asked_facts(operation) if fact.startswith(("body.", "form."))}
    filled: dict[str, Any] = {}
    for field in sorted(fields):
        if draw(st.integers(0, 3)):
            nest(filled, field.split("."), draw(st.none() | texts))
    own = {by.partition(".")[2]: key for by, key in zip(EXCHANGED, RETURNED_CODES, strict=True)}
    form = {name: returned.get(own[name], "any text") if name in own else str(value) for name, value in filled.items()}
    bodies = {"json": json.dumps(filled), "form": urlencode(form), "list": "[1]", "text": "{", "none": "", "blank": " "}
    own_body = "form" if any(fact.startswith("form.") for fact in asked_facts(operation)) else "json"
    body = draw(st.just(own_body) | st.just(own_body) | st.sampled_from(sorted(bodies)))
    usual = {"json": "application/json", "form": FORM}.get(body, "text/plain")
    media = draw(st.just(usual) | st.sampled_from([None, "application/json; charset=utf-8", FORM, "text/plain"]))
    if media:
        headers["content-type"] = media
    path = {step: draw(texts) for step in steps(operation)}
    return Call(operation.method, operation.path, headers, bodies[body].encode()), path, world


def nest(target: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a field, in objects of its own where its name has several steps."""
    for step in path[:-1]:
        inner = target.get(step)
        target[step] = target = inner if isinstance(inner, dict) else {}
    target[path[-1]] = value


def steps(operation: Operation) -> list[str]:
    """The names in an operation's path."""
    return [step[1:-1] for step in operation.path.split("/") if step.startswith("{")]


def asked_facts(operation: Operation) -> set[str]:
    """Facts that an operation's rules and subjects ask for."""
    asked = {fact for rule in operation.checks for fact in rule.candidates()}
    return (
        asked
        | {by for _, by in operation.subjects.values()}
        | {each.when.fact for each in operation.checks if each.when}
    )


def broken(facts: RequestFacts, operation: Operation) -> list[tuple[str, str]]:
    """The constraints that a real request does not meet, each with the fact that brought it."""
    space = Space([operation], [], None)
    real = RealValues(facts, operation)
    parts = {"basic.id", "basic.secret"}
    names = {variable(operation, fact) for fact in {*asked_facts(operation), *known_names(operation.subjects), *parts}}
    return [
        (name, constraint.says)
        for name in sorted(names)
        for constraint in constraints_of(name, space)
        if not constraint.test(real)
    ]


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_request_in_a_random_world_meets_every_constraint(operation: Operation, data: st.DataObject) -> None:
    """Otherwise a search could call a mutant equivalent that some request tells apart."""
    call, path, world = data.draw(requests(operation))
    assert broken(RequestFacts(call, path, operation.subjects, world), operation) == []


@pytest.mark.parametrize("provider", POLICIES)
def test_every_committed_row_meets_every_constraint(provider: str) -> None:
    """The rows are requests too."""
    policy = POLICIES[provider]
    found = {
        row.case_id: broken(row.facts, policy.operations[row.decision.operation]) for row in arranged_rows(provider)
    }
    assert {case: each for case, each in found.items() if each} == {}
