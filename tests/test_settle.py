"""The matrix: each reported consumer holds in its own edition, and what fails elsewhere is named, row and rule."""

import json
from functools import cache
from pathlib import Path

import pytest

from outdial.pact_files import PACTS, read_interactions
from outdial.reports.settle import ACCEPTED, NO_OPERATION, Cell, api_of, editions_of, page, settle
from provider_states import load_policies
from tests.command import outdial
from tests.committed import interactions, policies
from tests.conftest import ROOT
from tests.table_files import copy_policies, edit

PERSONAL, OMNICHANNEL = "nice-cxone.personal-connection", "nice-cxone.omnichannel"
NICE = [PACTS / f"reporting-dashboard-{PERSONAL}.json", PACTS / f"omnichannel-middleware-{OMNICHANNEL}.json"]


@cache
def matrix() -> tuple[Cell, ...]:
    """The committed pacts against the committed policies."""
    return tuple(settle(interactions(), policies()))


def cell(home: str, edition: str) -> Cell:
    """One cell; every provider has one consumer."""
    (found,) = [each for each in matrix() if (each.home, each.edition) == (home, edition)]
    return found


def test_every_pact_meets_every_edition_of_its_api_and_holds_at_home() -> None:
    """No cell is left out, and the published edition comes first; docs/settle.md is the matrix."""
    met = {(each.home, each.edition) for each in matrix()}
    homes = {each.provider for each in interactions()}
    assert met == {(home, edition) for home in homes for edition in editions_of(api_of(home), policies())}
    at_home = [each for each in matrix() if each.at_home]
    assert {each.consumer for each in at_home} == {each.consumer for each in interactions()}
    assert [each.home for each in at_home if not each.holds] == []
    assert editions_of("genesys-cloud", policies())[0] == "genesys-cloud"
    assert "genesys-cloud-login" not in editions_of("genesys-cloud", policies())
    assert (ROOT / "docs" / "settle.md").read_text(encoding="utf-8") == page(matrix()), "run `make docs`"


def test_no_reported_consumer_holds_in_another_edition() -> None:
    """Accounts contradict each other: who builds on one is refused by every other, and by the vendor.

    An edition that extends another, or is a copy of it, is no other account.
    """
    known = policies()
    others = [
        (known[each.home], known[each.edition])
        for each in matrix()
        if each.holds and not each.at_home and each.home in known
    ]
    differing = [(home, other) for home, other in others if home.source != other.source]
    assert not [
        (home.provider, other.provider)
        for home, other in differing
        if home.provider not in other.bases and other.provider not in home.bases
    ]


def test_a_failing_cell_names_rows_and_the_rule() -> None:
    """What the reported callers meet in the published edition, first the row that should be accepted."""
    first = cell("genesys-cloud.owner-id", "genesys-cloud").failures[0]
    assert (first.row.case_id, first.row.because) == ("genesys-cloud.owner-id/place_call/accepted", None)
    assert (first.answered_by, first.got) == ("conference-permission", "403 missing.any.permissions")


@pytest.mark.parametrize(
    ("home", "edition"), [(OMNICHANNEL, PERSONAL), (PERSONAL, "nice-cxone"), (OMNICHANNEL, "nice-cxone")]
)
def test_a_path_that_an_edition_does_not_have_is_told_from_a_refusal(home: str, edition: str) -> None:
    """No rule of the other report's edition decides about this one's path, nor does what NICE publishes."""
    assert {outcome.answered_by for outcome in cell(home, edition).outcomes} == {NO_OPERATION}
    assert not cell(home, edition).holds


def test_an_edition_that_does_not_exist_is_an_empty_column() -> None:
    """Without a policy of the vendor's own its cells hold nothing, and count as holding nothing."""
    known = {name: policy for name, policy in policies().items() if name != "nice-cxone"}
    (empty,) = [each for each in settle(read_interactions(NICE[:1]), known) if each.edition == "nice-cxone"]
    assert (empty.outcomes, empty.holds) == ((), False)


def test_a_changed_rule_changes_the_cell(tmp_path: Path) -> None:
    """The matrix is computed from the policies: drop the right to act, and its rows are accepted."""
    folder = copy_policies(tmp_path)
    old = "fact: token.acts_on_behalf\n        any_of: [true"
    edit(folder / f"{PERSONAL}.yaml", f"{old}]", f"{old}, false]")
    (home,) = [each for each in settle(read_interactions(NICE[:1]), load_policies(folder)) if each.at_home]
    assert [(each.row.case_id, each.answered_by) for each in home.failures] == [
        (f"{PERSONAL}/start_call/client-credentials", ACCEPTED)
    ]


def test_the_command_prints_the_matrix_and_writes_it(tmp_path: Path) -> None:
    """The page on the terminal, with the way to all rows; the same as JSON."""
    where = ["--json", tmp_path / "settle.json", "--page", tmp_path / "settle.md"]
    done = outdial("settle", "--pacts", *NICE, *where)
    rows = len(read_interactions(NICE[:1]))
    assert done.code == 0, done.err
    assert all(said in done.out for said in ("all hold", "no such operation", "rows played; all rows that fail: "))
    written = json.loads((tmp_path / "settle.json").read_text())
    (failing,) = [each for each in written["cells"] if each["edition"] == OMNICHANNEL and not each["holds"]]
    assert len(failing["failures"]) == rows
    assert failing["failures"][0].keys() == {"case", "expected", "got", "answered_by", "problems"}
    assert "`start_call/accepted`: no such operation" in (tmp_path / "settle.md").read_text()


def test_a_consumer_that_does_not_hold_at_home_fails_the_command(tmp_path: Path) -> None:
    """The exit code is 1, and the edition and the row are named."""
    folder = copy_policies(tmp_path)
    edit(folder / f"{OMNICHANNEL}.yaml", '["omnichannel:connection:write"]', '["routing:queue:view"]')
    done = outdial("settle", "--pacts", NICE[1], "--policies", folder, "--page", tmp_path / "settle.md")
    assert done.code == 1
    said = done.err.replace("\n", "")
    assert f"omnichannel-middleware does not hold in its own edition {OMNICHANNEL}" in said
    assert f"{OMNICHANNEL}/start_connection/view-only" in said
