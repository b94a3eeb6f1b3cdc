"""Decision tables: a mistake is refused at its line with what would be right; a row is its operation plus a change."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.documents import DocumentError
from outdial.tables import TABLES, load_suite
from outdial.tables.citations import printed_in_a_report
from outdial.tables.matching import example, pattern, to_pact
from outdial.tables.merging import merged
from outdial.tables.numbers import is_reserved
from outdial.tables.observed import load_observed
from outdial.tables.questions import load_questions
from tests.conftest import ROOT
from tests.table_files import copy_tables, edit

TABLE = "genesys-cloud.yaml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      a conversation: {}", "      a convrsation: {}", "invalid provider state 'a convrsation' - did you mean 'a conversation'?"),
        ("{exists: false}", "{exist: false}", "unknown key 'exist' - did you mean 'exists'?"),
        ("{status: unknown}", "{status: unknwn}", "'unknwn' is not known - did you mean 'unknown'?"),
        ("answer: bad.credentials", "answer: bad.credential", "invalid answer 'bad.credential' - did you mean 'bad.credentials'?"),
        ("for: [get_call]", "for: [get_cal]", "invalid operation 'get_cal' - did you mean 'get_call'?"),
        ("as: application", "as: aplication", "invalid caller 'aplication' - did you mean 'application'?"),
        ("question: expired-token", "question: expird-token", "invalid question 'expird-token' - did you mean 'expired-token'?"),
        ("observed: t12", "observed: t112", "no recorded answer 't112'"),
        ("question: station}", "question: station, observed: t12}", "a row rests on one"),
        ("calls/${conversationId}", "calls/${conversatonId}", "did you mean 'conversationId'?"),
        (", rule: known-conversation", "", "'rule' is missing"),
        ("scopes: null, user: null, role", "scopes: null, role", "a client_credentials token has no user"),
        ("consumer: outdial", "consumer: outdial\nconsumer: outdial", "key 'consumer' stands twice, first on line 5"),
        ("callers:  ", "callers: [", "not valid YAML"),
        ("{status: 404", "{status: 4004", "less than or equal to 599"),
        ("title: on behalf of a queue", "title: to a queue", "same description as"),
        ("  to-a-colleague: {for", "  no-authorization: {for", "has this id already"),
        ("provider: genesys-cloud", "provider: genesys", "expected the file's name, 'genesys-cloud'"),
        ("accepted:\n  accepted", "acepted:\n  accepted", "unknown key 'acepted' - did you mean 'accepted'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_at_its_line_with_a_suggestion(tmp_path: Path, old: str, new: str, said: str) -> None:
    """File, line, the value, and what would be valid."""
    tables = copy_tables(tmp_path)
    edit(tables / TABLE, old, new)
    with pytest.raises(DocumentError) as refused:
        load_suite(tables)
    assert said in str(refused.value)
    assert f"{TABLE}:" in str(refused.value)


def test_a_table_without_refused_rows_is_refused(tmp_path: Path) -> None:
    """A contract needs rows that are refused too."""
    path = copy_tables(tmp_path) / TABLE
    path.write_text(path.read_text().partition("\nrefused:")[0] + "\nrefused: {}\n")
    with pytest.raises(DocumentError, match="no row is refused: a contract needs both"):
        load_suite(path.parent)


def test_a_table_with_the_ending_yml_is_not_passed_over(tmp_path: Path) -> None:
    """Its rows would be missing without a word."""
    tables = copy_tables(tmp_path)
    (tables / "mine.yml").write_text("provider: mine\n")
    with pytest.raises(
        DocumentError, match=r"mine\.yml: a file of this folder ends in \.yaml; rename it to mine\.yaml"
    ):
        load_suite(tables)


NUMBERS = ["911", "42", "112", "+4930123456", "+123456789012345", "3175559999", "317 555 9999", "tel:911"]
NUMBERS += ["tel:+4930123456", "sip:ada@outdial.com", "+1 (212) 736-5000"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_may_ring_is_refused(tmp_path: Path, number: str) -> None:
    """Short codes and real numbers, in any form: a pact may be played against a real telephone system."""
    tables = copy_tables(tmp_path)
    edit(tables / TABLE, '    body: {phoneNumber: "+13175550142"}', f'    body: {{phoneNumber: "{number}"}}')
    with pytest.raises(DocumentError, match=r"invalid telephone number .*: expected a reserved one \(NANP 555-0100"):
        load_suite(tables)


def test_a_number_is_found_at_any_depth(tmp_path: Path) -> None:
    """In a list of a body, in a query, and as a number of JSON."""
    for table, old in (
        (TABLE, 'participants: [{address: "+13175550142"}'),
        ("nice-cxone.yaml", 'query: {phoneNumber: "+13175550142"'),
        ("nice-cxone.yaml", "callerId: 13175550100"),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        tables = copy_tables(folder)
        edit(tables / table, old, re.sub(r"\+?1317555\d+", "12127365000", old))
        with pytest.raises(DocumentError, match="invalid telephone number '12127365000'"):
            load_suite(tables)


@pytest.mark.parametrize("number", ["+13175550142", "13175550100", "+442079460123", "+61491570156", "tel:+13175550142", "sip:a@example.org"])  # fmt: skip
def test_a_reserved_number_is_taken(tmp_path: Path, number: str) -> None:
    """Numbers for fiction of North America, Britain and Australia, and addresses of reserved domains."""
    tables = copy_tables(tmp_path)
    edit(tables / TABLE, '    body: {phoneNumber: "+13175550142"}', f'    body: {{phoneNumber: "{number}"}}')
    assert load_suite(tables)


def test_case_ids_and_descriptions_are_unique() -> None:
    """Pact merges interactions of one pact and one description without a word; ours cannot have two."""
    suite = load_suite()
    assert len({scenario.case_id for scenario in suite}) == len(suite)
    assert len({(scenario.provider, scenario.description) for scenario in suite}) == len(suite)


def test_the_contract_is_lean() -> None:
    """A quarter of the former 1,160 rows; at most a third of our own are assumed; each of these names a question."""
    suite = load_suite()
    own = [each for each in suite if each.consumer == "outdial"]
    assumed = [each for each in own if each.basis == "assumed"]
    assert len(own) <= 220
    assert len(suite) - len(own) <= 100
    assert len(assumed) <= len(own) / 3
    assert {each.source.question for each in suite if each.basis == "assumed"} <= load_questions().keys()
    assert len(load_questions()) <= 40
    assert sum(len(path.read_text().splitlines()) for path in TABLES.glob("*.yaml")) <= 1500


def test_what_no_organisation_can_arrange_is_marked() -> None:
    """Such a row is played against the stub only."""
    never = {each.because for each in load_suite() if each.never}
    assert never == {"service-available", "request-limit", "authorized", "call-can-be-placed"}


def test_no_row_holds_a_token() -> None:
    """Tokens and secrets are names of states; the examples say that they are none."""
    text = "".join(path.read_text() for path in TABLES.rglob("*.yaml"))
    assert "Bearer ${accessToken}" in text
    assert "eyJ" not in text


def test_every_recorded_answer_has_address_and_kind() -> None:
    """An answer without an address is nobody's."""
    assert len(load_observed()) >= 23
    assert all(each.address for each in load_observed().values())


plain = st.recursive(
    st.booleans() | st.integers() | st.text("ab", max_size=3),
    lambda inner: st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
mapping = st.dictionaries(st.text("xyz", min_size=1, max_size=2), plain, max_size=4)


@given(base=mapping, change=mapping)
def test_a_change_wins_and_leaves_the_rest(base: dict[str, object], change: dict[str, object]) -> None:
    """Applying a change twice is applying it once, and no change is no change."""
    once = merged(base, change)
    assert merged(once, change) == once
    assert merged(base, {}) == base
    assert set(once) == set(base) | set(change)


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10))
def test_a_pattern_matches_its_own_example(text: str) -> None:
    """Whatever stands around a returned value, the example in the pact matches the pact's own rule."""
    stated = f"{text.replace('$', '')}${{agentId}}"
    assert re.fullmatch(pattern(stated), example(stated))


def test_a_returned_value_has_matcher_example_and_generator() -> None:
    """The three parts without which a verifier would send the example token."""
    stated = to_pact("Bearer ${accessToken}")
    assert stated["pact:generator:type"] == "ProviderState"
    assert stated["expression"] == "Bearer ${accessToken}"
    assert stated["value"] == "Bearer EXAMPLE-NOT-A-TOKEN"


def test_every_number_in_the_project_is_reserved_or_a_reports_own() -> None:
    """Docs, examples and tests are pasted by readers; only what proves a refusal, and policy tests, may differ."""
    exempt = ("tests/test_tables.py", "tests/strength/", "outdial/provider/policies/tests/")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if name.endswith((".py", ".yaml", ".md", ".sh", ".js")) and not name.startswith(exempt):
            for number in re.findall(r"(?<![\w+])(?:tel:)?\+\d{7,}", (ROOT / name).read_text(encoding="utf-8")):
                assert is_reserved(number) or printed_in_a_report(number), (name, number)
