"""The committed rows notice every fault that can be noticed, and the measure bites when they do not."""

import json
from pathlib import Path

import pytest

from outdial.strength.judge import judge
from outdial.strength.measure import RowsFail, measure
from outdial.strength.page import page
from outdial.strength.results import operator_scores
from tests.conftest import Run
from tests.strength.editions import POLICIES, TABLES, arranged_rows, rows_of, strength_of

SMALLEST = "genesys-cloud.owner-id"


@pytest.mark.parametrize("provider", POLICIES)
def test_every_fault_that_can_be_noticed_is(provider: str) -> None:
    """No mutant of any edition survives, and none is left undecided."""
    strength = strength_of(provider)
    left = [each for each in strength.judged if each.fate not in {"killed", "equivalent"}]
    assert [(each.mutant.name, each.row or each.reason) for each in left] == []
    assert strength.complete


@pytest.mark.parametrize("provider", POLICIES)
def test_every_grant_of_the_smallest_caller_has_a_row_that_is_refused_without_it(provider: str) -> None:
    """Least privilege: no scope, permission or right stands in a table's head for nothing."""
    assert [each for each in strength_of(provider).grants if not each.refused] == []


@pytest.mark.parametrize("operation", ["place-call", "place-call-for-agent"])
def test_a_happy_path_and_no_token_are_worth_less_than_half(operation: str) -> None:
    """A deliberately weak table of the longest operations notices something, and less than it misses."""
    table = f"genesys-cloud/{operation.replace('-', '_')}"
    weak = [
        each
        for each in arranged_rows("genesys-cloud")
        if each.case_id in {f"{table}/accepted", f"{table}/no-authorization"}
    ]
    killable = [
        each.mutant
        for each in strength_of("genesys-cloud").judged
        if each.mutant.operation == operation and each.fate != "equivalent"
    ]
    killed = [mutant for mutant in killable if judge(mutant, weak).by]
    assert len(weak) == 2
    assert 0 < len(killed) / len(killable) < 0.25


def test_statuses_alone_are_worth_less() -> None:
    """Codes, messages, headers and values notice faults that statuses do not."""
    scores = {operator: score for operator, score in operator_scores([strength_of("genesys-cloud")]) if score.killed}
    assert {name for name, score in scores.items() if not score.killed_by_status} >= {"code", "header", "value"}
    assert scores["drop"].killed_by_status > 0


def test_a_row_that_fails_on_the_unchanged_stub_stops_the_measure() -> None:
    """Strength is measured on green pacts: a red row is named, and nothing is counted."""
    policy = POLICIES["genesys-cloud"]
    operation = policy.operations["get-call"]
    operations = {**policy.operations, "get-call": operation.model_copy(update={"rules": operation.rules[:-1]})}
    with pytest.raises(RowsFail, match="genesys-cloud/get_call/unknown-conversation: expected status 404, got 200"):
        measure(policy.model_copy(update={"operations": operations}), rows_of("genesys-cloud"), TABLES, [])


def test_without_a_necessary_row_the_command_fails_and_prints_it(run: Run, tmp_path: Path) -> None:
    """Exit code 1, the score below 100 %, and the outline of the row that is gone, with the mutants it noticed."""
    row = "genesys-cloud/place_call/permission-to-call-without-an-agent"
    assert row in strength_of("genesys-cloud").necessary
    found = tmp_path / "strength.json"
    ended = run(
        "strength", "--operation", "place-call", "--edition", "genesys-cloud", "--without", row, "--json", found
    )
    assert ended.returncode == 1, ended.stderr
    assert "a row is missing in genesys-cloud/place_call.yaml" in ended.stdout
    assert "permissions: ['conversation:agentlessCall:add']" in ended.stdout
    assert "because: conference-permission" in ended.stdout
    total = json.loads(found.read_text())["total"]
    assert total["killed"] < total["killable"]


def test_a_measure_of_nothing_is_an_error(run: Run, tmp_path: Path) -> None:
    """Exit code 5 and a reason where the options leave no row, and no figures of an earlier run."""
    earlier = tmp_path / "strength.json"
    earlier.write_text("{}")
    ended = run("strength", "--rows", "nothing/*", "--json", earlier)
    assert ended.returncode == 5
    assert not earlier.exists()
    assert "no row to measure" in ended.stderr


def test_the_page_is_that_of_the_committed_rows_and_rules() -> None:
    """docs/strength.md changes with tables and policies, or this fails."""
    committed = Path(__file__).parent.parent.parent / "docs" / "strength.md"
    written = page([strength_of(provider) for provider in POLICIES])
    assert written == committed.read_text(), "run `make docs` and commit docs/strength.md"


def test_the_command_writes_the_page_of_what_it_measured(run: Run, tmp_path: Path) -> None:
    """Exit code 0 where every fault is noticed, and the page of the editions that were chosen."""
    written = tmp_path / "strength.md"
    ended = run("strength", "--edition", SMALLEST, "--page", written, "--json", tmp_path / "strength.json")
    assert ended.returncode == 0, ended.stdout[-3000:]
    assert written.read_text() == page([strength_of(SMALLEST)])
