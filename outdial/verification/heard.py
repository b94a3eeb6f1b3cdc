"""Record the provider's answers; Pact's verifier reports only pass or fail. Kept by a relay, or by our own stub."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.request import ProxyHandler, build_opener

from outdial.pact_files import State
from outdial.pact_files.hiding import HIDDEN, is_secret
from outdial.provider import Answer as StubAnswer
from outdial.provider import Call
from outdial.verification.result import Got, got, shown

CASE, PIECE = "Outdial-Case", "Outdial-Piece"
"""Headers that tell the verifier's requests apart. A relay passes neither on."""
HEARD_PATH = "/heard/"


@dataclass(slots=True)
class Said:
    """One answer; `status` is None when it was incomplete or missing."""

    status: int | None
    got: Got
    seconds: float


@dataclass(slots=True)
class Heard:
    """Answers by case and by state. `broken` tells why nothing more is sent."""

    said: dict[str, Said] = field(default_factory=dict)
    returned: dict[str, set[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    broken: str | None = None

    def state_problem(self, states: Iterable[State]) -> str | None:
        """Return why one of these states was refused; None when none was."""
        return next((said for each in states if (said := self.refused.get(key(each.name, each.params)))), None)

    def names(self, states: Iterable[State]) -> set[str]:
        """Return the names of the values that these states returned."""
        return set().union(*(self.returned.get(key(each.name, each.params), ()) for each in states))

    def change(self, asked: Mapping[str, Any], status: int, body: bytes) -> None:
        """Record the answer of the state URL."""
        name, at = asked.get("state"), key(asked.get("state"), asked.get("params") or {})
        if status >= 300:
            self.refused[at] = f"state {name!r}: {status} {error_in(body) or got(status, '', body).message}"
        else:
            values = _values(body)
            self.returned[at] = set(values)
            self.secrets |= {str(value) for name, value in values.items() if is_secret(name) and len(str(value)) > 5}

    def masked(self, text: str) -> str:
        """Return a text without the secrets that states returned."""
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        return text


class Hearing:
    """The answers of our own stub, kept in its process until the verifier fetches them."""

    def __init__(self, states_path: str) -> None:
        self._states_path = states_path
        self._pieces: dict[str, Heard] = {}

    def hear(self, call: Call, answer: StubAnswer) -> None:
        """Record an answer to a request of the verifier."""
        if not (piece := call.headers.get(PIECE.lower())):
            return
        heard = self._pieces.setdefault(piece, Heard())
        if call.path == self._states_path:
            heard.change(json.loads(call.body), answer.status, answer.body)
            return
        headers = {name.lower(): value for name, value in answer.headers.items()}
        found = short(answer.status, headers.get("content-type", ""), answer.body, headers.get("location"))
        heard.said.setdefault(call.headers.get(CASE.lower(), ""), Said(answer.status, found, 0.0))

    def answer(self, call: Call) -> StubAnswer:
        """Return the answers of one piece and forget them."""
        heard = self._pieces.pop(call.path.removeprefix(HEARD_PATH), Heard())
        told = {
            "said": {case: [each.got.status, each.got.code, each.got.message] for case, each in heard.said.items()},
            "returned": {state: sorted(names) for state, names in heard.returned.items()},
            "refused": heard.refused,
            "secrets": sorted(heard.secrets),
        }
        return StubAnswer(200, {"Content-Type": "application/json"}, json.dumps(told).encode())


def heard_at(url: str, piece: str, base_url: str, seconds: float) -> Heard:
    """Fetch the answers of the stub to one piece; `broken` when it does not tell them."""
    try:
        with build_opener(ProxyHandler({})).open(url + piece, timeout=seconds) as answer:
            told = json.load(answer)
    except (OSError, ValueError) as error:
        return Heard(broken=f"the provider {base_url} gives no answer: {error}")
    said = {case: Said(parts[0], Got(*parts), 0.0) for case, parts in told["said"].items()}
    returned = {state: set(names) for state, names in told["returned"].items()}
    return Heard(said, returned, told["refused"], set(told["secrets"]))


def short(status: int, media_type: str, body: bytes, location: str | None) -> Got:
    """Return an answer in short; of a redirect, its Location."""
    found = got(status, media_type, body)
    return Got(status, found.code, f"redirects to {shown(location)}") if 300 <= status < 400 and location else found


def key(name: Any, params: Mapping[str, Any]) -> str:
    """Return a provider state with its parameters as text."""
    return json.dumps([name, params], sort_keys=True)


def error_in(body: bytes) -> str:
    """Return the `error` of an answer of a state URL; empty without one."""
    try:
        return shown(str(json.loads(body)["error"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def _values(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return {name: value for name, value in values.items() if value is not None} if isinstance(values, Mapping) else {}
