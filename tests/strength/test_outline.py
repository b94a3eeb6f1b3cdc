"""A missing row is printed as it can be pasted: played, it passes on the provider and fails on the faulty one."""

import re
from io import StringIO

import pytest
from rich.console import Console

from outdial.documents import DocumentError
from outdial.strength.judge import ArrangedRow, Noticed
from outdial.strength.measure import Judged, Measuring, Strength
from outdial.strength.pasting import EVIDENCE, Pasted, as_few_rows
from outdial.strength.terminal import print_screen
from outdial.strength.writing import TO_BE_CONFIRMED
from tests.strength.editions import POLICIES, TABLES, arranged_rows, baselines, mutants, strength_of

NECESSARY = "genesys-cloud-login/refresh/refresh-token-of-another-client"


def missed_without(provider: str, row: str) -> list[Judged]:
    """The mutants that only this row notices, judged as if it were not there."""
    left = [each for each in arranged_rows(provider) if each.case_id != row]
    measuring = Measuring(POLICIES[provider], left, TABLES)
    every = [mutants(provider)[name] for name in strength_of(provider).necessary[row]]
    chosen = {mutant.operator: mutant for mutant in every}.values()  # one of each operator
    return measuring.with_rows_tried([measuring.fate_of(Noticed(each, (), ())) for each in chosen])


@pytest.mark.parametrize("provider", POLICIES)
def test_the_outline_of_every_necessary_row_was_pasted_loaded_and_played(provider: str) -> None:
    """Without any row that alone notices a fault, a row is printed that loads with evidence and notices it again.

    A row that did not would have no text, and a reason. Where the row is all that asks for a value, none is missing.
    """
    heads = {head.case_id for head in baselines(provider).values()}
    rows = [row for row in strength_of(provider).necessary if row not in heads]
    assert rows
    missed = {row: missed_without(provider, row) for row in rows}
    without = {
        row: [each.reason for each in judged if each.fate == "survived" and not each.row]
        for row, judged in missed.items()
    }
    assert {row: reasons for row, reasons in without.items() if reasons} == {}


def test_a_printed_row_does_not_load_until_a_person_writes_the_evidence() -> None:
    """Its source says that it is to be confirmed, and the message says what evidence looks like."""
    judged, *_ = missed_without("genesys-cloud-login", NECESSARY)
    assert judged.row.count(TO_BE_CONFIRMED) == 1
    assert "basis: assumed" in judged.row
    with pytest.raises(DocumentError, match=r"'to be confirmed' is no evidence; write \{asks: …\?\}"):
        TABLES.pasted(judged.table, judged.row)
    assert TABLES.pasted(judged.table, judged.row.replace(TO_BE_CONFIRMED, EVIDENCE))


@pytest.mark.parametrize("width", [20, 80, 400])
def test_a_printed_row_is_never_wrapped(width: int) -> None:
    """Whatever the width of the terminal, the lines of a row are printed as they are."""
    judged = missed_without("genesys-cloud-login", NECESSARY)
    strength = Strength("genesys-cloud-login", 1, (), tuple(judged), (), (), 0.0)
    shown = StringIO()
    print_screen(Console(file=shown, width=width, force_terminal=True, color_system=None), [strength])
    assert judged[0].row in shown.getvalue()


def test_an_outline_repeats_no_token_secret_or_id_of_the_accepted_row() -> None:
    """Outlines are made of names and choices: what the states of the accepted row returned is not in them."""
    rows = [judged.row for judged in missed_without("genesys-cloud-login", NECESSARY)]
    returned = {name for head in baselines("genesys-cloud-login").values() for name in texts_of(head)}
    assert rows
    assert returned
    assert not any(text in row for text in returned for row in rows)


def texts_of(row: ArrangedRow) -> set[str]:
    """Everything in a row's request that is long enough to be a token, a secret or an id."""
    sent = " ".join([row.call.path, *row.call.headers.values(), row.call.body.decode()])
    return {
        text for text in re.split(r"[ /=&%]", sent) if len(text) > 20 and not text.startswith(("application", "urn"))
    }


def test_one_row_is_printed_for_many_faults_that_it_can_show_at_once() -> None:
    """A rule asked only of calls without some field: a row with many such fields, and not one for each."""
    provider = "genesys-cloud"
    measuring = Measuring(POLICIES[provider], [*baselines(provider).values()], TABLES)
    skipped = [each for name, each in mutants(provider).items() if "/place-call/only-if:user-context:body." in name]
    judged = measuring.with_rows_tried([measuring.fate_of(Noticed(each, (), ())) for each in skipped])
    printed = {each.row for each in judged if each.row}
    assert len(judged) > 8
    assert len(printed) < 4


def test_a_row_that_does_not_load_or_notices_nothing_is_not_printed() -> None:
    """The reason is told in its place, and the rows beside it are as they were."""
    provider = "genesys-cloud-login"
    judged, *_ = missed_without(provider, NECESSARY)
    elsewhere = next(each for each in mutants(provider).values() if each.operation != judged.mutant.operation)
    drafts = {
        "good": Pasted(judged.table, judged.row, (judged.mutant,)),
        "broken": Pasted(judged.table, judged.row.replace("because:", "becuase:"), (judged.mutant,)),
        "blind": Pasted(judged.table, judged.row, (elsewhere,)),
    }
    printed, failed = as_few_rows(drafts, POLICIES[provider], TABLES)
    assert printed == {"good": judged.row}
    assert failed.keys() == {"broken", "blind"}
    assert "becuase" in failed["broken"]
    assert "does not notice the fault" in failed["blind"]
