"""What a provider said to Pact's verifier, which tells only whether it was right: kept by a relay, or by the stub."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from outdial.pact_files import State
from outdial.provider import Answer as StubAnswer
from outdial.provider import Call
from outdial.provider.server import Answering
from outdial.verification.result import Got, got, shown

CASE, PIECE = "Outdial-Case", "Outdial-Piece"
"""The headers by which the verifier's requests are told apart; a relay passes neither on."""
HEARD_PATH = "/heard/"
SECONDS = 5


@dataclass(slots=True)
class Said:
    """An answer in short; `status` is None when it was no whole one."""

    status: int | None
    got: Got
    seconds: float


@dataclass(slots=True)
class Heard:
    """What was said so far: to each case, and by each state. `broken` says why nothing more is asked, if so."""

    said: dict[str, Said] = field(default_factory=dict)
    returned: dict[str, set[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    broken: str | None = None

    def state_problem(self, states: Iterable[State]) -> str | None:
        """Why one of these states was not set up; None when they were."""
        return next((said for each in states if (said := self.refused.get(key(each.name, each.params)))), None)

    def names(self, states: Iterable[State]) -> set[str]:
        """The names of the values that these states returned."""
        return set().union(*(self.returned.get(key(each.name, each.params), ()) for each in states))

    def change(self, asked: Mapping[str, Any], status: int, body: bytes) -> None:
        """Keep what a state answered."""
        name, at = asked.get("state"), key(asked.get("state"), asked.get("params") or {})
        if status >= 300:
            self.refused[at] = f"state {name!r}: {status} {error_in(body) or got(status, '', body).message}"
        else:
            self.returned[at] = _names(body)


class Hearing:
    """Keeps what our own stub answers, in its process, until whoever sent the requests asks for it."""

    def __init__(self, states_path: str) -> None:
        self._states_path = states_path
        self._pieces: dict[str, Heard] = {}
        self._seconds: dict[str, float] = {}

    def timed(self, answering: Answering) -> Answering:
        """The same, and how long it takes is kept."""

        def answer(call: Call) -> StubAnswer:
            if PIECE.lower() not in call.headers:
                return answering(call)
            began = time.perf_counter()
            try:
                return answering(call)
            finally:
                self._seconds[_sent(call)] = time.perf_counter() - began

        return answer

    def hear(self, call: Call, answer: StubAnswer) -> None:
        """Keep an answer to a request of the verifier."""
        if not (piece := call.headers.get(PIECE.lower())):
            return
        heard = self._pieces.setdefault(piece, Heard())
        seconds = self._seconds.pop(_sent(call), 0.0)
        if call.path == self._states_path:
            heard.change(json.loads(call.body), answer.status, answer.body)
            return
        headers = {name.lower(): value for name, value in answer.headers.items()}
        found = short(answer.status, headers.get("content-type", ""), answer.body, headers.get("location"))
        heard.said.setdefault(call.headers.get(CASE.lower(), ""), Said(answer.status, found, seconds))

    def answer(self, call: Call) -> StubAnswer:
        """What was said to one piece, once."""
        heard = self._pieces.pop(call.path.removeprefix(HEARD_PATH), Heard())
        told = {
            "said": {
                case: [each.seconds, each.got.status, each.got.code, each.got.message]
                for case, each in heard.said.items()
            },
            "returned": {state: sorted(names) for state, names in heard.returned.items()},
            "refused": heard.refused,
        }
        return StubAnswer(200, {"Content-Type": "application/json"}, json.dumps(told).encode())


def heard_at(url: str, piece: str, base_url: str) -> Heard:
    """What the stub at an address said to a piece; broken when it says nothing any more."""
    from urllib.request import ProxyHandler, build_opener  # which only a worker needs

    try:
        with build_opener(ProxyHandler({})).open(url + piece, timeout=SECONDS) as answer:
            told = json.load(answer)
    except (OSError, ValueError) as error:
        return Heard(broken=f"the provider {base_url} gives no answer: {error}")
    said = {case: Said(parts[0], Got(*parts), seconds) for case, (seconds, *parts) in told["said"].items()}
    return Heard(said, {state: set(names) for state, names in told["returned"].items()}, told["refused"])


def short(status: int, media_type: str, body: bytes, location: str | None) -> Got:
    """An answer in short; of a redirect, where it leads."""
    found = got(status, media_type, body)
    return Got(status, found.code, f"redirects to {shown(location)}") if 300 <= status < 400 and location else found


def key(name: Any, params: Mapping[str, Any]) -> str:
    """A provider state with its parameters, as a text."""
    return json.dumps([name, params], sort_keys=True)


def error_in(body: bytes) -> str:
    """The `error` of an answer of a state URL; empty where there is none."""
    try:
        return shown(str(json.loads(body)["error"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def _sent(call: Call) -> str:
    return f"{call.headers.get(PIECE.lower())} {call.headers.get(CASE.lower())} {call.path}"


def _names(body: bytes) -> set[str]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        return set()
    return {name for name, value in values.items() if value is not None} if isinstance(values, Mapping) else set()
