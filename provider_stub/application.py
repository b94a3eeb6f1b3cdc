"""Answers calls: finds the edition by its prefix and the operation by its path, asks the engine, renders."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

from provider_stub.denial import Denial
from provider_stub.engine import Decision, decide
from provider_stub.exchange import Answer, Call
from provider_stub.facts import RequestFacts
from provider_stub.kinds import Rule
from provider_stub.openapi import describe
from provider_stub.policy import Operation, Policy
from provider_stub.world import RECORDS, World
from yaml_documents.template import fill

STEP = re.compile(r"\\\{(\w+)\\\}")
JSON = {"Content-Type": "application/json"}
ReadingFacts = Callable[[Call, Mapping[str, str], Mapping[str, tuple[str, str]], World], RequestFacts]
"""How the facts of a request are read: of a call, the steps of its path, and the subjects to find in a world."""


@dataclass(frozen=True)
class Route:
    """One operation, and the pattern of its path."""

    name: str
    operation: Operation

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches the path below the edition's prefix; each `{name}` step is a group."""
        return re.compile(STEP.sub(r"(?P<\1>[^/]+)", re.escape(self.operation.path)))

    @cached_property
    def checks(self) -> tuple[Rule, ...]:
        """The operation's rules in order, collected once and not for each request."""
        return self.operation.checks

    @cached_property
    def subjects(self) -> dict[str, tuple[str, str]]:
        """The operation's subjects, likewise."""
        return self.operation.subjects


class Application:
    """Every edition under the prefix of its provider's name, in one world."""

    def __init__(self, policies: Mapping[str, Policy], world: World, facts: ReadingFacts = RequestFacts) -> None:
        self.policies = policies
        self.world = world
        self._facts = facts
        self._routes = {
            provider: [Route(name, operation) for name, operation in policy.operations.items()]
            for provider, policy in policies.items()
        }

    def answer(self, call: Call) -> Answer:
        """The answer to any request; an unknown path is refused like every other request of its edition."""
        provider, _, rest = call.path.lstrip("/").partition("/")
        policy = self.policies.get(provider)
        if policy is None:
            return self._no_such_provider(provider)
        if (call.method, rest) == ("GET", "openapi.json"):
            return Answer(200, JSON, json.dumps(describe(policy)).encode())
        for route in self._routes[provider]:
            found = route.pattern.fullmatch(f"/{rest}")
            if found and call.method == route.operation.method:
                facts = self._facts(call, found.groupdict(), route.subjects, self.world)
                if route.operation.when is None or route.operation.when.passes(facts):
                    return self._operate(policy, route, facts)
        return refuse(policy, policy.unknown_path)

    def _operate(self, policy: Policy, route: Route, facts: RequestFacts) -> Answer:
        decision = decide(route.name, route.checks, facts)
        if decision.denial:
            return refuse(policy, decision.denial, decision)
        accept = route.operation.accept
        values = _Values(facts)
        for name, creates in accept.creates.items():
            values.own[f"{name}.id"] = identifier = token_urlsafe(32) if creates.kind == "token" else str(uuid4())
            record = RECORDS[creates.kind](**{key: fill(value, values) for key, value in creates.fields.items()})
            self.world.add(creates.kind, identifier, record)
        for subject, fields in accept.changes.items():
            self.world.change(route.subjects[subject][0], facts[f"{subject}.id"], fields)
        headers = {**policy.shape.headers, **accept.headers}
        return _answer(accept.status, headers, accept.body, values, decision)

    def _no_such_provider(self, name: str) -> Answer:
        body = {"message": f"no provider {name!r} here", "providers": sorted(self.policies)}
        return Answer(404, JSON, json.dumps(body).encode())


def refuse(policy: Policy, denial: Denial, decision: Decision | None = None, correlation_id: str = "") -> Answer:
    """The answer of an edition that gives a denial; without a correlation id, under a new one."""
    texts = denial.texts()
    values = _Values(texts, correlation_id)
    message = fill(denial.message, values)
    values.own |= {"status": denial.status, "code": denial.code, "message": message, "params": texts}
    headers = {**policy.shape.headers, **denial.headers}
    return _answer(denial.status, headers, policy.shape.refusal, values, decision)


class _Values:
    """What `${name}` means in a template: the answer's own values first, then facts or parameters."""

    def __init__(self, others: RequestFacts | Mapping[str, Any], correlation_id: str = "") -> None:
        self.own: dict[str, Any] = {"correlation_id": correlation_id or str(uuid4())}
        self._others = others

    def __getitem__(self, name: str) -> Any:
        return self.own[name] if name in self.own else self._others[name]


def _answer(status: int, headers: Mapping[str, str], body: Any, values: Any, decision: Decision | None) -> Answer:
    shown = {name: str(fill(value, values)) for name, value in headers.items()}
    content = fill(body, values)
    text = content if isinstance(content, str) else json.dumps(content)
    return Answer(status, shown, text.encode(), decision)
