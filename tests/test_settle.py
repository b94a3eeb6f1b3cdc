"""The matrix: each reported consumer holds in its own edition, and what fails elsewhere is named, row and rule."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from outdial.pact_files import Interaction, read_interactions
from outdial.provider import POLICIES
from outdial.reports.editions import api_of, editions_of
from outdial.reports.settle.matrix import ACCEPTED, NO_OPERATION, Cell, settle
from outdial.reports.settle.page import page
from outdial.reports.settle.verified import disagreements
from provider_states import load_policies
from tests.conftest import ROOT, Run
from tests.table_files import copy_policies, edit

PACTS = ROOT / "pacts"
NICE = [
    PACTS / "reporting-dashboard-nice-cxone.personal-connection.json",
    PACTS / "omnichannel-middleware-nice-cxone.omnichannel.json",
]


@cache
def interactions() -> tuple[Interaction, ...]:
    """Every committed interaction."""
    return tuple(read_interactions([PACTS]))


@cache
def matrix() -> tuple[Cell, ...]:
    """The committed pacts against the committed policies."""
    return tuple(settle(interactions(), load_policies()))


def cell(home: str, edition: str) -> Cell:
    """One cell; every provider has one consumer."""
    (found,) = [each for each in matrix() if (each.home, each.edition) == (home, edition)]
    return found


def test_every_pact_meets_every_edition_of_its_api() -> None:
    """No cell is left out, and the published edition comes first."""
    providers = load_policies()
    met = {(each.home, each.edition) for each in matrix()}
    homes = {each.provider for each in interactions()}
    assert met == {(home, edition) for home in homes for edition in editions_of(api_of(home), providers)}
    assert {each.consumer for each in matrix()} == {each.consumer for each in interactions()}
    assert editions_of("genesys-cloud", providers)[0] == "genesys-cloud"
    assert "genesys-cloud-login" not in editions_of("genesys-cloud", providers)


def test_every_consumer_holds_in_its_own_edition() -> None:
    """A report's consumer is content with the provider that its report describes."""
    at_home = [each for each in matrix() if each.at_home]
    assert {each.consumer for each in at_home} == {each.consumer for each in interactions()}
    assert [each.home for each in at_home if not each.holds] == []


def test_no_reported_consumer_holds_in_another_edition() -> None:
    """Accounts of different sources contradict each other: who builds on one is refused by every other, and by the
    vendor. An edition that extends another, or is a copy of it, is no other account."""
    policies = load_policies()
    others = [
        (policies[each.home], policies[each.edition])
        for each in matrix()
        if each.holds and not each.at_home and each.home in policies
    ]
    assert [
        (home.provider, edition.provider)
        for home, edition in others
        if home.source != edition.source
        and home.provider not in edition.extends
        and edition.provider not in home.extends
    ] == []


def test_a_failing_cell_names_rows_and_the_rule() -> None:
    """What the reported callers meet in the published edition, first the row that should be accepted."""
    first = cell("genesys-cloud.owner-id", "genesys-cloud").failures[0]
    assert first.case_id == "genesys-cloud.owner-id/place_call/accepted"
    assert first.wants_acceptance
    assert first.answered_by == "conference-permission"
    assert first.got == "403 missing.any.permissions"
    assert {"conference-permission", "user-context", "published-fields"} <= first.in_the_way.keys()


def test_a_path_that_an_edition_does_not_have_is_told_from_a_refusal() -> None:
    """No rule of the other report's edition decides about this one's path."""
    answers = {
        outcome.answered_by for outcome in cell("nice-cxone.omnichannel", "nice-cxone.personal-connection").outcomes
    }
    assert answers == {NO_OPERATION}


def test_what_both_reports_call_is_no_operation_of_what_nice_publishes() -> None:
    """The published edition has a column of its own, where no row of either report reaches an operation."""
    for home in ("nice-cxone.personal-connection", "nice-cxone.omnichannel"):
        assert {outcome.answered_by for outcome in cell(home, "nice-cxone").outcomes} == {NO_OPERATION}
        assert not cell(home, "nice-cxone").holds


def test_an_edition_that_does_not_exist_is_an_empty_column() -> None:
    """Without a policy of the vendor's own its cells hold nothing, and count as holding nothing."""
    policies = {name: policy for name, policy in load_policies().items() if name != "nice-cxone"}
    (empty,) = [each for each in settle(read_interactions(NICE[:1]), policies) if each.edition == "nice-cxone"]
    assert empty.outcomes == ()
    assert not empty.holds


def test_a_changed_rule_changes_the_cell(tmp_path: Path) -> None:
    """The matrix is computed from the policies: drop the right to act, and its rows are accepted."""
    policies = copy_policies(tmp_path)
    edit(
        policies / "nice-cxone.personal-connection.yaml",
        "fact: token.acts_on_behalf\n        any_of: [true]",
        "fact: token.acts_on_behalf\n        any_of: [true, false]",
    )
    cells = settle(read_interactions(NICE[:1]), load_policies(policies))
    (home,) = [each for each in cells if each.at_home]
    assert [(outcome.row, outcome.answered_by) for outcome in home.failures] == [
        ("client-credentials", ACCEPTED),
    ]


def test_verifier_and_replay_agree_on_the_rows_of_another_edition() -> None:
    """Pact's verifier says the same as replay, at home and elsewhere, row by row."""
    rows = read_interactions(NICE)
    cells = settle(rows, load_policies())
    verified: list[None] = []
    assert disagreements(cells, rows, POLICIES, lambda: verified.append(None)) == []
    assert len(verified) == sum(len(each.outcomes) for each in cells) == 3 * len(rows)


def test_a_disagreement_of_verifier_and_replay_is_named() -> None:
    """Where the two differ, neither is believed: the row, the edition and what each of them says are reported."""
    rows = read_interactions(NICE[:1])
    home = next(each for each in settle(rows, load_policies()) if each.at_home)
    wrong = replace(home.outcomes[0], problems=("it is not so",))
    cells = [replace(home, outcomes=(wrong, *home.outcomes[1:]))]
    (found,) = disagreements(cells, rows, POLICIES, lambda: None)
    assert str(found) == (
        f"{wrong.case_id} against nice-cxone.personal-connection: the verifier says it holds, replay says it is not so"
    )


def test_the_command_prints_the_matrix_and_writes_it(run: Run, tmp_path: Path) -> None:
    """Table, time and the way to all rows on the terminal, the same as JSON and as a page."""
    where = ["--json", tmp_path / "settle.json", "--page", tmp_path / "settle.md"]
    done = run("settle", "--pacts", *NICE, *where)
    rows = len(read_interactions(NICE[:1]))
    assert done.returncode == 0, done.stderr
    assert f"all {rows} hold" in done.stdout
    assert "no such operation" in done.stdout
    assert "rows verified in" in done.stdout
    assert len(done.stdout.splitlines()) <= 45
    written = json.loads((tmp_path / "settle.json").read_text())
    failing = [each for each in written["cells"] if each["edition"] == "nice-cxone.omnichannel" and not each["holds"]]
    assert [len(each["failures"]) for each in failing] == [rows]
    assert failing[0]["failures"][0].keys() == {"case", "expected", "got", "answered_by", "problems"}
    assert "`start_call/accepted`: no such operation" in (tmp_path / "settle.md").read_text()


def test_a_consumer_that_does_not_hold_at_home_fails_the_command(run: Run, tmp_path: Path) -> None:
    """The exit code is 1, and the edition and the row are named."""
    policies = copy_policies(tmp_path)
    edit(
        policies / "nice-cxone.omnichannel.yaml",
        'any_of: ["omnichannel:connection:write"]',
        'any_of: ["routing:queue:view"]',
    )
    where = ["--policies", policies, "--json", tmp_path / "settle.json", "--page", tmp_path / "settle.md"]
    done = run("settle", "--pacts", NICE[1], *where)
    assert done.returncode == 1
    assert "omnichannel-middleware does not hold in its own edition nice-cxone.omnichannel" in done.stderr
    assert "nice-cxone.omnichannel/start_connection/view-only" in done.stderr.replace("\n", "")


def test_the_committed_page_is_the_matrix() -> None:
    """docs/settle.md is generated; `make docs` writes it anew."""
    assert (ROOT / "docs" / "settle.md").read_text(encoding="utf-8") == page(matrix())


@pytest.mark.parametrize("report", ["personal-connection", "omnichannel"])
def test_the_reported_refusal_of_client_credentials_is_in_the_pact(report: str) -> None:
    """Both CXone reports begin with a caller that is refused: that row is there, and refused."""
    rows = {"personal-connection": "start_call/client-credentials", "omnichannel": "start_connection/view-only"}
    home = cell(f"nice-cxone.{report}", f"nice-cxone.{report}")
    assert [outcome.got[:3] for outcome in home.outcomes if outcome.operation_and_row == rows[report]] == ["403"]
