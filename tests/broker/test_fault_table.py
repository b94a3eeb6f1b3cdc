"""Plays every fault once and checks what must hold for all of them."""

import pytest

from tests.broker import fault_table
from tests.broker.fault_table import COMPLETE, PAGE, TOKEN, Played, cases, play_all, table

pytestmark = pytest.mark.slow  # each fault is played with the real client, some until its time limit

NAMES = [f"{case.command}: {case.name}" for case in cases()]
KNOWN = (
    "400",
    "401",
    "read-only",
    "403",
    "409",
    "500",
    "502",
    "503",
    "down",
    "slow",
    "cut off",
    "not JSON",
    "redirect",
    "certificate",
)


@pytest.fixture(scope="session")
def played() -> list[Played]:
    return play_all()


@pytest.mark.parametrize("index", range(len(NAMES)), ids=NAMES)
def test_success_means_that_the_broker_holds_all_of_it(played: list[Played], index: int) -> None:
    """A command ends with 0 only when everything it was to record is recorded."""
    each = played[index]
    if each.succeeded:
        assert each.held == COMPLETE[each.case.command]
    else:
        assert each.done.code in (1, 2, 5)


@pytest.mark.parametrize("index", range(len(NAMES)), ids=NAMES)
def test_a_failure_is_one_message_with_cause_and_fix(played: list[Played], index: int) -> None:
    """Exactly one `error:` and one `fix:`, no traceback, and never a credential."""
    done = played[index].done
    assert TOKEN not in done.text
    assert "Traceback" not in done.text
    if not played[index].succeeded:
        assert [done.text.count(word) for word in ("error: ", "\nfix: ")] == [1, 1]


def test_recording_a_deployment_is_never_repeated(played: list[Played]) -> None:
    """A repetition could replace a deployment that was recorded in between."""
    attempts = [
        sum(request.startswith("POST") for request in each.requests)
        for each in played
        if each.case.command == "record-deployment"
    ]
    assert attempts == [1] * len(attempts)
    assert attempts


def test_the_page_shows_the_table_as_played(played: list[Played]) -> None:
    """docs/broker.md is what just happened; `python -m tests.broker.fault_table` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == fault_table.page_with(table(played))


@pytest.mark.parametrize("fault", [*KNOWN, "reset", "half of the pacts"])
def test_every_fault_that_brokers_are_known_for_is_played(fault: str) -> None:
    """None of them drops out of the table unnoticed."""
    assert any(fault in name for name in NAMES)
