"""Base of all kinds of rules: the test of one fact, which guards rules, and the denial of a refused request."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from outdial.documents import Strict
from outdial.documents.evidence import Basis, Source
from outdial.documents.template import Values, fill
from outdial.provider.facts import Facts

Value = str | bool | int | None


class Denial(Strict):
    """One denial. `${name}` in the message and headers is a parameter; a list is shown as `[a, b]`.

    In a parameter it is a fact of the request. A code that is a number stays one in the answer.
    """

    status: Annotated[int, Field(ge=400, le=599)]
    code: str | int
    message: str
    params: dict[str, str | tuple[str, ...]] = {}
    headers: dict[str, str] = {}

    def texts(self, facts: Values | None = None) -> dict[str, str]:
        """Return the parameters as they are shown; a `${fact}` in them stays as it is where there are no facts."""
        return {
            name: show(fill(list(value) if isinstance(value, tuple) else value, facts) if facts is not None else value)
            for name, value in self.params.items()
        }


def show(value: Any) -> str:
    """Return a parameter in a message; what the request has nothing of is left out of a list."""
    return (
        f"[{', '.join(str(each) for each in value if each is not None)}]"
        if isinstance(value, list | tuple)
        else str(value)
    )


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
