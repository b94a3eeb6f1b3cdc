"""What verification says of one interaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseResult:
    """`got` is the provider's answer in short; `problems` is empty when the interaction was honoured."""

    got: str
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the provider answered as the consumer expects."""
        return not self.problems
