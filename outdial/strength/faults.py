"""Plain faults of a provider: a policy with one thing wrong in one operation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from outdial.provider import Policy
from outdial.provider.facts import Facts, known_values
from outdial.provider.kinds import Alternatives, Condition, KnownFields
from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase

KINDS = {
    "drop": "a check is dropped",
    "any": "any scope or permission will do",
    "swap": "another scope, permission or value is asked for",
    "more": "a value is accepted or refused besides",
    "guard": "a check is asked of every caller",
    "order": "two adjacent checks are swapped",
    "status": "a refusal has another status",
    "code": "a refusal has another code",
    "header": "a refusal lacks a header of its own",
    "field": "the accepted answer lacks a field",
}
OUTSIDE = {
    "order": "which of two refusals answers is no consumer's contract",
    "more": "no row sends the value",
    "field": "the client does not read the field",
    "status": "the client does not tell this status apart",
}
"""Why a fault of a kind may stay unnoticed by the pacts."""
ANOTHER_STATUS, ANOTHER_CODE = {400: 403, 401: 403, 403: 401, 404: 403, 409: 400}, "another.code"


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty policy. `kind` is one of `KINDS`; `rule` is None where an accepted answer is wrong."""

    kind: str
    operation: str
    rule: str | None
    detail: str
    policy: Policy = field(repr=False)

    @property
    def name(self) -> str:
        """The fault in one line."""
        return ":".join(filter(None, (f"{self.policy.provider}/{self.operation}", self.kind, self.rule, self.detail)))


class AnyName(RuleBase):
    """A rule that takes any scope or permission for the ones it asks for."""

    rule: Any

    def holds(self, facts: Facts) -> bool:
        (held, *_) = self.rule.candidates()
        return bool(facts[held])


def faults_of(policy: Policy) -> Iterator[Fault]:
    """Yield every plain fault of an edition, in the order of its policy."""
    names = _names_asked(policy)
    for operation in (each for each in policy.operations.values() if each.contracted):
        for at, rule in enumerate(operation.rules):
            for kind, detail, changed in _of_rule(rule, operation, names):
                rules = (*operation.rules[:at], *([changed] if changed else []), *operation.rules[at + 1 :])
                yield Fault(kind, operation.name, rule.id, detail, _with(policy, operation, rules=rules))
        for at in range(len(operation.rules) - 1):
            first, second = operation.rules[at : at + 2]
            rules = (*operation.rules[:at], second, first, *operation.rules[at + 2 :])
            yield Fault("order", operation.name, second.id, f"before {first.id}", _with(policy, operation, rules=rules))
        accept = operation.accept
        creates = {name: each.model_copy(update={"lapses": None}) for name, each in accept.creates.items()}
        for name in accept.body if isinstance(accept.body, Mapping) else ():
            body = {key: value for key, value in accept.body.items() if key != name}
            lacking = accept.model_copy(update={"body": body, "creates": creates})  # a lapse may read the field
            yield Fault("field", operation.name, None, name, _with(policy, operation, accept=lacking))


def _of_rule(
    rule: Any, operation: Operation, names: Mapping[str, list[str]]
) -> Iterator[tuple[str, str, RuleBase | None]]:
    yield "drop", "", None
    if rule.when is not None:
        yield "guard", "", rule.model_copy(update={"when": None})
    if isinstance(rule, Alternatives):
        shared = {name: getattr(rule, name) for name in RuleBase.model_fields}
        yield "any", "", AnyName.model_construct(**shared, rule=rule)
        mode = "any_of" if rule.any_of is not None else "all_of"
        for other in [each for each in names[getattr(rule, "kind", "")] if each not in rule.names][:1]:
            yield "swap", other, rule.model_copy(update={mode: (other,)})
    if isinstance(rule, Condition):
        yield from _other_values(rule, operation)
    if isinstance(rule, KnownFields):
        yield from (
            ("swap", name, rule.model_copy(update={"fields": _less(rule.fields, name)})) for name in rule.fields
        )
    deny = rule.deny
    status = ANOTHER_STATUS.get(deny.status, 400)
    yield "status", str(status), rule.model_copy(update={"deny": deny.model_copy(update={"status": status})})
    yield "code", "", rule.model_copy(update={"deny": deny.model_copy(update={"code": ANOTHER_CODE})})
    for header in deny.headers:
        left = {name: value for name, value in deny.headers.items() if name != header}
        yield "header", header, rule.model_copy(update={"deny": deny.model_copy(update={"headers": left})})


def _other_values(rule: Condition, operation: Operation) -> Iterator[tuple[str, str, RuleBase]]:
    mode = "any_of" if rule.any_of is not None else "none_of" if rule.none_of is not None else None
    known = known_values(rule.fact, operation.subjects, operation.kinds) if mode else None
    for value in known or ():
        own = getattr(rule, mode or "")
        if value in own and len(own) > 1:
            yield "more", f"without {value}", rule.model_copy(update={mode or "": _less(own, value)})
        elif value not in own and value is not None:
            yield "more", f"with {value}", rule.model_copy(update={mode or "": (*own, value)})


def _less(values: tuple[Any, ...], gone: Any) -> tuple[Any, ...]:
    return tuple(each for each in values if each != gone)


def _with(policy: Policy, operation: Operation, **changes: Any) -> Policy:
    operations = {**policy.operations, operation.name: operation.model_copy(update=changes)}
    return policy.model_copy(update={"operations": operations})


def _names_asked(policy: Policy) -> dict[str, list[str]]:
    """Return all scopes and all permissions that an edition asks for."""
    found: dict[str, list[str]] = {"scope": [], "permission": []}
    for operation in policy.operations.values():
        for rule in operation.rules:
            if isinstance(rule, Alternatives):
                found[str(getattr(rule, "kind", ""))] += rule.names
    return found
