"""Every fault of faults.yaml ends with one message, the right exit code, and nothing recorded by half in silence."""

import pytest

from tests.broker.fault_table import COMPLETE, PAGE, TOKEN, Played, page_with, play_all, table

pytestmark = pytest.mark.slow  # each fault is played with the real client, some until its time limit


@pytest.fixture(scope="module")
def played() -> list[Played]:
    return play_all()


def test_a_success_is_complete_and_a_failure_is_one_message_with_cause_and_fix(played: list[Played]) -> None:
    """Exactly one `error:` and one `fix:`, no traceback, and never a credential."""
    for each in played:
        said = each.done.text
        assert TOKEN not in said
        assert "Traceback" not in said
        if each.done.code == 0:
            assert each.held == COMPLETE[each.case.command], each.case
        else:
            assert each.done.code in (1, 2, 5), each.case
            assert [said.count(word) for word in ("error: ", "\nfix: ")] == [1, 1], said


def test_recording_a_deployment_is_never_repeated(played: list[Played]) -> None:
    """A repetition could replace a deployment that was recorded in between."""
    recorded = [each for each in played if each.case.command == "record-deployment"]
    assert recorded
    for each in recorded:
        assert sum(request.startswith("POST") for request in each.requests) == 1


def test_the_page_shows_the_table_as_played(played: list[Played]) -> None:
    """`python -m tests.broker.fault_table` writes docs/broker.md anew."""
    assert PAGE.read_text(encoding="utf-8") == page_with(table(played))
