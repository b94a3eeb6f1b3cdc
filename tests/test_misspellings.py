"""Five misspellings, one of each sort, in tables and policies: refused with file, line and what was meant."""

from pathlib import Path

import pytest

from contracts import load_suite
from provider_states import load_policies
from reports.name_check import check_policies, check_scenarios
from reports.published_names import load_names
from tests.table_files import copy_policies, copy_tables, edit
from yaml_documents import DocumentError

CALLS = Path("tables") / "genesys-cloud" / "place_call.yaml"
LOOKUP = Path("tables") / "genesys-cloud" / "get_call.yaml"
POLICY = Path("policies") / "genesys-cloud.yaml"


def load_all(tables: Path, policies: Path) -> None:
    """Everything that reads tables and policies, names that a vendor publishes included."""
    names = load_names()
    load_policies(policies)
    check_policies(names, policies)
    check_scenarios(names, load_suite(tables))


def line_of(path: Path, text: str) -> int:
    """The line on which a text first stands."""
    return next(at for at, line in enumerate(path.read_text().splitlines(), 1) if text in line)


MISSPELT = {
    "state": (LOOKUP, "a conversation: {}", "a convrsation: {}", "a convrsation: {}", "a conversation"),
    "rule": (POLICY, "- bearer-token\n", "- baerer-token\n", "- baerer-token", "bearer-token"),
    "scope form": (POLICY, "[conversations]", "[conversation:write]", "[conversation:write]", "conversations"),
    "granted scope": (
        CALLS,
        "[conversations]",
        '["conversations:read"]',
        'scopes: ["conversations:read"]',
        "conversations:readonly",
    ),
    "field": (POLICY, "- callerIdName", "- callerIDName", "- callerIDName", "callerIdName"),
    "kind": (POLICY, "kind: body_size", "kind: bodysize", "body-size:", "body_size"),
}
"""For each sort of name: the file, what stands there, the misspelling, the line that is named, and what was meant."""


@pytest.mark.parametrize(("file", "old", "new", "at", "meant"), MISSPELT.values(), ids=MISSPELT)
def test_a_misspelling_is_refused_at_its_line_with_what_was_meant(
    tmp_path: Path, file: Path, old: str, new: str, at: str, meant: str
) -> None:
    """A state, rule, scope, field or kind that does not exist never passes for one that does."""
    tables, policies = copy_tables(tmp_path), copy_policies(tmp_path)
    path = tmp_path / file
    edit(path, old, new)
    with pytest.raises(DocumentError) as refused:
        load_all(tables, policies)
    assert str(refused.value).startswith(f"{path}:{line_of(path, at)}: ")
    assert f"did you mean {meant!r}?" in str(refused.value)


def test_the_committed_tables_and_policies_name_what_is_published(tmp_path: Path) -> None:
    """The published editions grant and ask for published names only."""
    load_all(copy_tables(tmp_path), copy_policies(tmp_path))
