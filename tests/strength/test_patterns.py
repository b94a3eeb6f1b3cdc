"""Faulty versions of a pattern: each is told from the pattern by the text that comes with it."""

import re

import pytest

from outdial.provider.kinds import Pattern
from outdial.strength.patterns import other_patterns
from tests.strength.editions import POLICIES

PARTLY = {"at-its-beginning", "at-its-end", "anywhere"}
EXPECTED = {
    (r"\+[1-9]\d{6,14}|(sip|tel):\S+", "+13175550142"): {
        *PARTLY,
        r"without-\+[1-9]\d{6,14}", r"without-(sip|tel):\S+", "without-sip", "without-tel",
        "{5,14}-for-{6,14}", "{7,14}-for-{6,14}", "{6,13}-for-{6,14}", "{6,15}-for-{6,14}",
    },
    (r"[|(]{2}\|(?:\{1}|.)", "((|{1}"): {*PARTLY, "{1,2}-for-{2}", "{2,3}-for-{2}", r"without-\{1}", "without-."},
    (r"^x{2,}y{0,1}$", "xx"): {
        "{1,}-for-{2,}", "{3,}-for-{2,}", "{0,0}-for-{0,1}", "{0,2}-for-{0,1}", "{1,1}-for-{0,1}",
    },
    (r"[^x]\w\s+", "1w "): PARTLY,
    (r"(x)\1{2}", "xxx"): {*PARTLY, "{2,3}-for-{2}"},
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "example"), EXPECTED)
def test_a_pattern_is_looked_for_in_a_part_loses_alternatives_and_has_other_bounds(pattern: str, example: str) -> None:
    """What is escaped or stands in a class is neither an alternative nor a bound. Where no text is found, none is."""
    found = {detail: (changed, text) for detail, changed, text in other_patterns(pattern, example)}
    assert found.keys() == EXPECTED[pattern, example]
    for changed, text in found.values():
        assert bool(re.fullmatch(changed, text)) != bool(re.fullmatch(pattern, text))


def test_every_pattern_of_every_edition_has_such_versions() -> None:
    """At its beginning, at its end and anywhere, of each."""
    patterns = [
        rule
        for policy in POLICIES.values()
        for operation in policy.operations.values()
        for rule in operation.rules
        if isinstance(rule, Pattern)
    ]
    assert patterns
    for rule in patterns:
        assert {detail for detail, _, _ in other_patterns(rule.matches, rule.example)} >= PARTLY
