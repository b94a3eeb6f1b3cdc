"""Holds the matrix against Pact's own verifier: the two must agree on every row, or neither is believed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from outdial.pact_files import Interaction
from outdial.reports.settle.matrix import Cell, addressed
from outdial.verification.stub_process import running_stub
from outdial.verification.verify import verify


@dataclass(frozen=True, slots=True)
class VerifierDisagreement:
    """A row that holds for one of verifier and replay, and not for the other."""

    case_id: str
    edition: str
    verifier: tuple[str, ...]
    replay: tuple[str, ...]

    def __str__(self) -> str:
        said = [
            f"{name} says {'; '.join(problems) or 'it holds'}"
            for name, problems in (("the verifier", self.verifier), ("replay", self.replay))
        ]
        return f"{self.case_id} against {self.edition}: {', '.join(said)}"


def disagreements(
    cells: Sequence[Cell], interactions: Iterable[Interaction], policies: Path, advance: Callable[[], None]
) -> list[VerifierDisagreement]:
    """Verify every row of the matrix over HTTP against one stub of all `policies`. `advance` is called after each."""
    by_case = {interaction.case_id: interaction for interaction in interactions}
    replayed = {(outcome.case_id, cell.edition): outcome for cell in cells for outcome in cell.outcomes}
    rows = [each for case_id, edition in replayed for each in addressed([by_case[case_id]], edition)]
    found = []
    with running_stub(policies) as stub:
        for row, result in verify(rows, stub.target):
            outcome = replayed[row.case_id, row.provider]
            if result.passed != outcome.holds:
                found.append(VerifierDisagreement(row.case_id, row.provider, result.problems, outcome.problems))
            advance()
    return sorted(found, key=str)


def rows_in(cells: Iterable[Cell]) -> int:
    """Return the number of rows."""
    return sum(len(cell.outcomes) for cell in cells)
