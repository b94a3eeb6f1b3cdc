"""Scenario tables: a mistake is refused at its line with what would be right; a row is the head plus its change."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.documents import DocumentError
from outdial.tables import TABLES, load_suite
from outdial.tables.matching import example, pattern, to_pact
from outdial.tables.merging import Contradiction, both, merged
from tests.table_files import copy_tables, edit

TABLE = Path("genesys-cloud") / "get_call.yaml"
EDITION = Path("genesys-cloud") / "edition.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "said"),
    [
        (TABLE, "  a conversation: {}", "  a convrsation: {}", 11, "no provider state 'a convrsation' - did you mean 'a conversation'?"),
        (TABLE, "{exists: false}", "{exist: false}", None, "unknown key 'exist' - did you mean 'exists'?"),
        (TABLE, "{status: expired}", "{status: expird}", None, "'expird' is not known - did you mean 'expired'?"),
        (TABLE, "expect: bad.credentials", "expect: bad.credential", None, "did you mean 'bad.credentials'?"),
        (TABLE, "scenarios:", "scenario:", None, "unknown key 'scenario' - did you mean 'scenarios'?"),
        (TABLE, "  - id: read-write-scope", "  - id: readonly-scope", None, "row 'readonly-scope' stands twice"),
        (TABLE, "    - [no-scope, unknown-conversation]", "    - [no-skope, unknown-conversation]", None, "no row 'no-skope' - did you mean 'no-scope'?"),
        (TABLE, "    - [no-scope, unknown-conversation]", "    - [expired-token, revoked-token]", None, "cannot both be broken: given.an access token.status"),
        (TABLE, "    - [no-scope, unknown-conversation]", "    - [no-scope, readonly-scope]", None, "an order pair takes two refused rows"),
        (TABLE, "${conversationId}\n", "${conversatonId}\n", None, "did you mean 'conversationId'?"),
        (TABLE, "    because: known-conversation\n", "", None, "a refused row says `because` of which condition"),
        (TABLE, "{grant: client_credentials, scopes: null, user: null}", "{grant: client_credentials, scopes: null}", None, "a client_credentials token has no user"),
        (TABLE, "basis: published", "basis: publisht", 6, "'publisht' is not known - did you mean 'published'?"),
        (TABLE, "consumer: outdial", "consumer: outdial\nconsumer: outdial", 3, "key 'consumer' stands twice, first on line 2"),
        (TABLE, "given:  ", "given: [", None, "not valid YAML"),
        (TABLE, "  - id: readonly-scope\n", "  - id: readonly-scope\n    because: known-token\n", None, "an accepted row has no `because`"),
        (TABLE, "    title: a call with its parties", "    title: a user's token by another grant, with conversations and more", None, "stands at"),
        (TABLE, "  - id: participants", "  - id: no-scope-before-unknown-conversation", None, "case_id 'genesys-cloud/get_call/no-scope-before-unknown-conversation' stands at"),
        (EDITION, "provider: genesys-cloud", "provider: genesys", 5, "is not the folder's name"),
        (EDITION, "status: 404", "status: 4004", None, "less than or equal to 599"),
        (EDITION, "fills: {code: not.found}", "fills: {}", None, "the edition's shape asks for ${code}"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_at_its_line_with_a_suggestion(
    tmp_path: Path, file: Path, old: str, new: str, line: int | None, said: str
) -> None:
    """File, line, the value, and what would be valid."""
    tables = copy_tables(tmp_path)
    edit(tables / file, old, new)
    with pytest.raises(DocumentError) as refused:
        load_suite(tables)
    message = str(refused.value)
    assert said in message
    assert ".yaml:" in message
    assert line is None or f"{file.name}:{line}: " in message


def test_a_table_with_accepted_rows_only_is_refused(tmp_path: Path) -> None:
    """A contract needs rows that are refused too."""
    tables = copy_tables(tmp_path)
    path = tables / TABLE
    head, _, _ = path.read_text().partition("scenarios:")
    path.write_text(head + "scenarios:\n  - id: readonly-scope\n")
    with pytest.raises(DocumentError, match="no row is refused; a contract needs both"):
        load_suite(tables)


def test_a_table_of_no_row_is_refused(tmp_path: Path) -> None:
    """With what it takes, and that there is none."""
    path = copy_tables(tmp_path) / TABLE
    path.write_text(f"{path.read_text().partition('scenarios:')[0]}scenarios: []\n")
    with pytest.raises(DocumentError, match=r"scenarios: takes at least 1 values, .*; found 0"):
        load_suite(path.parent.parent)


def test_case_ids_and_descriptions_are_unique() -> None:
    """Pact merges interactions of one pact and one description without a word; ours cannot have two."""
    suite = load_suite()
    assert len({scenario.case_id for scenario in suite}) == len(suite)
    assert len({(scenario.provider, scenario.description) for scenario in suite}) == len(suite)


def test_every_row_carries_its_evidence() -> None:
    """Basis and source on each row; what nobody says is assumed."""
    for scenario in load_suite():
        assert scenario.source, scenario.place
        if "-before-" in scenario.case_id and scenario.provider.startswith("genesys-cloud"):
            assert scenario.basis == "assumed", scenario.place


def test_no_row_holds_a_token(suite_text: str) -> None:
    """Tokens and secrets are names of states; the examples say that they are none."""
    assert "Bearer ${accessToken}" in suite_text
    assert "eyJ" not in suite_text


@pytest.fixture
def suite_text() -> str:
    """All tables as text."""
    return "".join(path.read_text() for path in TABLES.rglob("*.yaml"))


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


@given(first=mapping, second=mapping)
def test_two_changes_agree_in_either_order_or_conflict(first: dict[str, object], second: dict[str, object]) -> None:
    """Both conditions broken at once means the same whichever is named first."""
    try:
        together = both(first, second)
    except Contradiction:
        with pytest.raises(Contradiction):
            both(second, first)
        return
    assert together == both(second, first)
    assert merged(merged({}, first), second) == together


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
