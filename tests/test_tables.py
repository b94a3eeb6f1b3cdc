"""The contract: lean, each row told apart, with reserved numbers only."""

import re
import subprocess
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.tables import TABLES, load_suite
from outdial.tables.citations import printed_in_a_report
from outdial.tables.numbers import is_reserved
from outdial.tables.sources import load_questions
from tests.committed import suite
from tests.conftest import ROOT
from tests.table_files import edit

TABLE = "genesys-cloud.yaml"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A copy of one table."""
    path = tmp_path / TABLE
    path.write_text((TABLES / TABLE).read_text())
    return path


def test_a_table_without_refused_rows_is_refused(table: Path) -> None:
    """A contract needs rows that are refused too."""
    table.write_text(table.read_text().partition("\nrefused:")[0] + "\nrefused: {}\n")
    with pytest.raises(DocumentError, match="no row is refused: a contract needs both"):
        load_suite(table.parent)


def test_a_table_with_the_ending_yml_is_not_passed_over(table: Path) -> None:
    """Its rows would be missing without a word."""
    (table.parent / "mine.yml").write_text("provider: mine\n")
    with pytest.raises(DocumentError, match=r"mine\.yml: a file of this folder ends in \.yaml; rename it"):
        load_suite(table.parent)


NUMBERS = ["911", "42", "112", "+4930123456", "+123456789012345", "3175559999", "317 555 9999", "tel:911"]
NUMBERS += ["tel:+4930123456", "sip:ada@outdial.com", "+1 (212) 736-5000"]
RESERVED = ["+13175550142", "13175550100", "+442079460123", "+61491570156", "tel:+13175550142", "sip:a@example.org"]


@pytest.mark.parametrize("number", [*NUMBERS, *RESERVED])
def test_only_numbers_that_ring_nowhere_are_taken(table: Path, number: str) -> None:
    """No short codes and real numbers, in any form: a pact may be played against a real telephone system."""
    edit(table, '    body: {phoneNumber: "+13175550142"}', f'    body: {{phoneNumber: "{number}"}}')
    if number in RESERVED:
        assert load_suite(table.parent)
        return
    with pytest.raises(DocumentError, match=r"invalid telephone number .*: expected a reserved one \(NANP 555-0100"):
        load_suite(table.parent)


@pytest.mark.parametrize(
    ("file", "old"),
    [
        (TABLE, 'participants: [{address: "+13175550142"}'),
        ("nice-cxone.yaml", 'query: {phoneNumber: "+13175550142"'),
        ("nice-cxone.yaml", "callerId: 13175550100"),
    ],
)
def test_a_number_is_found_at_any_depth(tmp_path: Path, file: str, old: str) -> None:
    """In a list of a body, in a query, and as a number of JSON."""
    (tmp_path / file).write_text((TABLES / file).read_text())
    edit(tmp_path / file, old, re.sub(r"\+?1317555\d+", "12127365000", old))
    with pytest.raises(DocumentError, match="invalid telephone number '12127365000'"):
        load_suite(tmp_path)


def test_every_number_in_the_project_is_reserved_or_a_reports_own() -> None:
    """Docs, examples and tests are pasted by readers; only what proves a refusal, and policy tests, may differ."""
    exempt = ("tests/test_tables.py", "tests/strength/", "outdial/provider/policies/tests/")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if name.endswith((".py", ".yaml", ".md", ".sh", ".js")) and not name.startswith(exempt):
            for number in re.findall(r"(?<![\w+])(?:tel:)?\+\d{7,}", (ROOT / name).read_text(encoding="utf-8")):
                assert is_reserved(number) or printed_in_a_report(number), (name, number)


def test_the_contract_is_lean_and_each_row_is_told_apart() -> None:
    """At most a third of our own rows are assumed; each of these names a question. Pact merges equal descriptions."""
    own = [each for each in suite() if each.consumer == "outdial"]
    assumed = [each for each in own if each.basis == "assumed"]
    assert len(own) <= 220
    assert len(suite()) - len(own) <= 100
    assert len(assumed) <= len(own) / 3
    assert {each.source.question for each in suite() if each.basis == "assumed"} <= load_questions().keys()
    assert len(load_questions()) <= 40
    assert len({row.case_id for row in suite()}) == len(suite())
    assert len({(row.provider, row.description) for row in suite()}) == len(suite())


def test_what_no_organisation_can_arrange_is_marked() -> None:
    """Such a row is played against the stub only."""
    never = {each.because for each in suite() if each.never}
    assert never == {"service-available", "request-limit", "authorized", "call-can-be-placed"}


def test_no_row_of_nice_expects_what_nobody_publishes() -> None:
    """A 403, a state that forbids a dial, a contact in the way: no row says how they are answered; nor any body."""
    rows = [each for each in suite() if each.provider == "nice-cxone"]
    assert {each.expected.status for each in rows} & {403, 429} == set()
    assert not any("on_conversation" in str(each.given) or "presence" in str(each.given) for each in rows)
    assert not [each.case_id for each in rows if each.expected.refusal and each.expected.body is not None]
