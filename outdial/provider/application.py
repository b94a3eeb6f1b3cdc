"""Answers calls: finds the edition by its prefix and the operation by its path, asks the engine, renders."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from outdial.documents import suggest
from outdial.documents.template import fill, names_in, steps_of
from outdial.provider.authorization import authorize
from outdial.provider.engine import Decision, decide
from outdial.provider.exchange import Answer, Call, in_json
from outdial.provider.faults import Faults
from outdial.provider.openapi import HTML, describe, page
from outdial.provider.policy import Operation, Policy, Wait
from outdial.provider.records import new_key
from outdial.provider.request_facts import RequestFacts
from outdial.provider.rule import Denial
from outdial.provider.world import World


class Application:
    """Every edition under the prefix of its provider's name, in one world."""

    def __init__(self, policies: Mapping[str, Policy], world: World) -> None:
        self.policies = policies
        self.world = world
        self.faults = Faults([each.request for policy in policies.values() for each in policy.operations.values()])
        self._operations: dict[tuple[str, str, int], dict[str, list[Operation]]] = {}
        """The operations of each provider, method and number of steps, by path; none where a path is known to lack."""
        for provider, policy in policies.items():
            for request in policy.absent:
                self._at(provider, request)
            for operation in policy.operations.values():
                self._at(provider, operation.request).append(operation)

    def _at(self, provider: str, request: str) -> list[Operation]:
        method, _, path = request.partition(" ")
        return self._operations.setdefault((provider, method, path.count("/")), {}).setdefault(path, [])

    def serves(self, provider: str, path: str) -> bool:
        """Return whether an edition has an operation of any method at a path."""
        policy = self.policies[provider]
        paths = [each.path for each in policy.operations.values()]
        return path == policy.authorize or any(steps_of(each, path) is not None for each in paths)

    def answer(self, call: Call) -> Answer:
        """Return the answer to any request; a fault on demand comes first."""
        if not self.faults.waiting:
            return self._answered(call)
        _, provider, *steps = call.path.split("/")
        fault, policy = self.faults.take(call.method, "/".join(["", *steps])), self.policies.get(provider)
        if fault is None:
            return self._answered(call)
        if fault.status is None or policy is None:
            return replace(self._answered(call), delay=fault.delay, drop=fault.drop)
        params = dict.fromkeys(names_in(policy.shape.refusal) - {"status", "code", "message", "params"}, "")
        denial = Denial(status=fault.status, code=fault.code, message="a fault on demand", headers=fault.headers)
        refused = refuse(policy, denial.model_copy(update={"params": params}))
        return replace(refused, delay=fault.delay, drop=fault.drop)

    def _answered(self, call: Call) -> Answer:
        """Tell apart what the stub does not have from what the provider does not have."""
        provider, _, rest = call.path.lstrip("/").partition("/")
        policy, path = self.policies.get(provider), f"/{rest}"
        if policy is None:
            return in_json(404, {"message": f"no provider {provider!r} here", "providers": sorted(self.policies)})
        reached, alike = False, self._operations.get((provider, call.method, path.count("/")), {})
        for template, operations in ({path: alike[path]} if path in alike else alike).items():
            if (steps := steps_of(template, path)) is not None:
                reached = True
                for operation in operations:
                    facts = RequestFacts(call, steps, operation.subjects, self.world)
                    if operation.when is None or operation.when.passes(facts):
                        return self._operate(policy, operation, facts, call)
        if (call.method, path) == ("GET", policy.authorize):
            kinds = next(iter(policy.operations.values())).kinds
            return authorize(call, self.world, kinds, lambda denial: refuse(policy, denial))
        if (call.method, path) == ("GET", "/openapi.json"):
            return in_json(200, describe(policy))
        if (call.method, path) == ("GET", "/openapi.html"):
            return Answer(200, HTML, page(describe(policy)).encode())
        return refuse(policy, policy.unknown_path) if reached else _not_in_this_stub(policy, f"{call.method} {path}")

    def _operate(self, policy: Policy, operation: Operation, facts: RequestFacts, call: Call) -> Answer:
        decision = decide(operation, facts)
        if refusing := decision.refused_by:
            if refusing.recovers:
                seconds = float(str(refusing.deny.params[refusing.recovers.after]))
                self.world.lapse("token", call.authorization[1], seconds, refusing.recovers.fields)
            return refuse(policy, refusing.deny, decision)
        values = _Values(facts, base_url=call.base_url or f"{call.origin}/{policy.provider}")
        self._do(operation, facts, values)
        accept = operation.accept
        headers = {**policy.shape.headers, **accept.headers}
        answer = _answer(accept.status, headers, accept.body, values, decision)
        return replace(answer, wait=_seconds(accept.wait, facts)) if accept.wait else answer

    def _do(self, operation: Operation, facts: RequestFacts, values: "_Values") -> None:
        """Apply an accepted request to the world; new and taken records are added to `values`."""
        accept, kinds, world = operation.accept, operation.kinds, self.world
        for name, queue in accept.takes.items():
            subject, _, attribute = queue.partition(".")
            first, *others = facts[queue] or (None,)
            values.own[name] = first
            world.change(operation.subjects[subject][0], facts[f"{subject}.id"], {attribute: tuple(others)})
        for name, creates in accept.creates.items():
            kind = kinds[creates.kind]
            values.own[f"{name}.id"] = key = new_key(kind.key)
            world.add(creates.kind, key, kind.record(fill(creates.fields, values)))
            if creates.lapses:
                world.lapse(creates.kind, key, float(accept.body[creates.lapses.after]), creates.lapses.fields)
        for subject, changed in accept.changes.items():
            world.change(operation.subjects[subject][0], facts[f"{subject}.id"], fill(changed, values))
        for subject, appended in accept.appends.items():
            for queue, items in appended.items():
                for each in [each for each in items if each.when is None or each.when.passes(facts)]:
                    after = fill(each.after, values) or 0.0  # a fact that does not apply is no time
                    kind_of, key = operation.subjects[subject][0], facts[f"{subject}.id"]
                    world.append(kind_of, key, queue, fill(each.item, values), after)


def _seconds(wait: Wait, facts: RequestFacts) -> float:
    """Return the seconds to hold a request; without a whole number it is answered at once."""
    asked = str(facts[wait.seconds] or "")
    return min(int(asked[:9]), wait.at_most) if asked.isascii() and asked.isdecimal() else 0.0


def _not_in_this_stub(policy: Policy, request: str) -> Answer:
    operations = list(dict.fromkeys(operation.request for operation in policy.operations.values()))
    message = (
        f"{request[:200]} is not in this stub, which does not know what {policy.provider} answers there"
        f"{suggest(request, operations)}"
    )
    return replace(in_json(501, {"message": message, "operations": operations}), code="not-in-this-stub")


def refuse(policy: Policy, denial: Denial, decision: Decision | None = None) -> Answer:
    """Return the answer of an edition that gives a denial; under a new correlation id."""
    texts = denial.texts(decision.facts if decision else None)
    values = _Values(texts)
    message = fill(denial.message, values)
    values.own |= {"status": denial.status, "code": denial.code, "message": message, "params": texts}
    headers = {**policy.shape.headers, **denial.headers}
    return _answer(denial.status, headers, policy.shape.refusal, values, decision, str(denial.code))


class _Values:
    """Look up `${name}` for a template: the answer's own values, then facts, then parameters."""

    def __init__(self, others: RequestFacts | Mapping[str, Any], base_url: str = "") -> None:
        self.own: dict[str, Any] = {"correlation_id": str(uuid4()), "base_url": base_url}
        self._others = others

    def __getitem__(self, name: str) -> Any:
        if name == "grants":
            return _grants(self._others["token.permissions"] or ())
        return self.own[name] if name in self.own else self._others[name]


def _grants(permissions: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return permissions by division, as Genesys' AuthzGrant has them: one role of the same name in each division."""
    found: dict[str, list[dict[str, Any]]] = {}
    for permission, division in sorted(permissions):
        domain, _, rest = permission.partition(":")
        entity, _, action = rest.partition(":")
        policy = {"domain": domain, "entityName": entity, "actions": [action]}
        found.setdefault(division, []).append(policy)
    return [
        {
            "division": {"id": division, "name": division, "homeDivision": division == "home"},
            "role": {"id": f"role-in-{division}", "name": f"role in {division}", "policies": policies},
        }
        for division, policies in found.items()
    ]


def _answer(
    status: int, headers: Mapping[str, str], body: Any, values: _Values, decision: Decision | None, code: str = ""
) -> Answer:
    shown = {name: str(fill(value, values)) for name, value in headers.items()}
    content = fill(body, values)
    text = content if isinstance(content, str) else json.dumps(content, default=sorted)
    return Answer(status, shown, text.encode(), decision, code, values.own["correlation_id"])
