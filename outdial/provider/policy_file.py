"""Policies: one YAML file for each edition of a provider, saying which rules stand before each operation, in order.

An edition that `extends` another says only what differs. Every name in a file (rules, facts, records and their fields,
`${…}`) is resolved when it is read.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from outdial.documents import Document, suggest, yaml_files
from outdial.documents.document import Location
from outdial.documents.extending import read_extended
from outdial.documents.template import leaves, names_in, unknown_names
from outdial.provider.facts import PARTS, SUFFIX, known_names, known_values, secret_facts
from outdial.provider.kinds import Condition, KnownFields, Rule, Same
from outdial.provider.policy import Accept, Operation, Policy, WrittenOperation, WrittenPolicy
from outdial.provider.records import Kinds
from outdial.provider.rule import Denial, FactTest

POLICIES = Path(__file__).parent / "policies"
STEP = re.compile(r"\{(\w+)\}")
ALWAYS = {"correlation_id"}
OF_A_REFUSAL = {*ALWAYS, "status", "code", "message", "params"}
"""What a template may ask for in every answer, and in every refusal."""


def policy_files(folder: Path) -> dict[str, Path]:
    """Return the file of each policy of a folder by its provider's name. Raises `DocumentError` where there is none."""
    return {path.stem: path for path in yaml_files(folder, "policy")}


def read_written(path: Path) -> tuple[Document, tuple[str, ...]]:
    """Return the file of a policy merged over those that it extends, and their names. Raises `DocumentError`."""
    return read_extended(path, POLICIES)


def read_policy(path: Path, kinds: Kinds) -> Policy:
    """Return one policy with every name in it known. Raises `DocumentError`."""
    document, bases = read_written(path)
    written = document.parse(WrittenPolicy)
    document.check_name("provider")
    _known(document, ("shape", "headers"), written.shape.headers, ALWAYS)
    _known(document, ("shape", "refusal"), written.shape.refusal, {*OF_A_REFUSAL, *_of_every_refusal(written)})
    _check_denial(document, ("unknown_path",), written.unknown_path)
    _known(document, ("unknown_path", "params"), written.unknown_path.params, ())
    for name, rule in written.rules.items():
        if rule.id:
            raise document.error(("rules", name, "id"), f"the rule is called {name!r}; leave out its id")
        used = any(name in operation.rules for operation in written.operations.values())
        if not used and document.place(("rules", name)).startswith(f"{path}:"):
            raise document.error(("rules", name), f"no operation uses rule {name!r}")
    shared = {name: rule.model_copy(update={"id": name}) for name, rule in written.rules.items()}
    operations: dict[str, Operation] = {}
    for name, operation in written.operations.items():
        place: Location = ("operations", name)
        for earlier in operations.values():
            if earlier.request == operation.request and earlier.when is None:
                raise document.error(place, f"never reached: {earlier.name!r} takes every {earlier.request}")
        operations[name] = _Resolving(document, place, operation, kinds).resolved(name, shared)
    return Policy.model_construct(**{**dict(written), "bases": bases, "operations": operations})


class _Resolving:
    """One operation whose names are looked up, each at its place in the file."""

    def __init__(self, document: Document, place: Location, operation: WrittenOperation, kinds: Kinds) -> None:
        self._document = document
        self._place = place
        self._operation = operation
        self._kinds = kinds
        self._steps = STEP.findall(operation.request)
        self._subjects: dict[str, tuple[str, str]] = {}

    def resolved(self, name: str, shared: Mapping[str, Rule]) -> Operation:
        """Return the operation, about known records and with all its rules. Raises `DocumentError`."""
        operation = self._operation
        for subject, (kind, by) in operation.subjects.items():
            at = (*self._place, "finds", subject)
            if subject in {*PARTS, "request", "token"}:
                raise self._document.error(at, f"{subject!r} is a part of the request; find it under another name")
            self._look_up("record", kind, self._kinds, at)
            self._check_fact(by, at)  # a subject is found by a part of the request, or through an earlier one
            self._subjects[subject] = (kind, by)
        if operation.when:
            self._check_test(operation.when, (*self._place, "when"))
        rules = [self._rule(at, rule, shared) for at, rule in enumerate(operation.rules)]
        if len({rule.id for rule in rules}) < len(rules):
            raise self._document.error((*self._place, "rules"), "a rule stands twice")
        self._check_accept((*self._place, "accept"), operation.accept)
        own = {"name": name, "rules": tuple(rules), "secrets": self._secrets(rules), "kinds": self._kinds}
        return Operation.model_construct(**{**dict(operation), **own})

    def _secrets(self, rules: list[Rule]) -> frozenset[str]:
        """Return the secret facts of the records, and the facts that are compared with one."""
        found = secret_facts(self._subjects, self._kinds)
        compared = [{rule.fact, rule.as_} for rule in rules if isinstance(rule, Same)]
        pairs = [pair for pair in compared if pair & found]
        return found.union(*pairs, *({name.removesuffix(SUFFIX) for name in pair} for pair in pairs))

    def _rule(self, at: int, rule: str | Rule, shared: Mapping[str, Rule]) -> Rule:
        place: Location = (*self._place, "rules", at)
        if isinstance(rule, str):
            self._look_up("rule", rule, shared, place)
            place = ("rules", rule)
            rule = shared[rule]
        elif not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", rule.id) or rule.id in shared:
            raise self._document.error(
                place, f"a rule written in place has an id of its own (a-z, 0-9, -), not {rule.id!r}"
            )
        for fact in rule.candidates():
            self._check_fact(fact, place)
        if rule.when:
            self._check_test(rule.when, (*place, "when"))
        if isinstance(rule, Condition):
            self._check_test(rule, place)
        if isinstance(rule, KnownFields) and len(set(rule.fields)) < len(rule.fields):
            raise self._document.error((*place, "fields"), "a field stands twice")
        _check_denial(self._document, (*place, "deny"), rule.deny)
        self._check_template((*place, "deny", "params"), rule.deny.params, set())
        if rule.recovers:
            self._check_fields((*place, "recovers", "fields"), "token", rule.recovers.fields, set())
            self._check_seconds((*place, "recovers", "after"), rule.recovers.after, rule.deny.params)
        return rule

    def _check_seconds(self, place: Location, name: str, told: Any) -> None:
        """Check that the client is told the seconds under a name."""
        told = told if isinstance(told, dict) else {}
        self._look_up("field with seconds", name, told, place)
        if not re.fullmatch(r"\d+(\.\d+)?", str(told[name])):
            raise self._document.error(place, f"{name} is {told[name]!r}: not a number of seconds")

    def _check_test(self, test: FactTest, place: Location) -> None:
        self._check_fact(test.fact, place)
        values = known_values(test.fact, self._subjects, self._kinds)
        for value in test.any_of or test.none_of or ():
            self._check_value(test.fact, value, values, place)

    def _check_value(self, name: str, value: Any, values: Collection[Any] | None, place: Location) -> None:
        if values is not None and value not in values:
            problem = f"{name} is never {value!r}{suggest(str(value), [str(each) for each in values])}"
            raise self._document.error(self._spot(place, value), problem)

    def _check_fact(self, fact: str, place: Location) -> None:
        if not self._is_fact(fact):
            parts = [f"{part}.…" for part in PARTS if part not in {"path", "basic"}]
            own = [f"path.{step}" for step in self._steps]
            valid = [*known_names(self._subjects, self._kinds), *own, "basic.id", "basic.secret", *parts]
            self._look_up("fact", fact, valid, place, fact.partition(".")[0])

    def _is_fact(self, name: str) -> bool:
        try:
            known_values(name, self._subjects, self._kinds)
        except KeyError:
            return False
        part, _, rest = name.partition(".")
        if part in {"path", "basic"}:
            return rest in (self._steps if part == "path" else ("id", "secret"))
        return part != "header" or rest == rest.lower()

    def _check_accept(self, place: Location, accept: Accept) -> None:
        """Check that effects name known records, and templates known names."""
        for name, taken in accept.takes.items():
            self._check_queue((*place, "takes", name), *taken.partition(".")[::2])
        names = {*accept.takes}
        for name, creates in accept.creates.items():
            at = (*place, "creates", name)
            self._look_up("record", creates.kind, self._kinds, (*at, "kind"))
            self._check_fields((*at, "fields"), creates.kind, creates.fields, names)
            if creates.lapses:
                self._check_fields((*at, "lapses", "fields"), creates.kind, creates.lapses.fields, set())
                self._check_seconds((*at, "lapses", "after"), creates.lapses.after, accept.body)
            names.add(f"{name}.id")
        for subject, fields in accept.changes.items():
            at = (*place, "changes", subject)
            self._look_up("subject", subject, self._subjects, at)
            self._check_fields(at, self._subjects[subject][0], fields, names)
        for subject, appended in accept.appends.items():
            for queue, items in appended.items():
                at = (*place, "appends", subject, queue)
                self._check_queue(at, subject, queue)
                for position, each in enumerate(items):
                    self._check_template((*at, position), [each.item, each.after], names)
                    if each.when:
                        self._check_test(each.when, (*at, position, "when"))
        if accept.wait:
            self._check_fact(accept.wait.seconds, (*place, "wait", "seconds"))
        self._check_template((*place, "headers"), accept.headers, names)
        self._check_template((*place, "body"), accept.body, names)

    def _check_queue(self, place: Location, subject: str, queue: str) -> None:
        self._look_up("subject", subject, self._subjects, place)
        attributes = self._kinds[self._subjects[subject][0]].attributes
        self._look_up("queue", queue, [name for name, each in attributes.items() if each.default == ()], place)

    def _check_fields(self, place: Location, kind: str, fields: Mapping[str, Any], names: set[str]) -> None:
        attributes = self._kinds[kind].attributes
        for field, value in fields.items():
            self._look_up(f"field of {kind}", field, attributes, (*place, field))
            if not names_in(value):
                self._check_value(field, value, attributes[field].values, (*place, field))
        self._check_template(place, fields, names)

    def _check_template(self, place: Location, template: Any, names: set[str]) -> None:
        facts = {name for name in names_in(template) if self._is_fact(name)}
        known = {*names, *ALWAYS, "base_url", "grants", *facts, *known_names(self._subjects, self._kinds)}
        _known(self._document, place, template, known)

    def _look_up(self, sort: str, name: str, valid: Collection[str], place: Location, *others: str) -> None:
        if name not in valid:
            spot = self._spot(place, name, *others)
            raise self._document.error(spot, f"no {sort} {name!r}{suggest(name, list(valid))}")

    def _spot(self, place: Location, *names: Any) -> Location:
        """Return the place below `place` where one of the names stands, else `place`."""
        for name in names:
            for at, value in leaves(self._document.data):
                if at[: len(place)] == place and value == name:
                    return at
        return place


def _of_every_refusal(policy: WrittenPolicy) -> set[str]:
    """Return the parameters that every denial has, of which an answer's template may make its own fields."""
    rules = [*policy.rules.values(), *(rule for each in policy.operations.values() for rule in each.rules)]
    denials = [policy.unknown_path, *(rule.deny for rule in rules if not isinstance(rule, str))]
    return set.intersection(*(set(denial.params) for denial in denials))


def _check_denial(document: Document, place: Location, denial: Denial) -> None:
    own = set(denial.params)
    _known(document, (*place, "message"), denial.message, {*ALWAYS, *own})
    _known(document, (*place, "headers"), denial.headers, {*OF_A_REFUSAL, *own})


def _known(document: Document, place: Location, template: Any, known: Collection[str]) -> None:
    for at, problem in unknown_names(template, known, place):
        raise document.error(at, problem)
