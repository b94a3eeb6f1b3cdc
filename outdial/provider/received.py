"""Requests that the stub got, for an application's tests: `GET /requests`, filtered by its query, without secrets."""

import re
from itertools import count
from typing import Any

from outdial.provider.decisions import HIDDEN, KEPT_BYTES, Latest, shown_text, summary
from outdial.provider.exchange import Answer, Call, in_json

REQUESTS_PATH = "/requests"
FILTERS = ("method", "path", "status", "code", "decision")
SECRET = re.compile(r"secret|password|token|assertion|verifier|key|^code$", re.IGNORECASE)
"""Names of fields whose values are never shown."""


class Received:
    """The latest requests with their answers; past a limit of bytes the oldest are forgotten."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._latest, self._number = Latest(KEPT_BYTES), count()

    def hear(self, call: Call, answer: Answer) -> None:
        self._latest.keep(str(next(self._number)), call, answer)

    def answer(self, call: Call) -> Answer:
        """Return the requests; each field of the query is one that they have (`status=403`), of the path its end."""
        if call.method == "DELETE":
            self.clear()
            return Answer(204, {}, b"")
        if call.method != "GET":
            return in_json(405, {"error": "requests are read by GET"}, Allow="GET, DELETE")
        lines = [_line(call, answer) for call, answer in self._latest.all()]
        if unknown := call.query.keys() - FILTERS:
            problem = f"no field {min(unknown)!r} to filter by; valid: {', '.join(FILTERS)}"
            return in_json(400, {"error": problem})
        found = [line for line in lines if all(_has(line, name, value) for name, value in call.query.items())]
        return in_json(200, found)


def _line(call: Call, answer: Answer) -> dict[str, Any]:
    body = call.json[1] if call.media_type == "application/json" else dict(call.form)
    return {**summary(call, answer), "query": _masked(call, dict(call.query)), "body": _masked(call, body)}


def _has(line: dict[str, Any], name: str, value: str) -> bool:
    return line[name].endswith(value) if name == "path" else str(line[name]) == value


def _masked(call: Call, value: Any) -> Any:
    """Return a value without secrets: those of fields that are called so, and what looks like a token."""
    if isinstance(value, dict):
        return {key: HIDDEN if SECRET.search(key) else _masked(call, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_masked(call, each) for each in value]
    return shown_text(call, value) if isinstance(value, str) else value
