"""What is said to be true of every request is true of every request that can be made."""

import json
from base64 import b64encode
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts import STATES, StateParameters
from contracts.vocabulary import meets
from provider_states import ProviderStates, StubProvider
from provider_stub import Call, World
from provider_stub.facts import known_names
from provider_stub.policy import Operation
from provider_stub.request_facts import RequestFacts
from reasoning.feasible import constraints_of
from reasoning.naming import RealValues, variable
from reasoning.space import Space
from tests.strength.editions import POLICIES, arranged_rows

FORM = "application/x-www-form-urlencoded"
OWN = {"code": "authorizationCode", "refresh_token": "refreshToken", "assertion": "assertion"}
"""What a form's field usually carries."""
NAMES = ("conversations", "conversation:call:add", "user:read", "make_outbound_calls")
OPERATIONS = [
    pytest.param(operation, id=f"{provider}/{name}")
    for provider, policy in POLICIES.items()
    for name, operation in policy.operations.items()
]


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """A value of a parameter, by its type."""
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is bool:
        return st.booleans()
    if get_origin(annotation) is frozenset:
        return st.lists(st.sampled_from(NAMES), unique=True, max_size=3)
    if get_origin(annotation) is tuple:
        return st.lists(st.sampled_from(NAMES), max_size=2)
    return st.none()


def parameters(model: type[StateParameters]) -> st.SearchStrategy[dict[str, Any]]:
    """Parameters of a state, in combinations that it takes."""
    given = {
        name: (st.none() if model.definition.parameters[name].optional else st.nothing())
        | parameters(model.parts[name])
        if name in model.parts
        else values_of(field.annotation)
        for name, field in model.model_fields.items()
    }
    impossible = model.definition.impossible
    return st.fixed_dictionaries(given).filter(lambda drawn: not any(meets(drawn, each.when) for each in impossible))


@st.composite
def requests(draw: st.DrawFn, operation: Operation) -> tuple[Call, dict[str, str], World]:
    """A call to an operation in a world where anything may exist, and the steps of its path."""
    world = World()
    provider = ProviderStates(StubProvider(world))
    returned: dict[str, str] = {}
    for name, model in STATES.items():
        if draw(st.integers(0, 4)):
            returned |= provider.set_up(name, draw(parameters(model)))
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
    form = {name: returned.get(OWN[name], "any text") if name in OWN else str(value) for name, value in filled.items()}
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
    asked = {fact for rule in operation.rules for fact in rule.candidates()}
    return (
        asked
        | {by for _, by in operation.subjects.values()}
        | {each.when.fact for each in operation.rules if each.when}
    )


def broken(facts: RequestFacts, operation: Operation) -> list[tuple[str, str]]:
    """The constraints that a real request does not meet, each with the fact that brought it."""
    space = Space([operation], [], None)
    real = RealValues(facts, operation)
    parts = {"basic.id", "basic.secret"}
    names = {
        variable(operation, fact)
        for fact in {*asked_facts(operation), *known_names(operation.subjects, operation.kinds), *parts}
    }
    return [
        (name, constraint.says)
        for name in sorted(names)
        for constraint in constraints_of(name, space)
        if not constraint.test(real)
    ]


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
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
