"""Base of all kinds of rules, and the test of one fact, which guards rules."""

from typing import Any, ClassVar, Self

from pydantic import model_validator

from outdial.documents import Strict
from outdial.documents.evidence import Basis, Source
from outdial.provider.denial import Denial
from outdial.provider.facts import Facts

Value = str | bool | int | None


class OneOf(Strict):
    """A model that takes exactly one of some fields."""

    choices: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _takes_one(self) -> Self:
        if self.choices and sum(getattr(self, name) is not None for name in self.choices) != 1:
            raise ValueError(f"takes exactly one of {', '.join(self.choices)}")
        return self


class FactTest(OneOf):
    """A test of one fact: its value is one of some, none of some, or there at all."""

    choices: ClassVar = ("any_of", "none_of", "present")
    fact: str
    any_of: tuple[Value, ...] | None = None
    none_of: tuple[Value, ...] | None = None
    present: bool | None = None

    def passes(self, facts: Facts) -> bool:
        """Return whether the fact's value is as asked."""
        value = facts[self.fact]
        if self.any_of is not None:
            return value in self.any_of
        if self.none_of is not None:
            return value not in self.none_of
        return (value is not None) == self.present

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        """Return the values of the fact that this test can tell apart."""
        return {self.fact: (*(self.any_of or self.none_of or ()), "anything else", None)}


class Lapse(Strict):
    """Change of a record over time: `after` names the parameter of the denial, or the field of the answer's body, that
    tells the client the seconds; then the `fields` of the record have these values."""

    after: str
    fields: dict[str, Any]


class RuleBase(OneOf):
    """Base of a rule: name, optional guard, denial and evidence.

    `recovers` is what becomes of the token that the rule first refused.
    """

    id: str = ""
    when: FactTest | None = None
    deny: Denial
    recovers: Lapse | None = None
    basis: Basis
    source: Source

    def applies(self, facts: Facts) -> bool:
        """Return whether the rule is asked at all."""
        return self.when is None or self.when.passes(facts)

    def holds(self, facts: Facts) -> bool:
        """Return whether the request passes this rule."""
        raise NotImplementedError

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        """Return the facts that the rule reads, each with the values that the rule can tell apart."""
        raise NotImplementedError
