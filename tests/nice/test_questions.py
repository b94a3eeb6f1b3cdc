"""What NICE does not publish is asserted by no row, and stands in a generated list with the way to find out."""

from outdial.reports.published.questions import page
from outdial.tables import load_suite
from provider_states import load_policies
from tests.conftest import ROOT


def test_the_committed_page_is_generated() -> None:
    """docs/questions.md follows from contracts/questions.yaml, the rows and the rules."""
    written = page(load_suite(), load_policies())
    assert (ROOT / "docs" / "questions.md").read_text(encoding="utf-8") == written, "run `make docs`"


def test_no_row_of_nice_expects_what_nobody_publishes() -> None:
    """A 403, a state that forbids a dial, a contact in the way: no row says how they are answered; nor any body."""
    rows = [each for each in load_suite() if each.provider == "nice-cxone"]
    assert {each.expected.status for each in rows} & {403, 429} == set()
    assert not any("on_conversation" in str(each.given) or "presence" in str(each.given) for each in rows)
    assert not [each.case_id for each in rows if each.expected.refusal and each.expected.body is not None]
