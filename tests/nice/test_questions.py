"""What NICE does not publish is asserted by no row, and stands in a generated list with the question to ask."""

from pathlib import Path

import pytest

from outdial.definitions import load_definitions
from outdial.documents import DocumentError
from outdial.reports.published.unasserted import UNASSERTED, load_unasserted, page
from outdial.tables import load_suite
from tests.conftest import ROOT
from tests.table_files import edit


def test_the_committed_page_is_generated() -> None:
    """docs/questions.md follows from the rows and from what they leave out."""
    definitions, suite = load_definitions(), load_suite()
    written = page(definitions, load_unasserted(definitions, suite), suite)
    assert (ROOT / "docs" / "questions.md").read_text(encoding="utf-8") == written


def test_no_row_of_nice_expects_what_nobody_publishes() -> None:
    """A 403, a state that forbids a dial, a contact in the way: no row says how they are answered."""
    rows = [each for each in load_suite() if each.provider.startswith("nice-cxone") and "." not in each.provider]
    assert {each.expected.status for each in rows} & {403, 429} == set()
    assert not any("on_conversation" in str(each.given) or "presence" in str(each.given) for each in rows)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  dialPhone:\n", "  dialPhne:\n", "no published operation 'dialPhne' - did you mean 'dialPhone'?"),
        ("nice-cxone-login:", "nice-cxone-logn:", "did you mean 'nice-cxone-login'?"),
        ("a timeout that is none, status: 400", "a timeout that is none, status: 409", "asserts status 409"),
        ("what is a user without it answered?", "tell me", "asks"),
    ],
)
def test_a_mistake_in_the_list_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """An operation that does not exist, a status that a row asserts, a question that is none."""
    path = tmp_path / "unasserted.yaml"
    path.write_text(UNASSERTED.read_text(encoding="utf-8"), encoding="utf-8")
    edit(path, old, new)
    with pytest.raises(DocumentError, match=said.replace("?", r"\?")):
        load_unasserted(load_definitions(), load_suite(), path)
