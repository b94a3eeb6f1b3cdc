"""Searches values of facts that meet constraints: backtracking that jumps back over facts without a part in a conflict.

Constraints are black boxes: a constraint that asks for a fact without a value is put off, and that fact gets a
value next. So only facts that matter get one, in the order in which they are asked for. When there is no
solution, the constraints that stand in the way are the reason. A ready-made solver wants each constraint's
facts beforehand, and does not give the reason; this one is sixty lines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


class FactValues(Protocol):
    """Facts by the names that constraints ask for them."""

    def __getitem__(self, fact: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class Constraint:
    """A test of facts, and what it says in words."""

    says: str
    test: Callable[[FactValues], bool]


@dataclass(frozen=True, slots=True)
class Conflict:
    """There is no solution: the facts that have a part in it, the constraints that cannot all be met, and the facts
    of which other values than those given might help.
    """

    facts: frozenset[str]
    constraints: frozenset[Constraint]
    given: frozenset[str] = frozenset()


class Undecided(Exception):
    """The search was given up after its limit of steps; nothing is known."""


class _Asked(Exception):
    """A constraint asks for a fact that has no value yet."""

    def __init__(self, fact: str) -> None:
        self.fact = fact


Given = Callable[[str], Sequence[Any] | None]
"""The values that a fact may have by what is given; None where nothing is given of it."""


class _Reading:
    def __init__(self, values: Mapping[str, Any], given: Given) -> None:
        self._values = values
        self._given = given
        self.read: set[str] = set()
        self.read_given: set[str] = set()

    def __getitem__(self, fact: str) -> Any:
        if fact in self._values:
            self.read.add(fact)
            return self._values[fact]
        given = self._given(fact)
        if given is None or len(given) != 1:
            raise _Asked(fact)
        self.read_given.add(fact)
        return given[0]


class Search:
    """A search over domains of facts.

    What is given of facts narrows their domains; a conflict names the given facts that have a part in it.
    """

    def __init__(
        self,
        domain: Callable[[str], Sequence[Any]],
        given: Given = lambda _: None,
        limit: int = 200_000,
    ) -> None:
        self._domain = domain
        self._given = given
        self._left = limit

    def solve(
        self, constraints: Sequence[Constraint], values: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | Conflict:
        """Values that meet every constraint, the first of each domain preferred; or why there are none.

        The search begins with `values`. Facts that only one value is given of are not among those found.
        """
        waiting = [_Waiting(constraint, None, 0) for constraint in constraints]
        return self._solve(dict(values or {}), None, waiting)

    def _solve(self, values: dict[str, Any], new: str | None, ahead: Sequence["_Waiting"]) -> dict[str, Any] | Conflict:
        """`new` is the fact that got a value last: what waits for another one is not asked again."""
        self._left -= 1
        if self._left < 0:
            raise Undecided
        waiting: list[_Waiting] = []
        for each in ahead:
            if each.asks is not None and each.asks != new:
                waiting.append(each)
                continue
            reading = _Reading(values, self._given)
            try:
                met = each.constraint.test(reading)
            except _Asked as asked:
                waiting.append(_Waiting(each.constraint, asked.fact, len(reading.read)))
                continue
            if not met:
                return Conflict(frozenset(reading.read), frozenset({each.constraint}), frozenset(reading.read_given))
        if not waiting:
            return values
        fact = next((each.asks for each in waiting if each.read), None) or waiting[0].asks or ""
        facts: set[str] = set()
        against: set[Constraint] = set()
        narrowed = self._given(fact)
        given: set[str] = set() if narrowed is None else {fact}
        for value in self._domain(fact) if narrowed is None else narrowed:
            found = self._solve({**values, fact: value}, fact, waiting)
            if not isinstance(found, Conflict):
                return found
            if fact not in found.facts:
                return found
            facts |= found.facts - {fact}
            against |= found.constraints
            given |= found.given
        return Conflict(frozenset(facts), frozenset(against), frozenset(given))


class _Waiting(NamedTuple):
    """A constraint that cannot be tested before a fact has a value; None where it was not tested yet."""

    constraint: Constraint
    asks: str | None
    read: int
