"""Policies: nothing unresolved ever decides, editions inherit what they do not say, and tests hold each rule."""

from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.generation.clients import CLIENTS
from outdial.pact_files import PACTS
from outdial.provider import POLICIES, read_written
from outdial.strength.command import measured
from outdial.strength.policy_tests import PolicyTest, failing, load_policy_tests
from outdial.tables import TABLES, load_suite
from provider_states import load_policies
from tests.committed import interactions, policies, suite
from tests.extensions import apply, sections
from tests.table_files import edit

CALLS, LOGIN, ACME = "genesys-cloud", "genesys-cloud-login", "genesys-cloud.acme"
POLICY, TABLE = f"policies/{ACME}.yaml", f"tables/{ACME}.yaml"


@pytest.mark.parametrize("provider", policies())
def test_every_policy_decides_as_its_tests_say(provider: str) -> None:
    """One line for each test that fails: what it says, and what the policy decides."""
    policy, tests = policies()[provider], load_policy_tests(provider)
    assert tests
    assert [(each.operation, each.rule, each.outcome(policy)) for each in failing(policy, tests)] == []


def test_a_policy_test_that_expects_another_rule_fails() -> None:
    """The reason counts, not only the answer."""
    test = next(each for each in load_policy_tests(CALLS) if each.rule == "live-token")
    assert test.passes(policies()[CALLS])
    assert not PolicyTest(test.operation, "known-token", test.answer, test.facts).passes(policies()[CALLS])


@pytest.mark.parametrize("provider", ["genesys-cloud.impersonation", pytest.param(CALLS, marks=pytest.mark.slow)])
def test_strength_tells_two_figures_and_is_no_gate(provider: str) -> None:
    """Faults that rows notice, and those that rows or policy tests do; a dropped check is noticed by one of them."""
    (strength,) = measured([PACTS], POLICIES, [provider])
    dropped = [each for each in strength.judged if each.fault.kind in {"drop", "status", "code"}]
    assert all(each.noticed for each in dropped)
    by_rows = sum(bool(each.rows) for each in strength.judged)
    assert 0 < by_rows < sum(each.noticed for each in strength.judged) < len(strength.judged)
    assert {row for each in strength.judged for row in each.rows} <= {each.case_id for each in interactions()}


def test_every_rule_that_is_written_is_served() -> None:
    """For each operation, as many rules decide as its file lists, by the same names, each with its evidence."""
    for provider, policy in policies().items():
        written = read_written(POLICIES / f"{provider}.yaml")[0].data["operations"]
        for name, operation in policy.operations.items():
            listed = [rule if isinstance(rule, str) else rule["id"] for rule in written[name]["rules"]]
            assert [rule.id for rule in operation.rules] == listed
            assert all(rule.basis and rule.source for rule in operation.rules)


def test_facts_that_are_secrets_are_known_as_such_and_no_others() -> None:
    """What is exchanged for a token, by its field and by its record, and what clients prove themselves with."""
    login = policies()[LOGIN].operations
    always = {"basic.secret", "form.client_secret", "form.code_verifier"}
    code = {*always, "client.secret", "code.id", "code.challenge", "form.code"}
    assert policies()[CALLS].operations["place-call"].secrets == always
    assert login["authorization-code"].secrets == code
    assert login["authorization-code-with-pkce"].secrets == {*code, "form.code_verifier.s256"}
    assert {"form.refresh_token", "code.id"} < login["refresh"].secrets
    assert {"form.assertion", "code.id"} < login["saml2-bearer"].secrets


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The edition of docs/extend.md in folders of its own, beside which nothing stands."""
    for block in sections()["An edition"][1]:
        kind = "policies" if "policies" in block.file else "tables"
        apply(block._replace(file=f"{kind}/{block.file.partition(f'/{kind}/')[2]}"), tmp_path)
    return tmp_path


def test_what_is_not_said_is_inherited_with_its_evidence(own: Path) -> None:
    """The rules and rows of the other edition are those of this one, each with the basis and source that it has."""
    ours, theirs = load_policies(own / "policies")[ACME], policies()[CALLS]
    assert ours.bases == (CALLS,)
    assert ours.operations["place-call-for-agent"] == theirs.operations["place-call-for-agent"]
    differing = {"user-context", "agent-free"}
    rules, others = ([*each.operations["place-call"].rules] for each in (ours, theirs))
    assert [rule for rule in rules if rule.id not in differing] == [rule for rule in others if rule.id not in differing]
    known = {each.case_id.partition("/")[2]: each for each in suite() if each.provider == CALLS}
    rows = {each.case_id.partition("/")[2]: each for each in load_suite(own / "tables", CLIENTS)}
    assert {each.provider for each in rows.values()} == {ACME}
    for name in rows.keys() & known.keys() - {"place_call/client-credentials", "place_call/reported-header"}:
        assert (rows[name].basis, rows[name].source) == (known[name].basis, known[name].source)
        assert rows[name].request == known[name].request


def test_what_is_said_differs_and_has_evidence_of_its_own(own: Path) -> None:
    """A changed rule or row keeps what is not said of it, never its basis; what is dropped is gone everywhere."""
    edit(own / POLICY, "operations:\n", "rules: {security-policy: null}\noperations:\n")
    edit(own / TABLE, "refused:\n", "refused:\n  no-station: null\n")
    policy = load_policies(own / "policies")[ACME]
    rules = {rule.id: rule for rule in policy.operations["place-call"].rules}
    assert (rules["user-context"].deny.status, rules["user-context"].basis) == (403, "assumed")
    assert [*rules].index("agent-free") == [*rules].index("station") - 1
    assert not [rule for each in policy.operations.values() for rule in each.rules if rule.id == "security-policy"]
    rows = {each.case_id.partition("/")[2]: each for each in load_suite(own / "tables", CLIENTS)}
    changed = rows["place_call/client-credentials"]
    assert (changed.expected.status, changed.basis, changed.because) == (403, "assumed", "user-context")
    assert not [name for name in rows if name.endswith(("/no-station", "/reported-states-of-the-agent"))]
    assert changed.place.startswith(str(own))
    assert rows["place_call/accepted"].place.startswith(str(TABLES))


def test_an_edition_may_extend_one_that_extends_another_but_not_in_a_circle(own: Path) -> None:
    """What neither says comes from the last; a circle is named as it goes."""
    further = own / "policies" / f"{ACME}-west.yaml"
    west = "operations: {place-call-for-agent: null, hang-up: null}\n"
    further.write_text(f"provider: {ACME}-west\nextends: {ACME}\nsource: their west\n{west}")
    policy = load_policies(own / "policies")[f"{ACME}-west"]
    assert policy.bases == (ACME, CALLS)
    dropped = load_policies(own / "policies")[ACME].operations.keys() - policy.operations.keys()
    assert dropped == {"place-call-for-agent", "hang-up"}
    assert "agent-free" in {rule.id for rule in policy.operations["place-call"].rules}
    edit(own / POLICY, "extends: genesys-cloud\n", f"extends: {ACME}-west\n")
    with pytest.raises(DocumentError, match=f"a circle: .*{ACME} extends {ACME}"):
        load_policies(own / "policies")


def test_a_refusal_asks_only_for_what_every_denial_gives(tmp_path: Path) -> None:
    """An answer's template may have fields of its own; a denial that does not fill them is not served."""
    (policy,) = [block for block in sections()["A vendor"][1] if "policies" in block.file]
    for folder, text in (("whole", policy.text), ("part", policy.text.replace(", params: {field: from}", ""))):
        apply(policy._replace(file=f"{folder}/zenith-voice.yaml", text=text), tmp_path)
    assert load_policies(tmp_path / "whole")["zenith-voice"].operations["dial"].rules[1].deny.code == 21210
    with pytest.raises(DocumentError, match=r"zenith-voice\.yaml:6: nothing fills \$\{field\}"):
        load_policies(tmp_path / "part")
