"""Faulty providers: every policy with one fault in one operation, or in the shape of all its answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from outdial.provider.denial import Denial
from outdial.provider.kinds import Alternatives, Condition, KnownFields
from outdial.provider.mount import login_of
from outdial.provider.policy import Accept, Appends, Operation, Policy
from outdial.provider.rule import FactTest, RuleBase
from outdial.strength.callers import issued_grants, respects
from outdial.strength.duplicates import distinct
from outdial.strength.variants import Vocabulary, only_ifs, test_variants, variants, vocabulary_of

OPERATORS = {
    "drop": "a rule is dropped",
    "only-if": "a rule is asked for one sort of callers or requests only, or for all but one",
    "negate": "a rule is negated",
    "without": "a name or value is missing in a rule",
    "with": "a rule has one name or value more",
    "swap": "a rule has another name or value",
    "any-name": "every scope or permission will do",
    "exactly": "a scope or permission more than asked refuses",
    "loosely": "names or texts are compared by their beginning, or without case",
    "mode": "any-of becomes all-of, none-of or the like",
    "invert": "a fact is asked for the other way round",
    "compare": "a value is asked for and not compared, or compared only if it is there",
    "pattern": "a pattern matches any text, a part of the text, without an alternative, one more or less",
    "together": "two fields that exclude each other are taken together",
    "number": "a limit is half or double",
    "subject": "another record is read, a division check is dropped or added",
    "guard": "a guard is dropped or changed",
    "order": "two adjacent rules are swapped, or a rule is asked first",
    "status": "a wrong status",
    "code": "a wrong code",
    "params": "wrong or missing message parameters",
    "header": "a header is missing or wrong",
    "value": "a value of the body is missing, empty, null or of another type",
    "effect": "a record is made or changed otherwise, an item of a queue is not put there or taken",
    "accept-all": "success for every request",
    "refuse-all": "refusal for every request",
}
"""What each operator does to a policy."""
WRONG = "wrong"
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A policy with one fault. `operation` is None when every answer of the edition has it.

    `value` is the place in the body where a wrong value stands.
    """

    name: str
    operator: str
    operation: str | None
    rule: str | None
    policy: Policy = field(repr=False)
    value: Steps | None = None

    @property
    def fault(self) -> str:
        """The name without its edition."""
        return self.name.partition("/")[2]


def contracted(policy: Policy) -> Policy:
    """Return an edition without the reads (`read-…`) that the stub serves for `explain --ask`: no contract has them."""
    kept = {name: each for name, each in policy.operations.items() if not name.startswith("read-")}
    return policy.model_copy(update={"operations": kept})


def mutants_of(policy: Policy, beside: Mapping[str, Policy] = {}) -> Iterator[Mutant]:
    """Every mutant of an edition, in the order of its policy. Its callers get their tokens `beside` it, if anywhere."""
    policy = contracted(policy)
    names = edition_names(policy)
    grants = issued_grants(policy, beside.get(login_of(policy.provider, beside) or ""))
    for name, operation in policy.operations.items():
        vocabulary = Vocabulary(names, operation.subjects, operation.kinds, tuple(respects(policy, operation, grants)))
        for operator, rule, detail, changed in _operation_faults(operation, policy, vocabulary):
            target = ":".join(part for part in (operator, rule, detail) if part)
            yield Mutant(f"{policy.provider}/{name}/{target}", operator, name, rule, with_operation(policy, changed))
        for place, detail, body in wrong_values(operation.accept.body):
            mutated = with_operation(policy, _accepting(operation, body=body))
            yield Mutant(f"{policy.provider}/{name}/value:{detail}", "value", name, None, mutated, place)

    def shaped(**changes: Any) -> Policy:
        return policy.model_copy(update={"shape": policy.shape.model_copy(update=changes)})

    for detail, headers in _headers(policy.shape.headers):
        mutated = shaped(headers=headers)
        yield Mutant(f"{policy.provider}/every-answer/header:{detail}", "header", None, None, mutated)
    for place, detail, body in wrong_values(policy.shape.refusal):
        mutated = shaped(refusal=body)
        yield Mutant(f"{policy.provider}/every-refusal/value:{detail}", "value", None, None, mutated, place)


def with_operation(policy: Policy, operation: Operation) -> Policy:
    """The policy with an operation in place of the one of its name."""
    return policy.model_copy(update={"operations": {**policy.operations, operation.name: operation}})


def wrong_values(body: Any, at: Steps = ()) -> Iterator[tuple[Steps, str, Any]]:
    """The body with each of its values missing, empty, null or of another type."""
    if isinstance(body, dict | list):
        for step, value in body.items() if isinstance(body, dict) else enumerate(body):
            if isinstance(body, dict):
                rest = {key: each for key, each in body.items() if key != step}
                yield (*at, step), ".".join(map(str, (*at, step, "missing"))), rest
            for place, detail, changed in wrong_values(value, (*at, step)):
                kept = {**body, step: changed} if isinstance(body, dict) else [*body[:step], changed, *body[step + 1 :]]
                yield place, detail, kept
    elif body is not None:
        other = str(body) if isinstance(body, int) else 7
        for how, changed in {"empty": type(body)(), "null": None, "of-another-type": other}.items():
            if (type(changed), changed) != (type(body), body):
                yield at, ".".join(map(str, (*at, how))), changed


def edition_names(policy: Policy) -> dict[str, tuple[str, ...]]:
    """The names that an edition's rules use, by vocabulary."""
    found: dict[str, dict[str, None]] = {}
    for operation in policy.operations.values():
        tests: list[Any] = [*operation.rules, *(rule.when for rule in operation.rules), operation.when]
        for part in tests:
            if isinstance(part, Alternatives):
                found.setdefault(vocabulary_of(part), {}).update(dict.fromkeys(part.names))
            elif isinstance(part, FactTest):
                values = [each for each in part.any_of or part.none_of or () if isinstance(each, str)]
                found.setdefault(part.fact, {}).update(dict.fromkeys(values))
            elif isinstance(part, KnownFields):
                found.setdefault(vocabulary_of(part), {}).update(dict.fromkeys(part.fields))
    return {name: tuple(values) for name, values in found.items()}


def _operation_faults(
    operation: Operation, policy: Policy, vocabulary: Vocabulary
) -> Iterator[tuple[str, str | None, str, Operation]]:
    rules = operation.rules

    def with_rules(changed: tuple[RuleBase, ...]) -> Operation:
        return operation.model_copy(update={"rules": changed})

    for at, rule in enumerate(rules):
        before, after = rules[:at], rules[at + 1 :]
        found = [("drop", "", None), *variants(rule, vocabulary)]
        for operator, detail, changed in (*distinct(rule, found, operation), *only_ifs(rule, vocabulary)):
            yield operator, rule.id, detail, with_rules((*before, *([changed] if changed else []), *after))
        for operator, detail, denial in _denials(rule, policy, vocabulary):
            yield operator, rule.id, detail, with_rules((*before, rule.model_copy(update={"deny": denial}), *after))
        if after:
            yield "order", rule.id, f"after-{after[0].id}", with_rules((*before, after[0], rule, *after[1:]))
        if before[1:]:
            yield "order", rule.id, "first", with_rules((rule, *before, *after))
    if operation.when:
        yield "guard", None, "dropped", operation.model_copy(update={"when": None})
        for operator, detail, test in test_variants(operation.when, vocabulary):
            yield "guard", None, f"{operator}-{detail}", operation.model_copy(update={"when": test})
    accept = operation.accept
    for detail, changes in _effects(accept):
        yield "effect", None, detail, _accepting(operation, **changes)
    yield "status", None, "accepted-500", _accepting(operation, status=500)
    for detail, headers in _headers(accept.headers):
        yield "header", None, f"accepted-{detail}", _accepting(operation, headers=headers)
    yield "accept-all", None, "", with_rules(())
    never = Condition(
        kind="condition",
        id=rules[0].id,
        fact="request.scheme",
        any_of=(),
        deny=rules[0].deny,
        basis=rules[0].basis,
        source=rules[0].source,
    )
    yield "refuse-all", None, "", with_rules((never, *rules[1:]))


def _effects(accept: Accept) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an accepted request does, otherwise: what is changed of its answer's description."""
    for name, fields in accept.changes.items():
        for attribute in fields:
            less = {**accept.changes, name: {key: value for key, value in fields.items() if key != attribute}}
            yield f"{name}-{attribute}-unchanged", {"changes": less}
    for name, made in accept.creates.items():
        for attribute in made.fields:
            fields = {key: value for key, value in made.fields.items() if key != attribute}
            created = {**accept.creates, name: made.model_copy(update={"fields": fields})}
            yield f"{name}-without-{attribute}", {"creates": created}
        if made.lapses:
            yield f"{name}-lasting", {"creates": {**accept.creates, name: made.model_copy(update={"lapses": None})}}
    for name, queue in accept.takes.items():
        subject, _, attribute = queue.partition(".")
        for how, left in {"left": f"${{{queue}}}", "with-all-others": ()}.items():
            changed = {**accept.changes.get(subject, {}), attribute: left}
            yield f"{name}-{how}", {"changes": {**accept.changes, subject: changed}}
    for subject, queues in accept.appends.items():
        for queue, every in queues.items():
            for at, each in enumerate(every):
                for how, other in _items(each):
                    items = every[:at] + ((other,) if other else ()) + every[at + 1 :]
                    yield f"{queue}-{at + 1}-{how}", {"appends": {**accept.appends, subject: {**queues, queue: items}}}


def _items(appended: Appends) -> Iterator[tuple[str, Appends | None]]:
    """An item of a queue as it is not; None is the item left out."""
    yield "left-out", None
    if appended.when:
        yield "always", appended.model_copy(update={"when": None})
    if appended.after:
        yield "at-once", appended.model_copy(update={"after": 0.0})
    for name in appended.item if isinstance(appended.item, dict) else ():
        item = {key: value for key, value in appended.item.items() if key != name}
        yield f"without-{name}", appended.model_copy(update={"item": item})


def _accepting(operation: Operation, **changes: Any) -> Operation:
    return operation.model_copy(update={"accept": operation.accept.model_copy(update=changes)})


def _denials(rule: RuleBase, policy: Policy, vocabulary: Vocabulary) -> Iterator[tuple[str, str, Denial]]:
    """The rule's denial with a wrong status, code, parameter or header."""
    deny = rule.deny
    status = 401 if deny.status == 403 else 403
    yield "status", str(status), deny.model_copy(update={"status": status})
    codes = {each.deny.code for operation in policy.operations.values() for each in operation.rules} - {deny.code}
    code = min(codes, default=WRONG, key=str)
    yield "code", str(code), deny.model_copy(update={"code": code})
    for name, value in deny.params.items():
        empty = type(value)()
        yield "params", f"{name}-missing", deny.model_copy(update={"params": {**deny.params, name: empty}})
        known = next(
            (names for names in vocabulary.names.values() if isinstance(value, tuple) and set(value) <= set(names)), ()
        )
        for other in [each for each in known if each not in value][:1]:
            yield "params", f"{name}-{other}", deny.model_copy(update={"params": {**deny.params, name: (other,)}})
    for detail, headers in _headers(deny.headers):
        yield "header", detail, deny.model_copy(update={"headers": headers})


def _headers(headers: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    for name in headers:
        yield f"{name}-missing", {key: value for key, value in headers.items() if key != name}
        yield f"{name}-wrong", {**headers, name: WRONG}
