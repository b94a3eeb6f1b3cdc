"""The judge without HTTP says of faulty providers what Pact's own verifier says over HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from outdial.pact_files import Interaction
from outdial.strength.judge import judge
from outdial.strength.mutants import OPERATORS, Mutant, mutants_of
from outdial.verification.verify import verify
from tests.served import served
from tests.strength.editions import POLICIES, arranged_rows, rows_of

OF_AN_OPERATOR = 6
"""Mutants of one operator, spread over all editions."""
OF_EACH = 2
"""Rows that notice a mutant, and as many that do not."""


def sampled() -> dict[str, Mutant]:
    """Mutants of every operator, by the prefix that they are served under."""
    by_operator: dict[str, list[Mutant]] = {}
    for policy in POLICIES.values():
        for mutant in mutants_of(policy):
            by_operator.setdefault(mutant.operator, []).append(mutant)
    assert set(by_operator) <= set(OPERATORS)
    spread = [every[:: -(-len(every) // OF_AN_OPERATOR)] for every in by_operator.values()]
    return {f"mutant-{at}": mutant for at, mutant in enumerate(mutant for some in spread for mutant in some)}


def asked(mutant: Mutant) -> tuple[list[Interaction], frozenset[str]]:
    """Rows to be verified against a mutant, and those of them that the judge says notice it."""
    noticing = frozenset(judge(mutant, arranged_rows(mutant.policy.provider)).by)
    rows = rows_of(mutant.policy.provider)
    some = [*islice((row for row in rows if row.case_id in noticing), OF_EACH)]
    others = [*islice((row for row in near(rows, mutant) if row.case_id not in noticing), OF_EACH)]
    return [*some, *others], noticing


def near(rows: Sequence[Interaction], mutant: Mutant) -> list[Interaction]:
    """The rows, those of the mutant's operation first, and among them those that its rule refuses."""
    operation = (mutant.operation or "").replace("-", "_")
    return sorted(rows, key=lambda row: (f"/{operation}/" not in row.case_id, row.because != mutant.rule))


def test_the_judge_agrees_with_the_verifier_on_a_sample_of_all_mutants() -> None:
    """More than a hundred mutants of every operator: each row that was asked fails over HTTP if the judge says so."""
    mutants = sampled()
    assert len(mutants) > 100
    expected: dict[tuple[str, str], bool] = {}
    interactions: list[Interaction] = []
    for prefix, mutant in mutants.items():
        rows, noticing = asked(mutant)
        interactions += [replace(row, provider=prefix, pact=Path(prefix)) for row in rows]
        expected |= {(prefix, row.case_id): row.case_id not in noticing for row in rows}
    with served({prefix: mutant.policy for prefix, mutant in mutants.items()}) as target:
        verified = {(each.provider, each.case_id): result.passed for each, result in verify(interactions, target)}
    wrong = {
        (mutants[prefix].name, case) for (prefix, case), passed in verified.items() if passed != expected[prefix, case]
    }
    assert wrong == set()
    assert set(verified) == set(expected)
    assert 0.3 < sum(verified.values()) / len(verified) < 0.7, "the sample shows both outcomes"
