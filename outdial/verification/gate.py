"""Which rows decide whether a run holds: those on whose evidence the provider may be held to them."""

from collections.abc import Sequence
from typing import ClassVar, get_args

from outdial.documents import suggest
from outdial.documents.evidence import Basis
from outdial.pact_files import Interaction

BASES: tuple[str, ...] = get_args(Basis)


class BadGate(Exception):
    """A basis that there is not; the message says which there are."""

    exit_code: ClassVar[int] = 4


class Gate:
    """Rows of these bases gate; others are played and observed. A row of a pact without bases gates."""

    def __init__(self, bases: Sequence[str]) -> None:
        for each in bases:
            if each not in BASES:
                raise BadGate(f"--gate: there is no basis {each!r}{suggest(each, [*BASES, 'all'])}")
        self.bases = tuple(bases)

    @classmethod
    def read(cls, text: str) -> "Gate":
        """`all`, or bases separated by commas. Raises `BadGate`."""
        return cls(BASES if text == "all" else text.split(","))

    def holds(self, interaction: Interaction) -> bool:
        """Whether this row gates."""
        return interaction.basis in self.bases or interaction.basis not in BASES
