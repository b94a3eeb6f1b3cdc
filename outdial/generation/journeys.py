"""Plays a journey by the consumer's own clients, against any provider with a state URL, until a step does not hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

import requests
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from outdial import clients as consumer
from outdial.clients.errors import Refused, UnexpectedAnswer, Unreachable
from outdial.documents.template import fill
from outdial.generation.clients import CLIENTS
from outdial.pact_files.hiding import HIDDEN, hidden, is_secret
from outdial.tables.journey import Journey, JourneyStep
from outdial.tables.vocabulary import STATES

STATE_SECONDS = 5.0
LONGEST = 300
"""Characters of a value that are shown."""
NO_SECRET = "EXAMPLE-NOT-"
"""How the example of a secret begins."""


class NoAnswer(Exception):
    """A provider or its state URL does not answer, so that no journey can be played."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class JourneyResult:
    """What came of a journey. Where it does not hold: the step, what it expected and got."""

    journey: Journey
    step: JourneyStep | None = None
    expected: str = ""
    got: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every step held."""
        return self.step is None

    @property
    def place(self) -> str:
        """The file, and the line of the step that does not hold, seen from the current folder."""
        return (self.step or self.journey).place.removeprefix(f"{Path.cwd()}/")

    @property
    def basis(self) -> str:
        """On whose word the journey, or the step that does not hold, is expected."""
        return (self.step or self.journey).basis

    def __str__(self) -> str:
        """What does not hold and who says so, in five lines."""
        journey, step = self.journey, self.step
        if step is None:
            return f"{journey.case_id} holds"
        at = journey.steps.index(step) + 1
        lines = [
            f"FAIL {journey.case_id}  {self.place}",
            f"step     {at} of {len(journey.steps)}: {step}",
            f"expected {self.expected}",
            f"got      {self.got}",
            f"{step.basis}: {step.source}",
        ]
        return "\n     ".join(lines)


@dataclass(frozen=True, slots=True)
class Places:
    """Where providers answer: the base URL of each, and the URL that changes their states."""

    urls: Mapping[str, str]
    state_url: str


class _Unmet(Exception):
    """A step does not hold: what it expected, and what it got."""


def play(journey: Journey, places: Places) -> JourneyResult:
    """Every step in its order, up to the first that does not hold. Raises `NoAnswer`."""
    started = monotonic()
    values = _Values()
    for step in journey.steps:
        try:
            values.results[step.name] = _played(step, places, values)
        except _Unmet as unmet:
            expected, got = map(values.shown, unmet.args)
            return JourneyResult(journey, step, expected, got, monotonic() - started)
    return replace(JourneyResult(journey), seconds=monotonic() - started)


def _played(step: JourneyStep, places: Places, values: "_Values") -> Any:
    try:
        arguments = fill(dict(step.arguments), values)
        token = fill(step.token, values)
    except KeyError as missing:
        raise _Unmet(f"${{{missing.args[0]}}} from an earlier step", "none") from None
    if step.state:
        return _made(step.state, arguments, places.state_url, values)
    taken = CLIENTS.operations[step.client][str(step.operation)].arguments
    try:
        arguments = {name: TypeAdapter(taken[name]).validate_python(value) for name, value in arguments.items()}
    except ValidationError as error:
        wrong = error.errors(include_input=False)[0]
        raise _Unmet("arguments that the client takes", f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
    authorized = {"token": token} if token is not None else {}
    with getattr(consumer, step.client)(places.urls[step.provider], **authorized) as client:
        try:
            outcome = getattr(client, str(step.operation))(**arguments)
        except Refused as refusal:
            outcome = refusal
        except UnexpectedAnswer as problem:
            raise _Unmet(str(step.refusal or "accepted"), str(problem)) from None
        except Unreachable as problem:
            raise NoAnswer(values.shown(str(problem))) from None
    _compare(step, outcome, values)
    return outcome


def _made(state: str, parameters: Mapping[str, Any], url: str, values: "_Values") -> Mapping[str, Any]:
    """What a provider state returns."""
    asked = {"state": state, "params": parameters, "action": "setup"}
    try:
        answer = requests.post(url, json=asked, timeout=STATE_SECONDS)
    except requests.RequestException as error:
        raise NoAnswer(f"the state URL {url} does not answer: {type(error).__name__}") from None
    if answer.status_code >= 500:
        raise NoAnswer(f"the state URL {url} answers {answer.status_code} to {state!r}")
    try:
        returned = answer.json()
    except (ValueError, RecursionError):
        returned = None
    if not answer.ok or not isinstance(returned, dict):
        raise _Unmet("the values of the state", f"{answer.status_code} {answer.text}")
    values.secrets |= {
        str(value)
        for name, value in returned.items()
        if is_secret(name) or STATES.examples.get(name, "").startswith(NO_SECRET)
    }
    return returned


def _compare(step: JourneyStep, outcome: Any, values: "_Values") -> None:
    """Raises `_Unmet` unless the outcome is what the step expects."""
    values.secrets |= set(_secrets(outcome))
    if step.refusal is None and isinstance(outcome, Refused):
        raise _Unmet("accepted", _told(outcome))
    if step.refusal is not None:
        if not isinstance(outcome, Refused):
            raise _Unmet(str(step.refusal), "accepted")
        got = {name: _plain(getattr(outcome, name)) for name in step.refusal.attributes}
        alike = (type(outcome).__name__, outcome.status) == (step.refusal.error, step.refusal.status)
        if not alike or got != dict(step.refusal.attributes):
            raise _Unmet(str(step.refusal), _told(outcome))
        return
    for path, stated in step.gives.items():
        other = isinstance(stated, Mapping)
        try:
            wanted = fill(stated["not"] if other else stated, values)
        except KeyError as missing:
            raise _Unmet(f"${{{missing.args[0]}}} from an earlier step", "none") from None
        found = [_plain(each) for each in _at(outcome, path.split("."))]
        if (wanted in found) is other:
            given = found if "*" in path else found[0] if found else None
            raise _Unmet(f"{path} {'other than' if other else '='} {wanted!r}", f"{path} = {given!r}")


class _Values:
    """What `${step.value}` means; and every secret that was met, to be kept out of what is shown."""

    def __init__(self) -> None:
        self.results: dict[str, Any] = {}
        self.secrets: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        step, _, path = name.partition(".")
        found = [_plain(each) for each in _at(self.results[step], path.split("."))]
        if not found or found[0] is None:
            raise KeyError(name)
        return found[0]

    def shown(self, text: str) -> str:
        """A text without secrets, and not too long."""
        if known := sorted(filter(str.strip, self.secrets), key=len, reverse=True):
            text = re.sub("|".join(map(re.escape, known)), HIDDEN, text)
        text = hidden(text)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _told(refusal: Refused) -> str:
    code = f"{refusal.status} {refusal.code}".strip()
    return f"{code} ({type(refusal).__name__}){f': {refusal.message}' if refusal.message else ''}"


def _at(value: Any, path: list[str]) -> list[Any]:
    """The values at a path; none where something on the way is not there, several where it goes through `*`."""
    if not path:
        return [value]
    step, *rest = path
    if step == "*":
        return [found for each in (value if isinstance(value, list | tuple) else ()) for found in _at(each, rest)]
    if isinstance(value, Mapping):
        inner = value.get(step)
    elif isinstance(value, list | tuple):
        inner = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
    else:
        inner = getattr(value, step, None)
    return _at(inner, rest) if inner is not None or not rest else []


def _plain(value: Any) -> Any:
    """A value as YAML states it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return value.model_dump()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _secrets(outcome: Any) -> list[str]:
    """Every secret in a result."""
    if isinstance(outcome, SecretStr):
        return [outcome.get_secret_value()]
    inner: Any = ()
    if isinstance(outcome, BaseModel):
        inner = [getattr(outcome, name) for name in type(outcome).model_fields]
    elif isinstance(outcome, list | tuple):
        inner = outcome
    return [secret for each in inner for secret in _secrets(each)]
