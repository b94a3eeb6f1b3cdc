"""A world from a file: provider states with the ids, secrets and tokens that an application is configured with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outdial.documents import Document, DocumentError, Strict, suggest
from outdial.provider import Answer, Call
from outdial.tables.vocabulary import STATES, StateParameters, States
from provider_states.called import Called, CannotBeCalled, called
from provider_states.handlers import ProviderStates, Values

WORLD_PATH = "/world"
JSON = {"Content-Type": "application/json"}


class Wanted(Strict):
    """One provider state; `called` are values that it returns, as they are to be."""

    state: str
    params: dict[str, Any] = {}
    called: dict[str, str] = {}


class WorldFile(Strict):
    """World file: records in any order."""

    world: tuple[Wanted, ...]


def make_world(document: Document, provider_states: ProviderStates, states: States = STATES) -> list[Values]:
    """Make all that a file says, or nothing: what each of its states returns. Raises `DocumentError`."""
    wanted = document.parse(WorldFile).world
    checked: list[tuple[StateParameters, Called]] = []
    seen: dict[tuple[str, str], int] = {}
    for at, each in enumerate(wanted):
        place = ("world", at)
        if each.state not in states:
            problem = f"no provider state {each.state!r}{suggest(each.state, list(states))}"
            raise document.error((*place, "state"), problem)
        given = document.validate(states[each.state], each.params, (*place, "params"), place)
        for name, value in each.called.items():
            if seen.setdefault((name, value), at) != at:
                raise document.error((*place, "called", name), f"{name} {value!r} stands twice")
        checked.append((given, _called(document, given, each.called, (*place, "called"))))
    return [provider_states.arrange(given, chosen) for given, chosen in checked]


def _called(
    document: Document, given: StateParameters, values: Mapping[str, str], place: tuple[str | int, ...]
) -> Called:
    for name, value in values.items():
        try:
            called(given, {name: value})
        except CannotBeCalled as problem:
            raise document.error((*place, name), str(problem)) from None
    return called(given, values)


class WorldApplication:
    """`POST /world` with what a file would say, as YAML or JSON; answered by what each state returns."""

    def __init__(self, states: ProviderStates) -> None:
        self._states = states

    def answer(self, call: Call) -> Answer:
        """The returned values in the order of the request; a mistake is a 400 with its line."""
        if call.method != "POST":
            return Answer(405, JSON, json.dumps({"error": "a world is made by POST"}).encode())
        try:
            made = make_world(Document.of(call.body, Path("the request")), self._states)
        except DocumentError as problem:
            return Answer(400, JSON, json.dumps({"error": str(problem)}).encode())
        return Answer(200, JSON, json.dumps([dict(values) for values in made]).encode())
