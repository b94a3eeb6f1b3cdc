"""What the rows show beyond the score: each rule deciding by itself, each grant needed, and rules that answer alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from provider_stub import Policy
from provider_stub.policy import Operation
from provider_stub.rule import RuleBase
from reasoning.endpoint import endpoint_of, holds, reached, search, seen_denial
from reasoning.naming import RealValues
from reasoning.search import Conflict, Constraint, Undecided, Values
from reasoning.space import Space
from strength.judge import Row


@dataclass(frozen=True, slots=True)
class RuleShown:
    """Whether rows show a rule deciding by itself, both ways.

    `alone` is a row in which it fails and no other rule does, `holding` an accepted row in which it is asked and
    holds. Where there is no such row, `never_alone` and `never_holding` say why there can be none; they are empty
    when there could be one.
    """

    operation: str
    rule: str
    alone: str | None
    never_alone: str
    holding: str | None
    never_holding: str

    @property
    def complete(self) -> bool:
        """Both ways are shown, as far as they can be."""
        return bool((self.alone or self.never_alone) and (self.holding or self.never_holding))


@dataclass(frozen=True, slots=True)
class GrantShown:
    """A scope, permission or right of the smallest accepted caller, and a row that is refused for lack of it."""

    operation: str
    grant: str
    refused: str | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Rules of one operation whose refusals no consumer can tell apart."""

    operation: str
    rules: tuple[str, ...]


def rules_shown(policy: Policy, rows: Sequence[Row], baselines: Mapping[str, Row]) -> Iterator[RuleShown]:
    """Every rule of every operation that a row reaches."""
    for name, operation in policy.operations.items():
        own = [row for row in rows if row.decision.operation == name]
        outcomes = {row.case_id: {step.rule: step.outcome for step in row.decision.trace} for row in own}
        for rule in operation.rules:
            failing = {
                case: [name for name, outcome in steps.items() if outcome == "failed"]
                for case, steps in outcomes.items()
            }
            alone = next((case for case, failed in failing.items() if failed == [rule.id]), None)
            holding = next(
                (case for case, failed in failing.items() if not failed and outcomes[case][rule.id] == "held"), None
            )
            others = [each for each in operation.rules if each is not rule]
            why = _Why(policy, operation, baselines.get(name))
            yield RuleShown(
                name,
                rule.id,
                alone,
                "" if alone else why.never(others, failing=[rule]),
                holding,
                "" if holding else why.never(others, asked=[rule]),
            )


def grants_shown(rows: Sequence[Row], baselines: Mapping[str, Row]) -> Iterator[GrantShown]:
    """Every scope, permission and right to act of each baseline."""
    for name, baseline in baselines.items():
        if not baseline.decision.accepted:
            continue
        held = _grants(baseline)
        for fact, grant in sorted(held):
            refused = [
                (len(_grants(row)), row.case_id)
                for row in rows
                if row.decision.operation == name
                and row.decision.refused_by is not None
                and fact in row.decision.refused_by.candidates()
                and row.facts["token.status"] == "valid"
                and _grants(row) <= held - {(fact, grant)}
            ]
            nearest = max(refused, key=lambda each: each[0], default=(0, None))[1]
            yield GrantShown(name, f"{fact.partition('.')[2]} {grant}".strip(), nearest)


def alike(policy: Policy) -> Iterator[Alike]:
    """Groups of rules with one and the same answer."""
    for name, operation in policy.operations.items():
        groups: dict[object, list[str]] = {}
        for rule in operation.rules:
            groups.setdefault(seen_denial(policy, rule.deny), []).append(rule.id)
        yield from (Alike(name, tuple(rules)) for rules in groups.values() if len(rules) > 1)


def _grants(row: Row) -> frozenset[tuple[str, str]]:
    """What the token of a row may do: the fact that says so, and the name."""
    facts = row.facts
    named = {("token.scopes", scope) for scope in facts["token.scopes"] or ()}
    named |= {("token.permissions", permission) for permission, _ in facts["token.permissions"] or ()}
    return frozenset(named | ({("token.acts_on_behalf", "")} if facts["token.acts_on_behalf"] else set()))


class _Why:
    """Asks why no request of an operation is as wanted."""

    def __init__(self, policy: Policy, operation: Operation, baseline: Row | None) -> None:
        self._operation = operation
        self._endpoint = endpoint_of(policy, operation)
        guards = [each.when for each in self._endpoint if each.when]
        usual = RealValues(baseline.facts, operation) if baseline else None
        self._space = Space([operation], guards, usual)

    def never(
        self, holding: Sequence[RuleBase], failing: Sequence[RuleBase] = (), asked: Sequence[RuleBase] = ()
    ) -> str:
        """Why there is none in which some rules hold, some fail, and some are asked and hold; empty if there is."""
        space, operation = self._space, self._operation
        wanted = [
            *(_outcome(space, operation, rule, "fails") for rule in failing),
            *(_outcome(space, operation, rule, "holds") for rule in asked),
            *(holds(space, operation, rule) for rule in holding),
            *reached(space, self._endpoint, operation),
        ]
        try:
            found = search(space).solve(wanted)
        except Undecided:
            return ""
        return found.reason if isinstance(found, Conflict) else ""


def _outcome(space: Space, operation: Operation, rule: RuleBase, outcome: Literal["holds", "fails"]) -> Constraint:
    def test(values: Values) -> bool:
        facts = space.view(operation, values)
        return rule.applies(facts) and rule.holds(facts) == (outcome == "holds")

    return Constraint(f"{rule.id} {outcome}", test)
