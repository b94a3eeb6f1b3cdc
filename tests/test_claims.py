"""Claims: every verdict is computed, from published names, the published policy and the matrix."""

from functools import cache
from pathlib import Path

import pytest

from pact_files import Interaction, read_interactions
from provider_states import load_policies
from reports.claims.claim import CLAIMS, Claim, load_claims
from reports.claims.page import instead, page
from reports.claims.verdict import Evidence, Verdict
from reports.published_names import NAMES, NotLookedUp, load_names
from reports.settle.matrix import settle
from tests.conftest import ROOT, Run
from tests.table_files import copy_policies, edit
from yaml_documents import DocumentError


@cache
def interactions() -> tuple[Interaction, ...]:
    """Every committed interaction."""
    return tuple(read_interactions([ROOT / "pacts"]))


def claims(path: Path = CLAIMS) -> tuple[Claim, ...]:
    """The claims of a file, checked against the committed pacts and names."""
    return load_claims(load_names(), [each.case_id for each in interactions()], path)


def evidence(policies: Path | None = None) -> Evidence:
    """What verdicts are computed from, with the policies of a folder."""
    loaded = load_policies(policies) if policies else load_policies()
    return Evidence(settle(interactions(), loaded), loaded, load_names())


@cache
def verdicts() -> dict[str, Verdict]:
    """Every verdict by its claim's id."""
    known = evidence()
    return {claim.id: known.verdict(claim) for claim in claims()}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("call-write-scope", "no such scope"),
        ("make-outbound-calls-permission", "not published"),
        ("owner-id", "no such field"),
        ("user-id-header", "no such header"),
        ("jwt-bearer-grant", "no such grant"),
        ("impersonate-path", "no such path"),
        ("no-after-call-work", "not published"),
        ("scopes-suffice-for-client-credentials", "refused: conference-permission"),
        ("client-credentials-have-no-user", "holds"),
        ("calls-outbound-is-no-scope", "holds"),
    ],
)
def test_each_verdict_follows_from_the_evidence(claim: str, text: str) -> None:
    """One claim of each sort."""
    assert verdicts()[claim].text == text


def test_every_report_has_claims_and_each_is_tested_by_a_row_that_holds_at_home() -> None:
    """A claim is tested by what its report says would happen, and the report's own edition bears that out."""
    assert len(verdicts()) >= 30
    assert {report for each in verdicts().values() for report in each.claim.reports} == {
        "000",
        "001",
        "002",
        "003",
        "004",
    }
    assert [each.claim.id for each in verdicts().values() if not each.at_home.holds] == []


def test_a_verdict_changes_with_one_rule(tmp_path: Path) -> None:
    """Turn the published user-context rule round: the claim that client credentials are refused no longer holds."""
    policies = copy_policies(tmp_path)
    edit(
        policies / "genesys-cloud.yaml",
        "fact: token.user\n        present: true",
        "fact: token.user\n        present: false",
    )
    changed = evidence(policies)
    before = {name: verdict.text for name, verdict in verdicts().items()}
    after = {claim.id: changed.verdict(claim).text for claim in claims()}
    assert {name for name in before if before[name] != after[name]} == {"client-credentials-have-no-user"}
    assert after["client-credentials-have-no-user"] == "does not hold: accepted"


def test_a_verdict_changes_with_the_rule_that_refuses(tmp_path: Path) -> None:
    """Without the permission rule, the next rule in the way is named."""
    policies = copy_policies(tmp_path)
    edit(policies / "genesys-cloud.yaml", "any_of: [conversation:conference:add]", "all_of: []")
    changed = evidence(policies)
    by_id = {claim.id: changed.verdict(claim).text for claim in claims()}
    assert by_id["scopes-suffice-for-client-credentials"] == "refused: user-context"


def test_a_state_counts_as_published_when_a_rule_asks_for_it(tmp_path: Path) -> None:
    """A published rule about after-call work makes that claim one that its row can test."""
    policies = copy_policies(tmp_path)
    edit(
        policies / "genesys-cloud.yaml",
        "fact: agent.station\n    none_of: [none]",
        "fact: agent.after_call_work\n    none_of: [true]",
    )
    (claim,) = [each for each in claims() if each.id == "no-after-call-work"]
    assert evidence(policies).verdict(claim).text == "refused: conference-permission"


@pytest.mark.parametrize("claim", ["call-write-scope", "owner-id", "user-id-header"])
def test_the_page_says_what_to_do_instead(claim: str) -> None:
    """For the three claims that come up most: what the published API does, which operation and which permission."""
    (line,) = instead([verdicts()[claim]], evidence())
    assert verdicts()[claim].claim.says in line
    assert "`user-context` (400 not.a.user)" in line
    assert "`POST /api/v2/conversations/calls/user/{userId}`" in line
    assert "`conversation:agentlessCall:add` or `conversation:call:add`" in line
    assert "assumed" in line, "that client credentials may call it is an inference, and says so"


def test_an_operation_that_refuses_is_not_recommended(tmp_path: Path) -> None:
    """The advice is computed too: it goes when the published edition no longer accepts its case."""
    policies = copy_policies(tmp_path)
    edit(
        policies / "genesys-cloud.yaml",
        "any_of: [conversation:agentlessCall:add, conversation:call:add]",
        "any_of: [admin]",
    )
    changed = evidence(policies)
    (claim,) = [each for each in claims() if each.id == "owner-id"]
    (line,) = instead([changed.verdict(claim)], changed)
    assert "Nothing that works is known: `genesys-cloud/place_call_for_agent/accepted` is refused" in line


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    kind: path\n", "    kind: pth\n", "'pth' is not known - did you mean 'path'?"),
        ("start_call/accepted", "start_call/acepted", "no pact has the case"),
        ("name: agent.presence", "name: agent.presense", "no state 'agent.presense' - did you mean 'agent.presence'?"),
        ("    kind: path\n", "    kind: path\n    verdict: holds\n", "unknown key 'verdict'"),
        ("- id: manage-outbound-scope", "- id: outbound-calls-path", "stands twice"),
        ("/api/v2/outbound/calls\n    row", "/api/v2/outbound/call\n    row", "look it up in"),
    ],
)
def test_a_mistake_in_a_claim_is_refused_at_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Kinds, rows, states and names are known ones, and nobody can write a verdict."""
    path = tmp_path / "claims.yaml"
    path.write_text(CLAIMS.read_text(encoding="utf-8"), encoding="utf-8")
    edit(path, old, new)
    with pytest.raises(DocumentError, match=said.replace("?", r"\?")) as refused:
        claims(path)
    assert f"{path}:" in str(refused.value)


def test_a_name_that_nobody_looked_up_is_neither_real_nor_unreal() -> None:
    """An incomplete list says nothing about a name that is not in it."""
    published = load_names()["genesys-cloud"]
    assert published.exists("permission", "conversation:call:add") is True
    assert published.exists("permission", "outbound:campaign:execute") is False
    with pytest.raises(NotLookedUp, match="look it up in"):
        published.exists("permission", "analytics:view:all")
    assert load_names()["nice-cxone"].exists("permission", "make_outbound_calls") is None


def test_names_say_where_they_come_from_and_when() -> None:
    """Each list of published names has a source with its date."""
    assert {path.stem for path in NAMES.glob("*.yaml")} == {"genesys-cloud", "nice-cxone"}
    for names in load_names().values():
        for kind in ("scope", "permission", "field", "header", "grant", "path"):
            listed = names.of(kind)
            assert listed is None or "2026" in listed.source, (names.api, kind)


def test_the_command_shows_every_verdict_and_writes_the_page(run: Run, tmp_path: Path) -> None:
    """One line for each claim on the terminal."""
    done = run("claims", "--page", tmp_path / "claims.md")
    assert done.returncode == 0, done.stderr
    assert "scope conversation:call:write" in done.stdout
    assert (tmp_path / "claims.md").read_text() == (ROOT / "docs" / "claims.md").read_text()


def test_a_published_edition_that_invents_a_scope_stops_the_command(run: Run, tmp_path: Path) -> None:
    """Verdicts against an edition that is not what its vendor publishes would be worth nothing."""
    policies = copy_policies(tmp_path)
    edit(policies / "genesys-cloud.yaml", "any_of: [conversations]", "any_of: [conversation:write]")
    done = run("claims", "--policies", policies, "--page", tmp_path / "claims.md")
    assert done.returncode == 4
    assert "Genesys publishes no scope 'conversation:write' - did you mean 'conversations'?" in done.stderr
    assert not (tmp_path / "claims.md").exists()


def test_the_committed_page_is_computed() -> None:
    """docs/claims.md is generated; `make claims` writes it anew."""
    written = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert written == page(list(verdicts().values()), evidence())
