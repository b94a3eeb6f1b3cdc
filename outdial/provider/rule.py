"""Base of all kinds of rules, and the test of one fact, which guards rules."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from outdial.documents import Strict
from outdial.documents.evidence import Basis, Source
from outdial.provider.denial import Denial
from outdial.provider.facts import Facts

Value = str | bool | int | None


class FactTest(Strict):
    """A test of one fact: its value is one of some, none of some, or there at all."""

    fact: str
    any_of: tuple[Value, ...] | None = None
    none_of: tuple[Value, ...] | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _tests_one_thing(self) -> Self:
        if sum(each is not None for each in (self.any_of, self.none_of, self.present)) != 1:
            raise ValueError(f"the test of {self.fact} takes exactly one of any_of, none_of, present")
        return self

    def passes(self, facts: Facts) -> bool:
        """Return whether the fact's value is as asked."""
        value = facts[self.fact]
        if self.any_of is not None:
            return value in self.any_of
        if self.none_of is not None:
            return value not in self.none_of
        return (value is not None) == self.present

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        """Values of the fact that this test can tell apart."""
        return {self.fact: (*(self.any_of or self.none_of or ()), "anything else", None)}


class Lapse(Strict):
    """Change of a record over time: after these seconds, attributes have these values.

    A file may name, in place of the seconds, what tells the client of them: a parameter of the denial, or a field of
    the answer's body. When the file is read, the name becomes the number.
    """

    after: str | Annotated[float, Field(ge=0)]
    fields: dict[str, Any]


class RuleBase(Strict):
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
        """For each fact that the rule reads, values that it can tell apart."""
        raise NotImplementedError
