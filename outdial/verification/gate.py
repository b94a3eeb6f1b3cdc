"""The rows that decide whether a run passes."""

from collections.abc import Sequence
from typing import ClassVar, get_args

from outdial.documents import suggest
from outdial.documents.evidence import Basis
from outdial.pact_files import Interaction

BASES: tuple[str, ...] = get_args(Basis)
ELSEWHERE = ("published", "observed")
"""The default against a provider other than our stub."""


class BadGate(Exception):
    """Raised for an unknown basis. The message lists the valid ones."""

    exit_code: ClassVar[int] = 4


class Gate:
    """The bases whose rows decide. Other rows are played and reported only, as are pending interactions."""

    def __init__(self, bases: Sequence[str]) -> None:
        for each in bases:
            if each not in BASES:
                raise BadGate(f"invalid --gate {each!r}{suggest(each, [*BASES, 'all'])}")
        self.bases = tuple(bases)

    @classmethod
    def read(cls, text: str) -> "Gate":
        """Return the gate for `all` or for bases separated by commas. Raises `BadGate`."""
        return cls(BASES if text == "all" else text.split(","))

    def holds(self, interaction: Interaction) -> bool:
        """Return whether this row decides. A row without one of our bases does."""
        pending = interaction.source.get("pending") is True
        return not pending and (interaction.basis in self.bases or interaction.basis not in BASES)
