"""The pacts of NICE CXone: enough rows, and the query of a poll is part of what they say."""

import json
from pathlib import Path

import pytest

from outdial.pact_files import read_pacts
from outdial.tables import load_suite
from outdial.verification.completeness import IncompletePacts, require_complete
from tests.conftest import ROOT

POLLS = "outdial-nice-cxone.json"


def test_another_query_than_the_table_has_is_told(tmp_path: Path) -> None:
    """A pact whose poll asks for another timeout than its row is not the table's."""
    pact = json.loads((ROOT / "pacts" / POLLS).read_text(encoding="utf-8"))
    poll = next(each for each in pact["interactions"] if "timeout" in each["request"].get("query", {}))
    poll["request"]["query"]["timeout"] = ["9"]
    (tmp_path / POLLS).write_text(json.dumps(pact), encoding="utf-8")
    with pytest.raises(IncompletePacts, match="another query"):
        require_complete(read_pacts([tmp_path]), load_suite(), whole=False)


def test_a_number_in_a_pact_is_generated_as_a_number() -> None:
    """The skill's id is what a state returns, a text, and goes into the request as JSON has it."""
    pact = json.loads((ROOT / "pacts" / POLLS).read_text(encoding="utf-8"))
    (dial,) = [each for each in pact["interactions"] if each["key"] == "nice-cxone/dial_phone/accepted"]
    assert dial["request"]["generators"]["body"]["$.skillId"]["dataType"] == "INTEGER"
    assert isinstance(dial["request"]["body"]["content"]["skillId"], int)
