"""Recorded answers of the real services satisfy the rows of their codes, by Pact's own matching rules."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from outdial.pact_files import PACTS, Interaction, read_interactions
from outdial.tables import STATES, load_suite
from outdial.tables.observed import Observed, load_observed
from outdial.verification.target import Target
from outdial.verification.verify import verify

ANY_PATH = re.compile(r"^(?!/states).*")
ROWS = read_interactions([PACTS])
ELSEWHERE = {
    "t11": "not.found of another operation",
    "t13": "not.authorized of another operation",
    "t15": "forbidden: no call operation publishes the code",
    "t17": "bad.request of another operation",
}
"""Recorded answers of operations that no row calls, with the code; they are kept for `claims` and `explain`."""

OF_OTHER_NAMES = {"t27": "its message names the scopes of another operation, in the form that the row asks for"}
"""Recorded answers that are tried on the row of their code alone."""


def code_of(entry: Observed) -> str | None:
    """The code that a recorded body has."""
    body = entry.body if isinstance(entry.body, dict) else {}
    return body.get("code") or body.get("error")


def rows_of(entry: Observed) -> Iterator[Interaction]:
    """The rows that expect the code of a recorded answer, with its status where it was recorded."""
    for row in ROWS:
        same_status = entry.status is None or row.expected_status == str(entry.status)
        if row.consumer == "outdial" and row.expected_code == code_of(entry) and same_status:
            yield row


def recorded() -> list[Any]:
    """Every recorded answer with a code."""
    return [pytest.param(name, entry, id=name) for name, entry in load_observed().items() if code_of(entry)]


@pytest.mark.parametrize(("name", "entry"), recorded())
def test_a_recorded_body_satisfies_the_row_of_its_code(httpserver: HTTPServer, name: str, entry: Observed) -> None:
    """A server answers what was recorded; the row whose code it is must accept that."""
    rows = list(rows_of(entry))
    if name in ELSEWHERE:
        pytest.skip(ELSEWHERE[name])
    assert rows, f"no row expects {code_of(entry)!r} with {entry.status}"
    own = [each for each in rows if name in each.evidence and name not in OF_OTHER_NAMES]
    row = (own or [each for each in rows if "recorded" not in each.evidence] or rows)[0]
    httpserver.expect_request("/states").respond_with_json(dict(STATES.examples))
    status = entry.status if isinstance(entry.status, int) else int(row.expected_status)
    headers = {"Content-Type": "application/json", **entry.headers}
    httpserver.expect_request(ANY_PATH).respond_with_handler(
        lambda _: Response(json.dumps(entry.body), status, headers)
    )
    url = f"http://127.0.0.1:{httpserver.port}"
    target = Target(url, f"{url}/states", prefixed=False)
    ((_, result),) = verify([row], target)
    assert result.passed, result.problems


def test_a_row_that_rests_on_a_recorded_answer_names_one_of_its_api() -> None:
    """An answer of another vendor would be no evidence."""
    for row in load_suite():
        if row.source.observed:
            entry = load_observed()[row.source.observed]
            assert ("incontact" in entry.address.lower() or "nice" in entry.address.lower()) == row.provider.startswith(
                "nice"
            )
