"""Faulty versions of one rule: its parameters changed one at a time, by their types, whatever its kind.

A new kind of rule needs nothing here: sets of names lose, gain and swap elements, any-of becomes all-of, a
truth value is inverted, a number halved and doubled, a holder becomes another, a guard is dropped or changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provider_stub.facts import Facts, known_names, known_values
from provider_stub.kinds import Alternatives, Condition, Pattern, Same
from provider_stub.records import Kinds
from provider_stub.rule import FactTest, RuleBase
from yaml_documents import Strict

BESIDES = {"kind", *RuleBase.model_fields}
"""Fields of a rule that are no parameters of its kind."""
Variant = tuple[str, str, Any]
"""An operator, what it changed, and the changed rule or test."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may stand in a rule's parameters: the names that an edition uses, and the subjects of an operation."""

    names: Mapping[str, tuple[str, ...]]
    subjects: Mapping[str, tuple[str, str]]
    kinds: Kinds

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


class AnyName(RuleBase):
    """Alternatives of which every name will do, as long as there is one."""

    rule: Any

    def holds(self, facts: Facts) -> bool:
        class Whatever(type(self.rule)):  # type: ignore[misc]  # a kind that is known at run time only
            def suffice(self, held: frozenset[str]) -> bool:
                return bool(held)

        return bool(Whatever.model_construct(**dict(self.rule)).holds(facts))

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = self.rule.candidates()
        return found


def negated(rule: RuleBase) -> RuleBase:
    """The rule, refusing what it let pass and letting pass what it refused."""
    return Negated(id=rule.id, when=rule.when, deny=rule.deny, basis=rule.basis, source=rule.source, rule=rule)


def variants(rule: RuleBase, vocabulary: Vocabulary) -> Iterator[Variant]:
    """Every faulty version of a rule whose denial and place stay as they are."""
    yield from _changed(rule, vocabulary)
    if rule.when is not None:
        yield "guard", "dropped", rule.model_copy(update={"when": None})
        for operator, detail, guard in _changed(rule.when, vocabulary):
            yield "guard", f"{operator}-{detail}", rule.model_copy(update={"when": guard})
    shared = {"id": rule.id, "when": rule.when, "deny": rule.deny, "basis": rule.basis, "source": rule.source}
    if isinstance(rule, Alternatives):
        yield "any-name", "will-do", AnyName(**shared, rule=rule)
    if isinstance(rule, Same):
        for fact in (rule.fact, rule.as_):
            yield "compare", f"{fact}-present-only", Condition(kind="condition", fact=fact, present=True, **shared)
    if isinstance(rule, Pattern):
        yield "pattern", "any-text", rule.model_copy(update={"matches": "(?s:.*)"})


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
    """Another holder of the same attribute: the agent's permissions for the token's, no division for the agent's."""
    if not isinstance(part, RuleBase) or isinstance(part, FactTest):
        return
    known = set(known_names(vocabulary.subjects, vocabulary.kinds))
    subjects = ["token", *vocabulary.subjects]
    read = set(part.candidates())
    for name, field in type(part).model_fields.items():
        if name in BESIDES or field.annotation not in (str, str | None):
            continue
        value = fields[name]
        attributes = {fact.partition(".")[2] for fact in read if value and fact.startswith(f"{value}.")}
        if value is None:
            attributes = {name.partition("_")[0]}
        elif value in subjects and field.default is None:
            yield "subject", f"{name}-dropped", part.model_copy(update={name: None})
        for subject in subjects if attributes and (value is None or value in subjects) else ():
            if subject != value and all(f"{subject}.{attribute}" in known for attribute in attributes):
                yield "subject", f"{name}-{subject}", part.model_copy(update={name: subject})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
