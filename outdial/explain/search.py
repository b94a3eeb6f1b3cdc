"""Search values of facts with which every constraint holds.

A constraint is a function that reads facts. A fact that it asks for and that has no value gets one next, so only facts
that matter get values. Without a solution, the facts that the failed constraints read are the reason; the search skips
back over every other fact. A ready-made solver needs the facts of each constraint beforehand, and gives no reason.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from outdial.explain.request import NotUnderstood

LIMIT = 200_000
"""Steps of one search."""


class FactValues(Protocol):
    """Facts by their names."""

    def __getitem__(self, fact: str) -> Any: ...


class Constraint(NamedTuple):
    """A named test of facts."""

    name: str
    test: Callable[[FactValues], bool]


class Conflict(NamedTuple):
    """The reason why no values are found: facts and constraints with a part in it, and the known facts among them."""

    facts: frozenset[str]
    constraints: frozenset[str]
    known: frozenset[str]


class _Asked(Exception):
    """A constraint asks for a fact that has no value yet."""


class _Reading:
    """Facts for one constraint; remembers those that it reads."""

    def __init__(self, values: Mapping[str, Any], possible: Callable[[str], Sequence[Any] | None]) -> None:
        self._values, self._possible = values, possible
        self.facts, self.known = set[str](), set[str]()

    def __getitem__(self, fact: str) -> Any:
        if fact in self._values:
            self.facts.add(fact)
            return self._values[fact]
        possible = self._possible(fact)
        if possible is None or len(possible) != 1:
            raise _Asked(fact)
        self.known.add(fact)
        return possible[0]


class Search:
    """A search over the domains of facts; `possible` narrows a domain to the values that are known to be possible."""

    def __init__(self, domain: Callable[[str], Sequence[Any]], possible: Callable[[str], Sequence[Any] | None]) -> None:
        self._domain, self._possible = domain, possible
        self._steps = 0

    def solve(self, constraints: Sequence[Constraint], values: Mapping[str, Any]) -> dict[str, Any] | Conflict:
        """Return `values` and more with which every constraint holds, or the conflict. Raises `NotUnderstood`."""
        self._steps += 1
        if self._steps > LIMIT:
            raise NotUnderstood("too many facts are unknown to decide: state more of them, such as --grant and --scope")
        waiting, asked = [], ""
        for each in constraints:
            reading = _Reading(values, self._possible)
            try:
                if not each.test(reading):
                    return Conflict(frozenset(reading.facts), frozenset({each.name}), frozenset(reading.known))
            except _Asked as fact:
                waiting.append(each)
                asked = asked or str(fact)
        if not waiting:
            return dict(values)
        possible = self._possible(asked)
        reason = Conflict(frozenset(), frozenset(), frozenset() if possible is None else frozenset({asked}))
        for value in self._domain(asked) if possible is None else possible:
            found = self.solve(waiting, {**values, asked: value})
            if isinstance(found, dict) or asked not in found.facts:
                return found
            reason = Conflict(*(own | other for own, other in zip(reason, found, strict=True)))
        return Conflict(reason.facts - {asked}, reason.constraints, reason.known)
