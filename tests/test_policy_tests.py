"""Policies decide as their tests say: facts, answer, rule; in the order that is written, for scopes written exactly."""

import pytest

from outdial.pact_files import PACTS, read_interactions
from outdial.provider import POLICIES as FOLDER
from outdial.provider.kinds import Alternatives
from outdial.strength.command import measured
from outdial.strength.policy_tests import PolicyTest, failing, load_policy_tests
from provider_states import load_policies

POLICIES = load_policies()
TESTS = {name: load_policy_tests(name) for name in POLICIES}


@pytest.mark.parametrize("provider", POLICIES)
def test_every_policy_decides_as_its_tests_say(provider: str) -> None:
    """One line for each test that fails: what it says, and what the policy decides."""
    wrong = [
        (each.operation, each.rule, each.outcome(POLICIES[provider]))
        for each in failing(POLICIES[provider], TESTS[provider])
    ]
    assert TESTS[provider]
    assert wrong == []


def test_a_policy_test_that_expects_another_rule_fails() -> None:
    """The reason counts, not only the answer."""
    test = next(each for each in TESTS["genesys-cloud"] if each.rule == "live-token")
    assert test.passes(POLICIES["genesys-cloud"])
    assert not PolicyTest(test.operation, "known-token", test.answer, test.facts).passes(POLICIES["genesys-cloud"])


def test_names_are_compared_exactly() -> None:
    """Another case, a longer name and a wildcard are no scope or permission, in every rule that asks for one."""
    for name, policy in POLICIES.items():
        for operation in policy.operations.values():
            for rule in operation.rules:
                if isinstance(rule, Alternatives):
                    for other in (
                        each for wanted in rule.names for each in (wanted.upper(), f"{wanted}x", f"{wanted[:4]}*")
                    ):
                        assert not rule.suffice(frozenset({other})), (name, rule.id, other)


def test_strength_tells_two_figures_and_is_no_gate() -> None:
    """Faults that rows notice, and those that rows or policy tests do; a dropped check is noticed by one of them."""
    (strength,) = measured([PACTS], FOLDER, ["genesys-cloud"])
    dropped = [each for each in strength.judged if each.fault.kind in {"drop", "status", "code"}]
    assert all(each.noticed for each in dropped)
    by_rows = sum(bool(each.rows) for each in strength.judged)
    assert 0 < by_rows < sum(each.noticed for each in strength.judged) < len(strength.judged)
    assert {row for each in strength.judged for row in each.rows} <= {
        each.case_id for each in read_interactions([PACTS])
    }
