"""What the rows show beyond the score: each grant needed, and rules that answer alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from outdial.provider import Policy
from outdial.reasoning.endpoint import seen_denial
from outdial.strength.judge import ArrangedRow


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


def grants_shown(rows: Sequence[ArrangedRow], baselines: Mapping[str, ArrangedRow]) -> Iterator[GrantShown]:
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


def _grants(row: ArrangedRow) -> frozenset[tuple[str, str]]:
    """What the token of a row may do: the fact that says so, and the name."""
    facts = row.facts
    named = {("token.scopes", scope) for scope in facts["token.scopes"] or ()}
    named |= {("token.permissions", permission) for permission, _ in facts["token.permissions"] or ()}
    return frozenset(named | ({("token.acts_on_behalf", "")} if facts["token.acts_on_behalf"] else set()))
