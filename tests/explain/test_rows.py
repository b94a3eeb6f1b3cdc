"""Every committed row, explained from what is arranged for it, without looking at the contract."""

from time import process_time

import pytest

from outdial.definitions import load_definitions
from outdial.explain.explanation import explain
from outdial.strength.judge import ArrangedRow
from tests.explain.situations import POLICIES, all_rows, known_of

NAMES = load_definitions()
ROWS = [pytest.param(row, id=row.case_id) for row in all_rows()]
SECONDS = 0.5


@pytest.mark.parametrize("row", ROWS)
def test_the_first_blocker_is_the_reason_of_the_row_and_something_can_be_done(row: ArrangedRow) -> None:
    """The verdict is the provider's, the first blocker the row's `because`, and a refused caller is told what to do."""
    started = process_time()
    found = explain(known_of(row), POLICIES, NAMES)
    seconds = process_time() - started
    assert found.target.provider == row.interaction.provider
    assert found.accepted is row.decision.accepted
    assert not found.unknown, "everything is known of a row"
    if not found.accepted:
        assert found.blockers[0].rule.id == row.interaction.because
        assert found.changes, found.no_change
    assert seconds < SECONDS


@pytest.mark.parametrize(
    ("case_id", "operation", "cost", "levers"),
    [
        ("genesys-cloud/place_call/call-cannot-be-placed", "place-call", 2, ["drop-field", "add-field"]),
        ("genesys-cloud.user-header/place_call/no-header", "place-call", 2, ["add-header", "name-another"]),
        (
            "nice-cxone.personal-connection/start_call/client-credentials-as-agent-ready",
            "start-call",
            10,
            ["use-token-of-agent"],
        ),
    ],
)
def test_a_cheaper_change_comes_before_one_with_fewer_steps_or_found_earlier(
    case_id: str, operation: str, cost: int, levers: list[str]
) -> None:
    """Two things in the request are less than one that an administrator has to do; each row has both ways out."""
    row = next(row for row in all_rows() if row.case_id == case_id)
    found = explain(known_of(row), POLICIES, NAMES)
    first = next(each for each in found.changes if each.operation.name == operation)
    assert (first.cost, [step.lever for step in first.steps]) == (cost, levers)
