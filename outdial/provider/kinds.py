"""The closed set of rule kinds. Each is a predicate over facts, and knows which facts and values matter to it."""

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from outdial.provider.facts import Facts
from outdial.provider.rule import FactTest, RuleBase

NAMES_NOTHING_HAS = "no:such:name"


class Condition(FactTest, RuleBase):
    """A fact has an acceptable value: a token's status, a station, a media type."""

    kind: Literal["condition"]

    def holds(self, facts: Facts) -> bool:
        return self.passes(facts)


class Alternatives(RuleBase):
    """Names of which the caller needs any or all."""

    choices: ClassVar = ("any_of", "all_of")
    any_of: tuple[str, ...] | None = None
    all_of: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.any_of if self.any_of is not None else self.all_of or ()

    def suffice(self, held: frozenset[str]) -> bool:
        wanted = set(self.names)
        return bool(wanted & held) if self.any_of is not None else wanted <= held


class Scope(Alternatives):
    """The token carries scopes; or the OAuth client has them, where `held_by` says so."""

    kind: Literal["scope"]
    held_by: str = "token"

    def holds(self, facts: Facts) -> bool:
        return self.suffice(facts[f"{self.held_by}.scopes"] or frozenset())

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {f"{self.held_by}.scopes": ()}


class AskedScopes(RuleBase):
    """Every scope that a field asks for, separated by spaces, is one that its holder has (RFC 6749, 3.3)."""

    kind: Literal["asked_scopes"]
    field: str
    held_by: str

    def holds(self, facts: Facts) -> bool:
        return set((facts[self.field] or "").split()) <= (facts[f"{self.held_by}.scopes"] or frozenset())

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {self.field: (), f"{self.held_by}.scopes": ()}


class Permission(Alternatives):
    """The token's role, or the agent's, grants permissions; in the division of a subject where one is named."""

    kind: Literal["permission"]
    held_by: str = "token"
    division_of: str | None = None

    def holds(self, facts: Facts) -> bool:
        grants = facts[f"{self.held_by}.permissions"] or frozenset()
        division = facts[f"{self.division_of}.division"] if self.division_of else None
        held = frozenset(name for name, granted in grants if division is None or granted == division)
        return self.suffice(held)

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        division = {f"{self.division_of}.division": ()} if self.division_of else {}
        return {f"{self.held_by}.permissions": (), **division}


class Same(RuleBase):
    """Two facts have the same value, and have one: the token's user is the agent, the secrets are equal."""

    kind: Literal["same"]
    fact: str
    as_: str = Field(alias="as")

    def holds(self, facts: Facts) -> bool:
        return facts[self.fact] is not None and facts[self.fact] == facts[self.as_]

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {self.fact: (), self.as_: ()}


class Fields(RuleBase):
    """Fields of the request are there: all, at least one, or at most one of some."""

    choices: ClassVar = ("all_of", "any_of", "at_most_one_of")
    kind: Literal["fields"]
    all_of: tuple[str, ...] | None = None
    any_of: tuple[str, ...] | None = None
    at_most_one_of: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.all_of or self.any_of or self.at_most_one_of or ()

    def holds(self, facts: Facts) -> bool:
        names = self.names
        present = len(names) - [facts[name] for name in names].count(None)
        if self.all_of is not None:
            return present == len(names)
        return present >= 1 if self.any_of is not None else present <= 1

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return dict.fromkeys(self.names, ("anything", None))


class KnownFields(RuleBase):
    """The body has no field but these."""

    kind: Literal["known_fields"]
    fields: tuple[str, ...]

    def holds(self, facts: Facts) -> bool:
        return facts.names("body") <= set(self.fields)

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {f"body.{name}": ("anything", None) for name in (*self.fields, NAMES_NOTHING_HAS)}


TYPES = {"string": str, "integer": int, "object": dict, "array": list}


class FieldTypes(RuleBase):
    """The body's fields have the JSON types of the definition; an integer has at most 32 bits."""

    kind: Literal["field_types"]
    fields: dict[str, Literal["string", "integer", "object", "array"]]

    def holds(self, facts: Facts) -> bool:
        for name, kind in self.fields.items():
            value = facts[f"body.{name}"]
            if value is not None and type(value) is not TYPES[kind]:
                return False
            if type(value) is int and abs(value) >= 1 << 31:
                return False
        return True

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {f"body.{name}": ("1" if kind == "string" else 1, True, None) for name, kind in self.fields.items()}


class Pattern(RuleBase):
    """A field has the form of a telephone number, an id, …; the whole text must match."""

    kind: Literal["pattern"]
    field: str
    matches: str
    example: str

    @model_validator(mode="after")
    def _example_matches(self) -> Self:
        try:
            if not re.fullmatch(self.matches, self.example):
                raise ValueError(f"the example {self.example!r} does not match {self.matches!r}")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return self

    def holds(self, facts: Facts) -> bool:
        value = facts[self.field]
        return isinstance(value, str) and re.fullmatch(self.matches, value) is not None

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {self.field: (self.example, "?", None)}


class BodySize(RuleBase):
    """The body is not larger than a number of bytes."""

    kind: Literal["body_size"]
    at_most: int

    def holds(self, facts: Facts) -> bool:
        return bool(facts["request.bytes"] <= self.at_most)

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {"request.bytes": (self.at_most,)}


Rule = Annotated[
    Condition | Scope | AskedScopes | Permission | Same | Fields | KnownFields | FieldTypes | Pattern | BodySize,
    Field(discriminator="kind"),
]
