"""Decides: the first rule that does not hold answers. Explains: every rule, whether it held, on which facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from outdial.provider.facts import Facts
from outdial.provider.kinds import Rule
from outdial.provider.policy import Operation
from outdial.provider.rule import Denial


@dataclass(frozen=True, slots=True)
class RuleStep:
    """One rule in a trace. `skipped` is a rule whose guard did not ask it; `facts` are those it read."""

    rule: str
    outcome: Literal["held", "failed", "skipped"]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """Accepted, or refused by one rule of an operation."""

    asked: Operation = field(repr=False)
    facts: Facts = field(repr=False)
    refused_by: Rule | None

    @property
    def operation(self) -> str:
        return self.asked.name

    @property
    def rules(self) -> Sequence[Rule]:
        return self.asked.rules

    @property
    def accepted(self) -> bool:
        return self.refused_by is None

    @property
    def denial(self) -> Denial | None:
        return self.refused_by.deny if self.refused_by else None

    @cached_property
    def trace(self) -> tuple[RuleStep, ...]:
        """All rules of the operation, those after the refusal too. Made when first asked for."""
        return tuple(self.step(rule) for rule in self.rules)

    def step(self, rule: Rule) -> RuleStep:
        """Return one rule's part in the trace."""
        reading = _Reading(self.facts, self.asked.secrets)
        if not rule.applies(reading):
            return RuleStep(rule.id, "skipped", reading.shown())
        held = rule.holds(reading)
        return RuleStep(rule.id, "held" if held else "failed", reading.shown())


def decide(operation: Operation, facts: Facts) -> Decision:
    """Ask the operation's rules in order, up to the first that applies and does not hold."""
    for rule in operation.rules:
        if (rule.when is None or rule.when.passes(facts)) and not rule.holds(facts):
            return Decision(operation, facts, rule)
    return Decision(operation, facts, None)


class _Reading:
    """Facts that remember which of them one rule read."""

    def __init__(self, facts: Facts, secrets: frozenset[str]) -> None:
        self._facts = facts
        self._secrets = secrets
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        self._read[name] = self._facts[name]
        return self._read[name]

    def names(self, part: str) -> frozenset[str]:
        self._read[f"{part}.*"] = self._facts.names(part)
        found: frozenset[str] = self._read[f"{part}.*"]
        return found

    def shown(self) -> dict[str, Any]:
        return {
            name: "(secret)" if name in self._secrets and value is not None else value
            for name, value in self._read.items()
        }
