"""The smallest changes by which a refused request is accepted.

Conflict sets expanded smallest first: when a request is refused, the search names the known facts of which one must
change; each lever on one of them is tried, the cheapest set of levers first (a hitting-set tree, Reiter 1987). So a set
that is accepted is as cheap as any, and no lever of it can be left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from itertools import count
from typing import Any

from outdial.explain.levers import ChangeStep, steps_for
from outdial.explain.verdict import Case, Solution
from outdial.reasoning.search import Conflict

LIMIT = 2_000
"""Sets of levers that are tried before the search is given up."""
LeversOn = Callable[[str], tuple[ChangeStep, ...]]
"""What can be done about a fact."""


@dataclass(frozen=True)
class Change:
    """Levers after which the request is accepted, `provided` that of each group of unknown facts one is so."""

    steps: tuple[ChangeStep, ...]
    cost: int
    case: Case
    solution: Solution
    provided: tuple[tuple[tuple[str, Any], ...], ...]


def smallest_changes(case: Case) -> list[Change]:
    """Return all changes that cost the least: one without steps for an accepted request, none if nothing helps."""
    order = count()
    levers_on: LeversOn = cache(lambda fact: tuple(steps_for(fact, case.ground)))
    tried: set[frozenset[ChangeStep]] = set()
    heap: list[tuple[int, int, frozenset[ChangeStep]]] = [(0, next(order), frozenset())]
    found: list[Change] = []
    while heap:
        cost, _, steps = heappop(heap)
        if (found and cost > found[0].cost) or len(tried) > LIMIT:
            break
        if any({*change.steps} <= steps for change in found):
            continue
        changed = case.changed(_facts(steps))
        solution = changed.solve(changed.accepted)
        if not isinstance(solution, Conflict):
            provided = changed.provided(solution)
            found.append(Change(_ordered(steps), cost, changed, solution, provided))
            continue
        for step in _fewest(changed, steps, solution, levers_on):
            larger = steps | {step}
            if larger not in tried:
                tried.add(larger)
                heappush(heap, (cost + step.cost, next(order), larger))
    return found


def _fewest(case: Case, steps: frozenset[ChangeStep], conflict: Conflict, levers_on: LeversOn) -> list[ChangeStep]:
    """Return the levers of the conflict that has the fewest: every conflict has to be solved."""
    others = (case.solve([case.holds(rule)]) for rule in case.rules)
    conflicts = [conflict, *(each for each in others if isinstance(each, Conflict))]
    return min((list(_more(steps, each, levers_on)) for each in conflicts), key=len)


def _more(steps: frozenset[ChangeStep], conflict: Conflict, levers_on: LeversOn) -> Iterator[ChangeStep]:
    """Each lever on a fact that has a part in a conflict, unless it undoes one that is pulled."""
    facts = _facts(steps)
    for fact in sorted(conflict.given):
        for step in levers_on(fact):
            if step not in steps and all(facts.get(each, value) == value for each, value in step.sets):
                yield step


def _facts(steps: frozenset[ChangeStep]) -> dict[str, Any]:
    return {fact: value for step in steps for fact, value in step.sets}


def _ordered(steps: frozenset[ChangeStep]) -> tuple[ChangeStep, ...]:
    return tuple(
        sorted(steps, key=lambda step: (step.cost, step.lever == "add-field", step.lever == "add-scope", step.text))
    )
