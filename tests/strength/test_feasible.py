"""What is said to be true of every request is true of every request that can be made."""

import json
from base64 import b64encode
from random import Random
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlencode

import pytest

from outdial.provider import Call, World
from outdial.provider.facts import known_names
from outdial.provider.policy import Operation
from outdial.provider.request_facts import RequestFacts
from outdial.reasoning.feasible import constraints_of
from outdial.reasoning.naming import RealValues, variable
from outdial.reasoning.space import Space
from outdial.tables import STATES, StateParameters
from outdial.tables.vocabulary import meets
from provider_states import ProviderStates, StubProvider
from tests.strength.editions import POLICIES, arranged_rows

FORM = "application/x-www-form-urlencoded"
OWN = {"code": "authorizationCode", "refresh_token": "refreshToken", "assertion": "assertion"}
"""What a form's field usually carries."""
NAMES = ("conversations", "conversation:call:add", "user:read", "make_outbound_calls")
WORLDS = 100
"""Random worlds for each operation."""
OPERATIONS = [
    pytest.param(operation, id=f"{provider}/{name}")
    for provider, policy in POLICIES.items()
    for name, operation in policy.operations.items()
]


class Drawn(Random):
    """Choices of one seed; plain, as a request takes hundreds of them."""

    def one_in(self, many: int) -> bool:
        return self.randrange(many) == 0

    def value(self, annotation: Any) -> Any:
        """A value of a parameter, by its type."""
        if get_origin(annotation) is Literal:
            return self.choice(get_args(annotation))
        if annotation is bool:
            return self.random() < 0.5
        if get_origin(annotation) is frozenset:
            return self.sample(NAMES, self.randrange(4))
        if get_origin(annotation) is tuple:
            return self.choices(NAMES, k=self.randrange(3))
        return None

    def parameters(self, model: type[StateParameters]) -> dict[str, Any]:
        """Parameters of a state, in a combination that it takes."""
        while True:
            drawn = {
                name: self._part(model, name) if name in model.parts else self.value(field.annotation)
                for name, field in model.model_fields.items()
            }
            if not any(meets(drawn, each.when) for each in model.definition.impossible):
                return drawn

    def _part(self, model: type[StateParameters], name: str) -> dict[str, Any] | None:
        optional = model.definition.parameters[name].optional
        return None if optional and self.one_in(2) else self.parameters(model.parts[name])

    def request(self, operation: Operation) -> tuple[Call, dict[str, str], World]:
        """A call to an operation in a world where anything may exist, and the steps of its path."""
        world = World()
        provider = ProviderStates(StubProvider(world))
        returned: dict[str, str] = {}
        for name, model in STATES.items():
            if not self.one_in(5):
                returned |= provider.set_up(name, self.parameters(model))
        texts = [*returned.values(), "any text", "+13175550142"]
        usual_scheme = "basic" if any(by == "basic.id" for _, by in operation.subjects.values()) else "token"
        pair = f"{self.choice(texts)}:{self.choice(texts)}"
        schemes = {
            "bearer": f"Bearer {self.choice(texts)}",
            "token": f"Bearer {returned.get('accessToken', 'none')}",
            "basic": f"Basic {returned.get('clientCredentials', '')}",
            "broken": "Basic ?",
            "digest": "Digest x",
            "pair": f"Basic {b64encode(pair.encode()).decode()}",
        }
        headers = {"x-genesys-user-id": self.choice(texts)} if self.one_in(2) else {}
        if not self.one_in(10):
            headers["authorization"] = schemes[self.choice([usual_scheme, self.choice(sorted(schemes))])]
        fields = {fact.partition(".")[2] for fact in asked_facts(operation) if fact.startswith(("body.", "form."))}
        filled: dict[str, Any] = {}
        for field in sorted(fields):
            if not self.one_in(4):
                nest(filled, field.split("."), None if self.one_in(2) else self.choice(texts))
        form = {
            name: returned.get(OWN[name], "any text") if name in OWN else str(value) for name, value in filled.items()
        }
        bodies = {
            "json": json.dumps(filled),
            "form": urlencode(form),
            "list": "[1]",
            "text": "{",
            "none": "",
            "blank": " ",
        }
        own_body = "form" if any(fact.startswith("form.") for fact in asked_facts(operation)) else "json"
        body = self.choice([own_body, own_body, self.choice(sorted(bodies))])
        usual = {"json": "application/json", "form": FORM}.get(body, "text/plain")
        other = self.choice([None, "application/json; charset=utf-8", FORM, "text/plain"])
        if media := self.choice([usual, other]):
            headers["content-type"] = media
        path = {step: self.choice(texts) for step in steps(operation)}
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
def test_every_request_in_a_random_world_meets_every_constraint(operation: Operation) -> None:
    """Otherwise a search could call a mutant equivalent that some request tells apart. What fails has its seed."""
    found = {}
    for seed in range(WORLDS):
        call, path, world = Drawn(f"{operation.name} {seed}").request(operation)
        if wrong := broken(RequestFacts(call, path, operation.subjects, world), operation):
            found[seed] = wrong
    assert found == {}


@pytest.mark.parametrize("provider", POLICIES)
def test_every_committed_row_meets_every_constraint(provider: str) -> None:
    """The rows are requests too."""
    policy = POLICIES[provider]
    found = {
        row.case_id: broken(row.facts, policy.operations[row.decision.operation]) for row in arranged_rows(provider)
    }
    assert {case: each for case, each in found.items() if each} == {}
