"""The verdict on a request to one operation: accepted, refused, or it depends; and every rule in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from outdial.explain.situation import Ground
from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase
from outdial.reasoning.search import Conflict, Constraint, FactValues, Search

State = Literal["holds", "refuses", "depends"]
Solution = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blocker:
    """A rule that refuses whatever is not known: the facts of which one must change, and all that it read."""

    rule: RuleBase
    facts: tuple[str, ...]
    read: frozenset[str]


class Case:
    """A request to one operation of an endpoint, with `changes` of facts that were made to it."""

    def __init__(self, ground: Ground, endpoint: Sequence[Operation], changes: Mapping[str, Any] | None = None) -> None:
        self.ground = ground
        self.endpoint = endpoint
        self.changes = changes or {}

    def changed(self, changes: Mapping[str, Any]) -> "Case":
        """The same request with other changes."""
        return Case(self.ground, self.endpoint, changes)

    def solve(self, constraints: Sequence[Constraint], unknown: frozenset[str] = frozenset()) -> Solution | Conflict:
        """Values of facts for which constraints are met; facts in `unknown` are taken as not known."""

        def given(fact: str) -> tuple[Any, ...] | None:
            return None if fact in unknown else self.ground.possible(fact)

        return Search(self.ground.domain, lambda _: (), given).solve(constraints, self.changes)

    @cached_property
    def rules(self) -> tuple[RuleBase, ...]:
        """The rules of the operation, in their order."""
        return tuple(self.ground.operation.rules)

    def holds(self, rule: RuleBase) -> Constraint:
        """A rule does not refuse."""
        return Constraint(f"{rule.id} holds", lambda values: self._failing([rule], values) is None)

    def fails(self, rules: Sequence[RuleBase]) -> Constraint:
        """One of some rules refuses."""
        return Constraint("refused", lambda values: self._failing(rules, values) is not None)

    @cached_property
    def accepted(self) -> list[Constraint]:
        """The operation takes the request, and every rule holds."""
        return [*self.reached, *(self.holds(rule) for rule in self.rules)]

    @cached_property
    def reached(self) -> list[Constraint]:
        """The operation takes the request, and none before it does."""
        found = []
        for each in self.endpoint:
            mine = each is self.ground.operation
            if each.when is not None:
                found.append(Constraint(f"{each.request} takes the request", self._taken(each, wanted=mine)))
            if mine:
                break
        return found

    def _taken(self, operation: Operation, wanted: bool) -> "Any":
        return lambda values: operation.when is None or operation.when.passes(self.ground.view(values)) == wanted

    def _failing(self, rules: Sequence[RuleBase], values: FactValues) -> RuleBase | None:
        for rule in rules:
            facts = self.ground.view(values, self.ground.names_of[rule.id])
            if rule.applies(facts) and not rule.holds(facts):
                return rule
        return None

    @cached_property
    def verdict(self) -> bool | None:
        """True or False when it is that whatever is not known; None when it depends."""
        if isinstance(self.solve(self.accepted), Conflict):
            return False
        return True if isinstance(self.solve([*self.reached, self.fails(self.rules)]), Conflict) else None

    @cached_property
    def states(self) -> Mapping[str, State]:
        """For each rule by itself: whether it holds, refuses, or depends on what is not known."""
        return {rule.id: self._state(rule) for rule in self.rules}

    def _state(self, rule: RuleBase) -> State:
        if isinstance(self.solve([self.holds(rule)]), Conflict):
            return "refuses"
        return "holds" if isinstance(self.solve([self.fails([rule])]), Conflict) else "depends"

    @cached_property
    def blockers(self) -> tuple[Blocker, ...]:
        """Every rule that refuses by itself, the first to answer first; not those that refuse only because what an
        earlier one asks for is missing (without a token there is no scope).
        """
        found: list[Blocker] = []
        for rule in self.rules:
            conflict = self.solve([self.holds(rule)])
            ignored: frozenset[str] = frozenset()
            while isinstance(conflict, Conflict):
                behind = [each for each in found if each.read <= conflict.given and not each.read <= ignored]
                if not behind:
                    found.append(Blocker(rule, self._telling(rule, conflict.given, ignored), conflict.given))
                    break
                ignored = ignored.union(*(each.read for each in behind))
                conflict = self.solve([self.holds(rule)], ignored)
        return tuple(found)

    def _telling(self, rule: RuleBase, read: frozenset[str], ignored: frozenset[str]) -> tuple[str, ...]:
        """The facts that have to be others for a rule to hold; not what it only needs in order to read them."""
        found: set[str] = set()
        while read and not read <= found:
            own = {fact for fact in read if not fact.startswith("request.")} or set(read)
            alone = {fact for fact in own if self._holds_by(rule, fact, ignored | found)}
            found |= alone or own
            conflict = self.solve([self.holds(rule)], ignored | found)
            read = conflict.given if isinstance(conflict, Conflict) else frozenset()
        return tuple(sorted(found))

    def _holds_by(self, rule: RuleBase, fact: str, ignored: frozenset[str]) -> bool:
        values = (value for value in self.ground.domain(fact) if value is not None)
        cases = (self.changed({**self.changes, fact: value}) for value in values)
        return any(not isinstance(case.solve([case.holds(rule)], ignored), Conflict) for case in cases)

    @cached_property
    def open_facts(self) -> tuple[str, ...]:
        """The facts that are not known, of rules that depend on them."""
        found: dict[str, None] = {}
        for rule in self.rules:
            if self.states[rule.id] == "depends":
                solution = self.solve([self.fails([rule])])
                if not isinstance(solution, Conflict):
                    found |= dict.fromkeys(fact for fact in solution if self._is_open(fact))
        return tuple(found)

    def _is_open(self, fact: str) -> bool:
        possible = self.ground.possible(fact)
        return fact not in self.changes and (possible is None or len(possible) > 1)

    def provided(self, solution: Solution) -> tuple[tuple[tuple[str, Any], ...], ...]:
        """Of a solution: what nobody knows and what has to be so; of each group, any one fact is enough."""
        open_facts = [fact for fact in solution if self._is_open(fact)]
        needed = [fact for fact in open_facts if self._decides(fact, solution)]
        groups: list[tuple[tuple[str, Any], ...]] = [((fact, solution[fact]),) for fact in needed]
        without = {fact: value for fact, value in solution.items() if fact not in open_facts or fact in needed}
        for rule in self.rules:
            state = Case(self.ground, self.endpoint, {**self.changes, **without}).solve([self.fails([rule])])
            if not isinstance(state, Conflict):
                asked = [fact for fact in open_facts if fact in state and fact not in needed]
                better = tuple((fact, solution[fact]) for fact in asked if state[fact] != solution[fact])
                if better and not any(set(group) & set(better) for group in groups):
                    groups.append(better)
        return tuple(groups)

    def _decides(self, fact: str, solution: Solution) -> bool:
        others = [each for each in self.ground.domain(fact) if each != solution[fact]]
        return any(self._refused({**solution, fact: other}) for other in others)

    def _refused(self, values: Solution) -> bool:
        return isinstance(Case(self.ground, self.endpoint, values).solve(self.accepted), Conflict)
