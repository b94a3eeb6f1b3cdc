"""Policies: one YAML file for each edition of a provider, saying which rules stand before each operation, in order.

An edition that `extends` another says only what differs. Every name in a file (rules, facts, records and their fields,
`${…}`) is resolved when it is read.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from outdial.documents import Document, DocumentError, Strict, suggest, yaml_files
from outdial.documents.document import Location
from outdial.documents.extending import base_of, extended
from outdial.documents.template import names_in, unknown_names
from outdial.provider.authorization import KINDS
from outdial.provider.denial import Denial
from outdial.provider.facts import PARTS, SUFFIX, known_names, known_values, secret_facts
from outdial.provider.kinds import Condition, KnownFields, Rule, Same
from outdial.provider.policy import Accept, Name, Operation, Policy, Shape
from outdial.provider.records import Attribute, Kinds
from outdial.provider.rule import FactTest, Lapse

POLICIES = Path(__file__).parent / "policies"
STEP = re.compile(r"\{(\w+)\}")
ALWAYS = {"correlation_id"}
OF_A_REFUSAL = {*ALWAYS, "status", "code", "message", "params"}
"""What a template may ask for in every answer, and in every refusal."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """After how long limits recover and records expire, in every edition that tells it; None leaves it as written."""

    retry_after: int | None = None
    expires_in: int | None = None


AS_WRITTEN = Seconds()


class Find(Strict):
    """Subject of an operation: a kind of record, found by the fact that holds its key."""

    kind: str
    by: str


Request = Annotated[str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /\S*$")]


class WrittenOperation(Strict):
    """An operation as its file has it: a rule may be named, a subject's kind may be its name."""

    request: Request
    summary: str
    when: FactTest | None = None
    finds: dict[str, str | Find] = {}
    rules: tuple[str | Rule, ...]
    accept: Accept

    @property
    def subjects(self) -> dict[str, tuple[str, str]]:
        """Each subject's kind of record, and the fact that holds its key."""
        return {
            name: (find.kind, find.by) if isinstance(find, Find) else (name, find) for name, find in self.finds.items()
        }


class WrittenPolicy(Strict):
    """A policy as its file has it."""

    provider: Name
    extends: Name | None = None
    source: str
    shape: Shape
    unknown_path: Denial
    absent: tuple[Request, ...] = ()
    authorize: Annotated[str, StringConstraints(pattern=r"^/\S+$")] | None = None
    rules: dict[Name, Rule] = {}
    operations: Annotated[dict[Name, WrittenOperation], Field(min_length=1)]


def read_policies(folder: Path, kinds: Kinds, seconds: Seconds = AS_WRITTEN) -> dict[str, Policy]:
    """Every policy of a folder by its provider's name, about records of these kinds. Raises `DocumentError`."""
    return {name: read_policy(path, kinds, seconds) for name, path in policy_files(folder).items()}


def policy_files(folder: Path) -> dict[str, Path]:
    """Return the file of each policy of a folder by its provider's name. Raises `DocumentError` where there is none."""
    return {path.stem: path for path in yaml_files(folder, "policy")}


def read_written(path: Path, extending: tuple[str, ...] = ()) -> tuple[Document, tuple[str, ...]]:
    """The file of a policy as those that it extends complete it, beside it or among ours, and their names, the nearest
    first; `extending` are the names of those that extend it. Raises `DocumentError`."""
    document = Document.read(path)
    known = {each.stem: each for folder in (POLICIES, path.parent) for each in folder.glob("*.yaml")}
    chain = (*extending, path.stem)
    name = base_of(document, known, chain)
    if name is None:
        return document, ()
    base, others = read_written(known[name], chain)
    return extended(document, base), (name, *others)


def read_policy(path: Path, kinds: Kinds, seconds: Seconds = AS_WRITTEN) -> Policy:
    """One policy, everything it names known. Raises `DocumentError`."""
    document, bases = read_written(path)
    written = document.parse(WrittenPolicy)
    if written.provider != path.stem:
        raise document.error(("provider",), f"provider {written.provider!r} is not the file's name, {path.stem!r}")
    _known(document, ("shape", "headers"), written.shape.headers, ALWAYS)
    _known(document, ("shape", "refusal"), written.shape.refusal, {*OF_A_REFUSAL, *_of_every_refusal(written)})
    _check_denial(document, ("unknown_path",), written.unknown_path)
    _known(document, ("unknown_path", "params"), written.unknown_path.params, ())
    for name, rule in written.rules.items():
        if rule.id:
            raise document.error(("rules", name, "id"), f"the rule is called {name!r}; leave out its id")
        used = any(name in operation.rules for operation in written.operations.values())
        if not used and document.files.get(("rules", name), path) == path:
            raise document.error(("rules", name), f"no operation uses rule {name!r}")
    for kind in KINDS if written.authorize else ():
        if kind not in kinds:
            raise document.error(("authorize",), f"it is about the record {kind!r}{suggest(kind, list(kinds))}")
    shared = {name: rule.model_copy(update={"id": name}) for name, rule in written.rules.items()}
    operations: dict[str, Operation] = {}
    for name, operation in written.operations.items():
        place: Location = ("operations", name)
        for earlier in operations.values():
            if earlier.request == operation.request and earlier.when is None:
                raise document.error(place, f"never reached: {earlier.name!r} takes every {earlier.request}")
        operations[name] = _Resolving(document, place, operation, kinds, seconds).resolved(name, shared)
    own = ("provider", "source", "shape", "unknown_path", "absent", "authorize")
    head = {name: getattr(written, name) for name in own}
    return Policy.model_construct(**head, extends=bases, operations=operations)


class _Resolving:
    """One operation whose names are looked up, each at its place in the file."""

    def __init__(
        self, document: Document, place: Location, operation: WrittenOperation, kinds: Kinds, seconds: Seconds
    ) -> None:
        self._document = document
        self._place = place
        self._operation = operation
        self._kinds = kinds
        self._seconds = seconds
        self._steps = STEP.findall(operation.request)
        self._subjects: dict[str, tuple[str, str]] = {}

    def resolved(self, name: str, shared: Mapping[str, Rule]) -> Operation:
        """The operation, about known records and with all its rules. Raises `DocumentError`."""
        operation = self._operation
        for subject, (kind, by) in operation.subjects.items():
            at = (*self._place, "finds", subject)
            if subject in {*PARTS, "request", "token"}:
                raise self._document.error(at, f"{subject!r} is a part of the request; find it under another name")
            if kind not in self._kinds:
                raise self._no("record", kind, self._kinds, self._spot(at, kind))
            self._check_fact(by, at)  # a subject is found by a part of the request, or through an earlier one
            self._subjects[subject] = (kind, by)
        if operation.when:
            self._check_test(operation.when, (*self._place, "when"))
        rules = [self._rule(at, rule, shared) for at, rule in enumerate(operation.rules)]
        if len({rule.id for rule in rules}) < len(rules):
            raise self._document.error((*self._place, "rules"), "a rule stands twice")
        self._check_accept((*self._place, "accept"), operation.accept)
        accept = self._expiring((*self._place, "accept"), operation.accept)
        method, _, path = operation.request.partition(" ")
        return Operation.model_construct(
            name=name, method=method, path=path, summary=operation.summary, when=operation.when,
            subjects=self._subjects, rules=tuple(rules), accept=accept, secrets=self._secrets(rules),
            kinds=self._kinds,
        )  # fmt: skip

    def _secrets(self, rules: list[Rule]) -> frozenset[str]:
        """The secret facts of the records, and what is compared with one."""
        found = secret_facts(self._subjects, self._kinds)
        compared = [{rule.fact, rule.as_} for rule in rules if isinstance(rule, Same)]
        pairs = [pair for pair in compared if pair & found]
        return found.union(*pairs, *({name.removesuffix(SUFFIX) for name in pair} for pair in pairs))

    def _rule(self, at: int, rule: str | Rule, shared: Mapping[str, Rule]) -> Rule:
        place: Location = (*self._place, "rules", at)
        if isinstance(rule, str):
            if rule not in shared:
                raise self._no("rule", rule, shared, place)
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
            return self._recovering(place, rule, rule.recovers)
        return rule

    def _recovering(self, place: Location, rule: Rule, lapse: Lapse) -> Rule:
        """The rule that recovers after the seconds that its denial tells."""
        params = dict(rule.deny.params)
        recovers = self._after((*place, "recovers", "after"), lapse, params, self._seconds.retry_after, str)
        deny = rule.deny.model_copy(update={"params": params})
        return rule.model_copy(update={"deny": deny, "recovers": recovers})

    def _expiring(self, place: Location, accept: Accept) -> Accept:
        """Return the effects and answer; records expire after the seconds in the body."""
        body = dict(accept.body) if isinstance(accept.body, dict) else accept.body
        told = body if isinstance(body, dict) else {}
        creates = dict(accept.creates)
        for name, each in accept.creates.items():
            if each.lapses:
                at = (*place, "creates", name, "lapses", "after")
                lapses = self._after(at, each.lapses, told, self._seconds.expires_in, int)
                creates[name] = each.model_copy(update={"lapses": lapses})
        return accept.model_copy(update={"body": body, "creates": creates})

    def _after(
        self, place: Location, lapse: Lapse, told: dict[str, Any], chosen: int | None, form: type[int] | type[str]
    ) -> Lapse:
        """The lapse with its seconds, which `told` has under a name; those that were chosen stand there from now on."""
        name = lapse.after
        if not isinstance(name, str):
            return lapse
        if name not in told:
            raise self._no("field with seconds", name, told, place)
        if chosen is not None:
            told[name] = form(chosen)
        if not re.fullmatch(r"\d+(\.\d+)?", str(told[name])):
            raise self._document.error(place, f"{name} is {told[name]!r}: not a number of seconds")
        return lapse.model_copy(update={"after": float(told[name])})

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
            raise self._no("fact", fact, valid, self._spot(place, fact, fact.partition(".")[0]))

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
        for name, queue in accept.takes.items():
            subject, _, field = queue.partition(".")
            self._check_queue((*place, "takes", name), subject, field)
        made = {f"{name}.id" for name in accept.creates}
        for name, creates in accept.creates.items():
            at = (*place, "creates", name)
            if creates.kind not in self._kinds:
                raise self._no("record", creates.kind, self._kinds, (*at, "kind"))
            earlier = {f"{each}.id" for each in [*accept.creates][: [*accept.creates].index(name)]}
            self._check_fields((*at, "fields"), creates.kind, creates.fields, {*earlier, *accept.takes})
            if creates.lapses:
                self._check_fields((*at, "lapses", "fields"), creates.kind, creates.lapses.fields, set())
        for subject, fields in accept.changes.items():
            at = (*place, "changes", subject)
            self._check_fields(at, self._kind_of(at, subject), fields, {*made, *accept.takes})
        for subject, fields in accept.appends.items():
            for field, items in fields.items():
                at = (*place, "appends", subject, field)
                self._check_queue(at, subject, field)
                for position, each in enumerate(items):
                    self._check_template((*at, position), [each.item, each.after], {*made, *accept.takes})
                    if each.when:
                        self._check_test(each.when, (*at, position, "when"))
        if accept.wait:
            self._check_fact(accept.wait.seconds, (*place, "wait", "seconds"))
        for part in ("headers", "body"):
            self._check_template((*place, part), getattr(accept, part), {*made, *accept.takes})

    def _kind_of(self, place: Location, subject: str) -> str:
        if subject not in self._subjects:
            raise self._no("subject", subject, self._subjects, place)
        return self._subjects[subject][0]

    def _check_queue(self, place: Location, subject: str, field: str) -> None:
        attributes = self._kinds[self._kind_of(place, subject)].attributes
        queues = [name for name, attribute in attributes.items() if attribute.default == ()]
        if field not in queues:
            raise self._no("queue", field, queues, place)

    def _check_fields(self, place: Location, kind: str, fields: Mapping[str, Any], names: set[str]) -> None:
        attributes: Mapping[str, Attribute] = self._kinds[kind].attributes
        for field, value in fields.items():
            if field not in attributes:
                raise self._no(f"field of {kind}", field, attributes, (*place, field))
            if not names_in(value):
                self._check_value(field, value, attributes[field].values, (*place, field))
        self._check_template(place, fields, names)

    def _check_template(self, place: Location, template: Any, names: set[str]) -> None:
        facts = {name for name in names_in(template) if self._is_fact(name)}
        known = {*names, *ALWAYS, "base_url", "grants", *facts, *known_names(self._subjects, self._kinds)}
        _known(self._document, place, template, known)

    def _no(self, sort: str, name: str, valid: Collection[str], place: Location) -> DocumentError:
        return self._document.error(place, f"no {sort} {name!r}{suggest(name, list(valid))}")

    def _spot(self, place: Location, *names: Any) -> Location:
        """Return the place below `place` where one of the names stands, else `place`."""
        for name in names:
            for at, value in _scalars(self._document.data, ()):
                if at[: len(place)] == place and value == name:
                    return at
        return place


def _of_every_refusal(policy: WrittenPolicy) -> set[str]:
    """The parameters that every denial has, of which an answer's template may make its own fields."""
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


def _scalars(data: Any, place: Location) -> Iterator[tuple[Location, Any]]:
    """Every value of a file that is no list or mapping, and its place."""
    if isinstance(data, dict | list):
        for step, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _scalars(value, (*place, step))
    else:
        yield place, data
