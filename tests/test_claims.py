"""Claims: every verdict is computed, from what is published and from a trial where everything else is right."""

from functools import cache
from pathlib import Path

import pytest

from outdial.definitions import NAME_KINDS, NotLookedUp, load_definitions
from outdial.reports.claim import Claim, load_claims
from outdial.reports.claims import Evidence, Verdict, instead, page
from outdial.reports.settle import settle
from provider_states import load_policies
from tests.command import outdial
from tests.committed import interactions, policies
from tests.conftest import ROOT
from tests.table_files import copy_policies, edit


@cache
def claims() -> tuple[Claim, ...]:
    """The claims, checked against the committed pacts and definitions."""
    return load_claims(load_definitions(), [each.case_id for each in interactions()])


@cache
def evidence(folder: Path | None = None) -> Evidence:
    """What verdicts are computed from, with the policies of a folder."""
    known = load_policies(folder) if folder else policies()
    return Evidence(settle(interactions(), known), known, load_definitions())


@cache
def verdicts() -> dict[str, Verdict]:
    """Every verdict by its claim's id."""
    return {claim.id: evidence().verdict(claim) for claim in claims()}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("call-write-scope", "no such scope"),
        ("make-outbound-calls-permission", "no such permission"),
        ("code-unauthorized", "not published"),
        ("owner-id", "no such field"),
        ("user-id-header", "no such header"),
        ("jwt-bearer-grant", "no such grant"),
        ("impersonate-path", "no such path"),
        ("code-forbidden", "does not hold: the code was seen on another operation"),
        ("errors-in-the-body", "does not hold: the field exists and is empty"),
        ("strict-scope-separation", "holds"),
        ("sdk-call-to", "no such name in an SDK"),
        ("hidden-profile-flag", "not looked up"),
        ("no-after-call-work", "not published: Does the presence of the user"),
        ("scopes-suffice-for-client-credentials", "refused: user-context"),
        ("client-credentials-have-no-user", "holds, with another status"),
        ("role-that-allows-outbound-calls", "not published: May client credentials place a call"),
        ("calls-outbound-is-no-scope", "holds"),
    ],
)
def test_each_verdict_follows_from_the_evidence(claim: str, text: str) -> None:
    """One claim of each sort."""
    assert verdicts()[claim].text.startswith(text)


def test_every_report_has_claims_and_its_own_edition_bears_each_out() -> None:
    """A claim is shown by what its report says would happen."""
    reports = {quote.report for each in verdicts().values() for quote in each.claim.quotes}
    assert reports == {path.stem for path in (ROOT / "contracts" / "reports").glob("*.yaml")}
    assert [each.claim.id for each in verdicts().values() if not each.at_home.holds] == []


def test_no_trial_stops_at_a_condition_that_it_is_not_about() -> None:
    """Each trial is a row of a published edition, refused by the very rule that the row is about, or by none."""
    for verdict in verdicts().values():
        if verdict.tried is not None:
            assert verdict.tried.holds, verdict.claim.id
            assert verdict.tried.replayed.decision is not None
            failed = {step.rule for step in verdict.tried.replayed.decision.trace if step.outcome == "failed"}
            others = failed - {verdict.tried.answered_by}
            assert others <= {"permission-in-division"}, "without a permission there is none in a division either"


def test_a_verdict_changes_with_one_rule(tmp_path: Path) -> None:
    """Without the user-context rule, the claim that client credentials are refused no longer holds."""
    folder = copy_policies(tmp_path)
    never = "when: {fact: token.scopes, any_of: [never]}\n        fact: token.user"
    edit(
        folder / "genesys-cloud.yaml", "kind: condition\n        fact: token.user", f"kind: condition\n        {never}"
    )
    after = {claim.id: evidence(folder).verdict(claim).text for claim in claims()}
    assert after["client-credentials-have-no-user"] == "does not hold: accepted"
    other = "scopes-suffice-for-client-credentials"
    assert verdicts()[other].text != after[other]


@pytest.mark.parametrize("claim", ["call-write-scope", "owner-id", "user-id-header"])
def test_the_page_says_what_to_do_instead(claim: str) -> None:
    """For the three claims that come up most: what the published API does, which operation and which permission."""
    (line,) = instead([verdicts()[claim]], evidence())
    assert verdicts()[claim].claim.says in line
    assert "`POST /api/v2/conversations/calls/user/{userId}`" in line
    assert "`conversation:agentlessCall:add` or `conversation:call:add`" in line
    assert "assumed" in line, "that client credentials may call it is an inference, and says so"


def test_a_claim_of_another_vendor_names_the_published_way() -> None:
    """Each claim about NICE whose aim its vendor serves names the operation: a dial in a session of the agent's own."""
    (line,) = instead([verdicts()["outbound-calls-path"]], evidence())
    assert "/agent-sessions/{sessionId}/dial-phone`" in line
    assert line.endswith("(case `nice-cxone/dial_phone/accepted`, published).")


def test_a_name_that_nobody_looked_up_is_neither_real_nor_unreal() -> None:
    """An incomplete list says nothing of a name that is not in it; each list has a source with its date."""
    published, nice = (load_definitions()[name] for name in ("genesys-cloud", "nice-cxone"))
    for definition, kind, name, real in (
        (published, "permission", "conversation:call:add", True),
        (published, "permission", "outbound:campaign:execute", False),
        (nice, "permission", "make_outbound_calls", False),
        (nice, "code", "unauthorized", None),
    ):
        assert definition.exists(kind, name) is real  # type: ignore[arg-type]
    with pytest.raises(NotLookedUp, match="look it up in"):
        published.exists("sdk", "a-package-of-nobody")
    with pytest.raises(NotLookedUp, match="look it up in"):
        nice.exists("permission", "hidden permission flag")
    for definition in load_definitions().values():
        for listed in filter(None, map(definition.listed, NAME_KINDS)):
            assert "2026" in f"{listed.source} {definition.date}", definition.api


def test_the_command_shows_every_verdict_and_writes_the_page(tmp_path: Path) -> None:
    """One line for each claim on the terminal; the committed page is what is computed."""
    done = outdial("claims", "--page", tmp_path / "claims.md")
    assert done.code == 0, done.err
    assert "conversation:call:write" in done.out
    written = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert (tmp_path / "claims.md").read_text(encoding="utf-8") == written, "run `make docs`"
    assert written == page(list(verdicts().values()), evidence())
