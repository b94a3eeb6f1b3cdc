"""The double is worth as much as its likeness to the real broker: replays the recorded exchanges on it."""

import json
from typing import Any

import pytest

from tests.broker.double.answer import Broker
from tests.broker.double.holdings import Holdings
from tests.broker.double.routes import answer
from tests.broker.recordings import RECORDED_AT, Comparison, exchanges

EXCHANGES = exchanges()


@pytest.fixture(scope="module")
def replayed() -> list[tuple[str, list[str]]]:
    """Every recorded request in order, at one double: a label and the differences of the answer."""
    broker = Broker(RECORDED_AT, Holdings())
    comparison = Comparison()
    found = []
    for exchange in EXCHANGES:
        request, recorded = exchange["request"], exchange["response"]
        body = json.loads(comparison.here(json.dumps(request["body"])))
        given = answer(broker, request["method"], comparison.here(request["path"]), body)
        said: dict[str, Any] = {"status": given.status, "headers": given.headers(), "body": given.body}
        if given.location is None:
            recorded["headers"].pop("location", None)
        found.append((exchange["label"], list(comparison.differences(said, recorded))))
    return found


@pytest.mark.parametrize("index", range(len(EXCHANGES)), ids=[each["label"] for each in EXCHANGES])
def test_the_double_answers_as_recorded(replayed: list[tuple[str, list[str]]], index: int) -> None:
    """For each recorded request the double gives the recorded status and headers, and no field it did not."""
    assert replayed[index][1] == []


def test_a_changed_answer_is_noticed() -> None:
    """The comparison itself finds another value, another type, an unknown field and a missing element."""
    recorded = {"deployable": None, "rows": [1, 2], "name": "web-shop"}
    said = {"deployable": False, "rows": [1], "name": "app", "more": 1}
    assert len(list(Comparison().differences(said, recorded))) == 4
