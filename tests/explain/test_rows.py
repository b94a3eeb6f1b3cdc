"""Every committed row, explained from what is arranged for it, without looking at the contract."""

from time import process_time

import pytest

from outdial.explain.answering import explain_known
from tests.explain.situations import POLICIES, all_rows, known_of
from tests.strength.editions import ArrangedRow

ROWS = [pytest.param(row, id=row.case_id) for row in all_rows()]
SECONDS = 1.0


@pytest.mark.parametrize("row", ROWS)
def test_the_first_blocker_is_the_reason_of_the_row_and_something_can_be_done(row: ArrangedRow) -> None:
    """The verdict is the provider's, the first blocker the row's `because`, and a refused caller is told what to do."""
    started = process_time()
    found = explain_known(known_of(row), POLICIES)
    seconds = process_time() - started
    assert found.edition == row.interaction.provider
    assert found.accepted is row.decision.accepted
    if not found.accepted:
        refusing = next(each.rule for each in found.rules if each.state == "refuses")
        assert refusing == row.interaction.because
        assert found.ways or found.wrong
    assert seconds < SECONDS
