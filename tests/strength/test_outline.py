"""A missing row is printed as it can be pasted: played, it passes on the provider and fails on the faulty one."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from consumer_tests.interaction import declare
from contracts import Scenario, load_suite
from pact_files import Interaction, read_interactions
from strength.judge import Noticed, Row, arranged, judge
from strength.measure import Judged, verdict_on
from tests.strength.editions import POLICIES, TABLES, baselines, mutants, strength_of
from tests.table_files import copy_tables

NECESSARY = "genesys-cloud-login/refresh/refresh-token-of-another-client"


def interaction_of(scenario: Scenario) -> Interaction:
    """The interaction that a scenario's consumer test would write."""
    with TemporaryDirectory() as folder:
        declare(scenario).write_file(folder)
        (written,) = Path(folder).iterdir()
        (interaction,) = read_interactions([written])
    return interaction


def missed_without(provider: str, row: str) -> list[Judged]:
    """The mutants that only this row notices, judged as if it were not there."""
    policy = POLICIES[provider]
    known = mutants(provider)
    heads = {name: head for name, head in baselines(provider).items() if head.case_id != row}
    names = strength_of(provider).necessary[row]
    return [verdict_on(Noticed(known[name], (), ()), policy, heads or baselines(provider), TABLES) for name in names]


@pytest.mark.parametrize("provider", POLICIES)
def test_the_outline_of_every_necessary_row_can_be_pasted_in_its_place(provider: str, tmp_path: Path) -> None:
    """For each row that alone notices a fault: without it the fault survives, and the printed row notices it again."""
    heads = {head.case_id for head in baselines(provider).values()}
    missed = {row: missed_without(provider, row)[0] for row in strength_of(provider).necessary if row not in heads}
    assert missed
    assert {row: judged.verdict for row, judged in missed.items()} == dict.fromkeys(missed, "survived")
    tables = copy_tables(tmp_path)
    pasted: dict[str, Judged] = {}
    for at, judged in enumerate(missed.values()):
        name = f"pasted-{at}"
        text = judged.row.replace(judged.row.partition("\n")[0], f"  - id: {name}", 1)
        path = tables / f"{judged.table}.yaml"
        path.write_text(path.read_text().replace("\nscenarios:\n", f"\nscenarios:\n{text}\n", 1))
        pasted[f"{judged.table}/{name}"] = judged
    scenarios = {each.case_id: each for each in load_suite(tables) if each.case_id in pasted}
    assert set(scenarios) == set(pasted)
    wrong = {}
    for case_id, judged in pasted.items():
        (row,) = arranged([interaction_of(scenarios[case_id])], POLICIES[provider])
        problems = row.original.problems
        if problems or not judge(judged.mutant, [row]).by:
            wrong[judged.mutant.name] = (judged.row, problems)
    assert wrong == {}


def test_an_outline_repeats_no_token_secret_or_id_of_the_accepted_row() -> None:
    """Outlines are made of names and choices: what the states of the accepted row returned is not in them."""
    rows = [judged.row for judged in missed_without("genesys-cloud-login", NECESSARY)]
    returned = {name for head in baselines("genesys-cloud-login").values() for name in texts_of(head)}
    assert rows
    assert returned
    assert not any(text in row for text in returned for row in rows)


def texts_of(row: Row) -> set[str]:
    """Everything in a row's request that is long enough to be a token, a secret or an id."""
    sent = " ".join([row.call.path, *row.call.headers.values(), row.call.body.decode()])
    return {
        text for text in re.split(r"[ /=&%]", sent) if len(text) > 20 and not text.startswith(("application", "urn"))
    }
