"""The verdict on a request to one operation: accepted, refused, or it depends; and every rule in the way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from outdial.explain.facts import Ground, View
from outdial.explain.search import Conflict, Constraint, FactValues, Search
from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase

State = Literal["holds", "refuses", "depends"]
Solution = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blocker:
    """A rule that refuses whatever is unknown, and the facts that it read."""

    rule: RuleBase
    read: frozenset[str]

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that the rule asks for, as people know them."""
        asked = set(self.rule.candidates())
        own = [fact for fact in self.read if fact.partition(":")[0] in asked]
        return tuple(sorted(own or [fact for fact in self.read if not fact.startswith("request.")] or self.read))


class Case:
    """A request to one operation of an endpoint, with `changes` of facts that were made to it."""

    def __init__(self, ground: Ground, endpoint: Sequence[Operation], changes: Mapping[str, Any] | None = None) -> None:
        self.ground = ground
        self.endpoint = endpoint
        self.changes = changes or {}
        self.rules = tuple(ground.operation.rules)

    def changed(self, changes: Mapping[str, Any]) -> "Case":
        """Return the same request with other changes."""
        return Case(self.ground, self.endpoint, changes)

    def solve(self, constraints: Sequence[Constraint], unknown: frozenset[str] = frozenset()) -> Solution | Conflict:
        """Return values of facts that meet the constraints; facts in `unknown` are taken as not known."""

        def possible(fact: str) -> tuple[Any, ...] | None:
            return None if fact in unknown else self.ground.possible(fact)

        return Search(self.ground.domain, possible).solve(constraints, self.changes)

    def can(self, constraints: Sequence[Constraint], unknown: frozenset[str] = frozenset()) -> bool:
        """Return whether some values of facts meet the constraints."""
        return not isinstance(self.solve(constraints, unknown), Conflict)

    def holds(self, rule: RuleBase) -> Constraint:
        """Return a rule does not refuse."""
        return Constraint(rule.id, lambda values: not self._refuses(rule, values))

    def fails(self, rules: Sequence[RuleBase]) -> Constraint:
        """Return one of some rules refuses."""
        return Constraint("", lambda values: any(self._refuses(rule, values) for rule in rules))

    def _refuses(self, rule: RuleBase, values: FactValues) -> bool:
        facts = View(self.ground, values, rule)
        return rule.applies(facts) and not rule.holds(facts)

    @cached_property
    def accepted(self) -> list[Constraint]:
        """The operation takes the request, and every rule holds."""
        return [*self.reached, *(self.holds(rule) for rule in self.rules)]

    @cached_property
    def reached(self) -> list[Constraint]:
        """The operation takes the request, and none before it does."""
        at = next(at for at, each in enumerate(self.endpoint) if each is self.ground.operation)
        return [Constraint("", self._taken(each)) for each in self.endpoint[: at + 1] if each.when is not None]

    def _taken(self, operation: Operation) -> Callable[[FactValues], bool]:
        own = operation is self.ground.operation
        return lambda values: operation.when is None or operation.when.passes(View(self.ground, values)) == own

    @cached_property
    def verdict(self) -> bool | None:
        """True or False whatever the unknown facts are; None when it depends."""
        if not self.can(self.accepted):
            return False
        return None if self.can([*self.reached, self.fails(self.rules)]) else True

    @cached_property
    def states(self) -> Mapping[str, State]:
        """State of each rule by itself."""
        found: dict[str, State] = {}
        for rule in self.rules:
            can_fail = self.can([self.fails([rule])])
            found[rule.id] = "holds" if not can_fail else "depends" if self.can([self.holds(rule)]) else "refuses"
        return found

    @cached_property
    def blockers(self) -> tuple[Blocker, ...]:
        """Every rule that refuses by itself, in order, without those behind another one: no token, hence no scope."""
        found: list[Blocker] = []
        for rule in self.rules:
            conflict = self.solve([self.holds(rule)])
            ignored: frozenset[str] = frozenset()
            while isinstance(conflict, Conflict):
                behind = [each for each in found if each.read <= conflict.known and not each.read <= ignored]
                if not behind:
                    found.append(Blocker(rule, conflict.known))
                    break
                ignored = ignored.union(*(each.read for each in behind))
                conflict = self.solve([self.holds(rule)], ignored)
        return tuple(found)

    def provided(self, solution: Solution) -> tuple[tuple[tuple[str, Any], ...], ...]:
        """Return the unknown facts that a solution needs; of each group, any one fact is enough."""
        possible = {fact: self.ground.possible(fact) for fact in solution if fact not in self.changes}
        open_facts = [fact for fact, values in possible.items() if values is None or len(values) > 1]
        needed = [fact for fact in open_facts if self._decides(fact, solution)]
        groups: list[tuple[tuple[str, Any], ...]] = [((fact, solution[fact]),) for fact in needed]
        without = {fact: value for fact, value in solution.items() if fact not in open_facts or fact in needed}
        for rule in self.rules:
            refused = self.changed({**self.changes, **without}).solve([self.fails([rule])])
            if isinstance(refused, dict):
                others = [fact for fact in open_facts if fact in refused and fact not in needed]
                better = tuple((fact, solution[fact]) for fact in others if refused[fact] != solution[fact])
                if better and not any(set(group) & set(better) for group in groups):
                    groups.append(better)
        return tuple(groups)

    def _decides(self, fact: str, solution: Solution) -> bool:
        others = [each for each in self.ground.domain(fact) if each != solution[fact]]
        return not all(self.changed({**solution, fact: other}).can(self.accepted) for other in others)
