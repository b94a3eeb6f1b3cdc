"""The pacts of NICE CXone: enough rows, and the query of a poll is part of what they say."""

import json

from tests.conftest import ROOT

POLLS = "outdial-nice-cxone.json"


def test_a_number_in_a_pact_is_generated_as_a_number() -> None:
    """The skill's id is what a state returns, a text, and goes into the request as JSON has it."""
    pact = json.loads((ROOT / "pacts" / POLLS).read_text(encoding="utf-8"))
    (dial,) = [each for each in pact["interactions"] if each["key"] == "nice-cxone/dial_phone/accepted"]
    assert dial["request"]["generators"]["body"]["$.skillId"]["dataType"] == "INTEGER"
    assert isinstance(dial["request"]["body"]["content"]["skillId"], int)
