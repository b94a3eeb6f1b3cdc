"""Faulty versions of one rule: its parameters changed one at a time, by their types, whatever its kind.

A new kind of rule needs nothing here: sets of names lose, gain and swap elements, any-of becomes all-of, a
truth value is inverted, a number halved and doubled, a holder becomes another, a guard is dropped or changed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from outdial.documents import Strict
from outdial.provider.facts import SUFFIX, Facts, known_names, known_values, secret_facts
from outdial.provider.kinds import Alternatives, Condition, Fields, Pattern, Same
from outdial.provider.records import Kinds
from outdial.provider.rule import FactTest, RuleBase
from outdial.reasoning.space import AND_MORE, OTHER_CASE
from outdial.strength.patterns import other_patterns

BESIDES = {"kind", *RuleBase.model_fields}
"""Fields of a rule that are no parameters of its kind."""
Variant = tuple[str, str, Any]
"""An operator, what it changed, and the changed rule or test."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may stand in a rule's parameters: the names that an edition uses, and the subjects of an operation,
    and in which respects the requests that it accepts differ."""

    names: Mapping[str, tuple[str, ...]]
    subjects: Mapping[str, tuple[str, str]]
    kinds: Kinds
    respects: tuple[FactTest, ...] = ()

    def others(self, part: Strict, present: tuple[Any, ...]) -> list[Any]:
        """Names or values that could stand beside these."""
        if isinstance(part, FactTest):
            known = known_values(part.fact, self.subjects, self.kinds) or self.names.get(part.fact, ())
        else:
            known = self.names.get(vocabulary_of(part), ())
        return [value for value in known if value not in present and value is not None]


def vocabulary_of(part: Strict) -> str:
    """Rules of one vocabulary name the same sort of thing: all scopes, all permissions, all fields of one fact."""
    return part.fact if isinstance(part, FactTest) else str(getattr(part, "kind", type(part).__name__))


class Negated(RuleBase):
    """A rule that holds when another does not."""

    rule: Any

    def holds(self, facts: Facts) -> bool:
        return not self.rule.holds(facts)

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = self.rule.candidates()
        return found


class Misreading(RuleBase):
    """A rule that reads facts otherwise than they are; `told` are the values that it can tell apart."""

    rule: Any
    read: Callable[[Facts, str], Any]
    told: dict[str, tuple[Any, ...]]

    def holds(self, facts: Facts) -> bool:
        return bool(self.rule.holds(_Misread(facts, self.read)))

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return self.told


@dataclass(frozen=True, slots=True)
class _Misread:
    facts: Facts
    read: Callable[[Facts, str], Any]

    def __getitem__(self, name: str) -> Any:
        return self.read(self.facts, name)

    def names(self, part: str) -> frozenset[str]:
        return self.facts.names(part)


class Both(FactTest):
    """A test that passes when another one does too."""

    also: FactTest

    def passes(self, facts: Facts) -> bool:
        return super().passes(facts) and self.also.passes(facts)

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        own, others = super().candidates(), self.also.candidates()
        return {fact: (*own.get(fact, ()), *others.get(fact, ())) for fact in own | others}


class OtherPattern(Pattern):
    """A pattern in another's place, and a text of which the two say different things."""

    telling: str

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {self.field: (*super().candidates()[self.field], self.telling)}


class Together(Fields):
    """Two of the fields that exclude each other may be there together."""

    allowed: tuple[str, str]

    def holds(self, facts: Facts) -> bool:
        return super().holds(facts) or {name for name in self.names if facts[name] is not None} == {*self.allowed}


def instead(rule: RuleBase, by: type[RuleBase], /, **more: Any) -> RuleBase:
    """A rule in another's place: of its name, guard and denial."""
    shared = {name: getattr(rule, name) for name in RuleBase.model_fields}
    return by.model_construct(**shared, **more)


def only_ifs(rule: RuleBase, vocabulary: Vocabulary) -> Iterator[Variant]:
    """The rule, asked of some requests only: of callers with a user, calls to one kind of destination."""
    for test in vocabulary.respects:
        yield "only-if", f"{test.fact}-{_wanted(test)}", _asked_if(test, rule)


def _asked_if(test: FactTest, rule: RuleBase) -> RuleBase:
    """The rule, guarded by a test besides."""
    both = Both.model_construct(**dict(test), also=rule.when) if rule.when else test
    return rule.model_copy(update={"when": both})


def variants(rule: RuleBase, vocabulary: Vocabulary) -> Iterator[Variant]:
    """Every faulty version of a rule whose denial and place stay as they are."""
    yield "negate", "", instead(rule, Negated, rule=rule)
    yield from _changed(rule, vocabulary)
    if rule.when is not None:
        yield "guard", "dropped", rule.model_copy(update={"when": None})
        for operator, detail, guard in _changed(rule.when, vocabulary):
            yield "guard", f"{operator}-{detail}", rule.model_copy(update={"when": guard})
    if isinstance(rule, Alternatives):
        yield from _otherwise_counted(rule, vocabulary.others(rule, rule.names))
    if isinstance(rule, Same):
        for fact in (rule.fact, rule.as_):
            yield "compare", f"{fact}-if-present", _asked_if(FactTest(fact=fact, present=True), rule)
            yield "compare", f"{fact}-present-only", instead(rule, Condition, kind="condition", fact=fact, present=True)
        yield from _nearly_same(rule, secret_facts(vocabulary.subjects, vocabulary.kinds))
    if isinstance(rule, Pattern):
        yield "pattern", "any-text", rule.model_copy(update={"matches": "(?s:.*)"})
        own = {"kind": "pattern", "field": rule.field, "example": rule.example}
        for detail, pattern, text in other_patterns(rule.matches, rule.example):
            yield "pattern", detail, instead(rule, OtherPattern, **own, matches=pattern, telling=text)
    if isinstance(rule, Fields) and rule.at_most_one_of:
        for pair in combinations(rule.names, 2):
            both = instead(rule, Together, kind="fields", at_most_one_of=rule.names, allowed=pair)
            yield "together", "-and-".join(pair), both
    yield from _of_another(rule, vocabulary)


def test_variants(test: FactTest, vocabulary: Vocabulary) -> Iterator[Variant]:
    """Every faulty version of a guard."""
    return _changed(test, vocabulary)


def _changed(part: RuleBase | FactTest, vocabulary: Vocabulary) -> Iterator[Variant]:
    fields = {name: getattr(part, name) for name in type(part).model_fields if name not in BESIDES}
    for name, value in fields.items():
        if isinstance(value, tuple):
            others = vocabulary.others(part, value)
            for operator, detail, changed in _names(value, others, swapped=not isinstance(part, FactTest)):
                yield operator, detail, part.model_copy(update={name: changed})
            yield from _other_mode(part, fields, name, value)
        elif isinstance(value, bool):
            yield "invert", name, part.model_copy(update={name: not value})
        elif isinstance(value, int):
            yield "number", f"{name}-halved", part.model_copy(update={name: value // 2})
            yield "number", f"{name}-doubled", part.model_copy(update={name: value * 2})
    yield from _other_subjects(part, fields, vocabulary)


def _names(names: tuple[Any, ...], others: list[Any], swapped: bool) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    # The last name is not taken away: no name at all is the rule dropped, or the refusal of every request.
    for at, name in enumerate(names if len(names) > 1 else ()):
        yield "without", _text(name), names[:at] + names[at + 1 :]
    for other in others:
        yield "with", _text(other), (*names, other)
        for at, name in enumerate(names) if swapped else ():
            yield "swap", f"{_text(name)}-for-{_text(other)}", (*names[:at], other, *names[at + 1 :])


def _other_mode(part: Any, fields: Mapping[str, Any], name: str, value: tuple[Any, ...]) -> Iterator[Variant]:
    """The same names under each other parameter of the same type: any-of, all-of, none-of, at-most-one-of."""
    annotations = {key: field.annotation for key, field in type(part).model_fields.items()}
    for other in fields:
        if other != name and fields[other] is None and annotations[other] == annotations[name]:
            yield "mode", f"{name}-to-{other}", part.model_copy(update={name: None, other: value})


def _other_subjects(part: Any, fields: Mapping[str, Any], vocabulary: Vocabulary) -> Iterator[Variant]:
    """A holder that is left out, or asked besides: the permission in any division, in the agent's division."""
    known = set(known_names(vocabulary.subjects, vocabulary.kinds))
    subjects = ["token", *vocabulary.subjects]
    for name, field in type(part).model_fields.items() if isinstance(part, RuleBase) else ():
        if name in BESIDES or field.annotation != str | None:
            continue
        if fields[name] in subjects:
            yield "subject", f"{name}-dropped", part.model_copy(update={name: None})
        for subject in subjects if fields[name] is None else ():
            if f"{subject}.{name.partition('_')[0]}" in known:
                yield "subject", f"{name}-{subject}", part.model_copy(update={name: subject})


def _of_another(rule: RuleBase, vocabulary: Vocabulary) -> Iterator[Variant]:
    """The same asked of another subject that can have what is read: the agent's permissions for the token's."""
    known = set(known_names(vocabulary.subjects, vocabulary.kinds))
    told = rule.candidates()
    for subject in ("token", *vocabulary.subjects):
        own = {fact.partition(".")[2] for fact in told if fact.startswith(f"{subject}.")}
        for other in ("token", *vocabulary.subjects) if own else ():
            if other != subject and own > {"exists", "id"} & own and all(f"{other}.{each}" in known for each in own):
                read = _Renamed(subject, other)
                yield (
                    "subject",
                    f"{other}-for-{subject}",
                    instead(
                        rule, Misreading, rule=rule, read=read, told={read.name(fact): told[fact] for fact in told}
                    ),
                )


@dataclass(frozen=True, slots=True)
class _Renamed:
    subject: str
    other: str

    def name(self, fact: str) -> str:
        first, _, rest = fact.partition(".")
        return f"{self.other}.{rest}" if first == self.subject else fact

    def __call__(self, facts: Facts, fact: str) -> Any:
        return facts[self.name(fact)]


LOOSELY: dict[str, Callable[[str, str], bool]] = {
    "by-prefix": lambda wanted, held: held.startswith(wanted),
    "by-first-word": lambda wanted, held: held.split(":")[0] == wanted.split(":")[0],
    "without-case": lambda wanted, held: held.casefold() == wanted.casefold(),
}
"""Ways in which a text is taken for the one that is wanted."""
NEARLY = {"by-prefix": AND_MORE, "without-case": OTHER_CASE}
"""What only the loose way takes for the same text."""


def _otherwise_counted(rule: Alternatives, others: list[str]) -> Iterator[Variant]:
    """Names that count though they are others, or spoil the set though it has enough."""
    (mode,) = (name for name in ("any_of", "all_of") if getattr(rule, name) is not None)

    def variant(names: list[str], counts: Callable[[str, str], bool] | None) -> RuleBase:
        told = rule.model_copy(update={mode: (*rule.names, *names)}).candidates()

        def read(facts: Facts, fact: str) -> Any:
            held = facts[fact]
            if not isinstance(held, frozenset):
                return held
            pairs = [each if isinstance(each, tuple) else (each,) for each in held]
            if counts is None:
                return held if all(name in rule.names for name, *_ in pairs) else frozenset()
            more = [(wanted, *rest) for name, *rest in pairs for wanted in rule.names if counts(wanted, name)]
            return held | {each if len(each) > 1 else each[0] for each in more}

        return instead(rule, Misreading, rule=rule, read=read, told=told)

    yield "any-name", "will-do", variant([], lambda *_: True)
    yield "exactly", "more-refuses", variant(others[:1], None)
    for way, counts in LOOSELY.items():
        near = [other for other in others if any(counts(wanted, other) for wanted in rule.names)]
        if near:
            yield "loosely", way, variant(near, counts)


def _nearly_same(rule: Same, secrets: frozenset[str]) -> Iterator[Variant]:
    """A text of the request that is taken for the one on record. A secret's case is nobody's to change."""
    if rule.fact.partition(".")[0] not in {"basic", "body", "form", "header"} or rule.fact.endswith(SUFFIX):
        return
    for way, marker in NEARLY.items():
        if way == "without-case" and secrets & {rule.fact, rule.as_}:
            continue

        def read(facts: Facts, fact: str, alike: Callable[[str, str], bool] = LOOSELY[way]) -> Any:
            value, other = facts[fact], facts[rule.as_]
            near = fact == rule.fact and isinstance(value, str) and isinstance(other, str) and alike(other, value)
            return other if near else value

        told = {**rule.candidates(), rule.fact: (*rule.candidates()[rule.fact], marker)}
        yield "loosely", way, instead(rule, Misreading, rule=rule, read=read, told=told)


def _wanted(test: FactTest) -> str:
    if test.present is not None:
        return "present" if test.present else "absent"
    return _text(test.any_of[0]) if test.any_of else f"not-{_text((test.none_of or ())[0])}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
