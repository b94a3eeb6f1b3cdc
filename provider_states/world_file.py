"""A world from a file: provider states with the ids, secrets and tokens that an application is configured with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outdial.documents import Document, DocumentError, Strict, suggest
from outdial.provider import Answer, Call
from outdial.provider.exchange import in_json
from outdial.provider.records import Kinds
from outdial.provider.world import LATER, World
from outdial.tables.vocabulary import STATES, StateParameters
from provider_states.handlers import BadState, ProviderStates, Values, source_of
from provider_states.kinds import record_kinds

WORLD_PATH = "/world"
SavedNames = list[str | list[str]]
"""A saved set: names, or grants as [name, division]."""


class Wanted(Strict):
    """One provider state; `called` are values that it returns, as they are to be."""

    state: str
    params: dict[str, Any] = {}
    called: dict[str, str] = {}


class WorldFile(Strict):
    """World file: provider states to make, or the `records` of a saved world by kind and key."""

    world: tuple[Wanted, ...] = ()
    records: dict[str, dict[str, dict[str, Any]]] = {}


def make_world(document: Document, provider_states: ProviderStates) -> list[Values]:
    """Make all that a file says, or nothing; return the values of each of its states. Raises `DocumentError`."""
    file = document.parse(WorldFile)
    checked: list[tuple[StateParameters, dict[str, str]]] = []
    seen: set[tuple[str, str]] = set()
    for at, each in enumerate(file.world):
        place = ("world", at)
        if each.state not in STATES:
            problem = f"no provider state {each.state!r}{suggest(each.state, list(STATES))}"
            raise document.error((*place, "state"), problem)
        given = document.validate(STATES[each.state], each.params, (*place, "params"), place)
        chosen = {}
        for name, value in each.called.items():
            try:
                chosen[source_of(given, name)] = value
            except BadState as problem:
                raise document.error((*place, "called", name), str(problem)) from None
            if (name, value) in seen:
                raise document.error((*place, "called", name), f"{name} {value!r} stands twice")
        seen.update(each.called.items())
        checked.append((given, chosen))
    kinds = record_kinds()
    for kind, key, attributes in list(_restored(document, file, kinds)):
        provider_states.provider.add(kind, key, kinds[kind].record(attributes))
    return [provider_states.arrange(given, chosen) for given, chosen in checked]


def _restored(document: Document, file: WorldFile, kinds: Kinds) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield saved records with their values as a world keeps them: names in sets, grants as pairs, queues as tuples."""
    for kind, records in file.records.items():
        if kind not in kinds:
            raise document.error(("records", kind), f"no record {kind!r}{suggest(kind, list(kinds))}")
        known = kinds[kind].attributes
        for key, attributes in records.items():
            found = {}
            for name, value in attributes.items():
                place = ("records", kind, key, name)
                if name not in known:
                    raise document.error(place, f"{kind} has no attribute {name!r}{suggest(name, list(known))}")
                values = known[name].values
                if values is not None and value not in (*values, None):
                    problem = f"{kind}.{name} is never {value!r}{suggest(str(value), [str(each) for each in values])}"
                    raise document.error(place, problem)
                found[name] = tuple(value) if isinstance(value, list) else value
                if isinstance(known[name].default, frozenset):
                    names = document.validate(SavedNames, value, place)
                    found[name] = frozenset(tuple(each) if isinstance(each, list) else each for each in names)
            yield kind, key, found


def answer_world(states: ProviderStates, world: World, call: Call) -> Answer:
    """Answer `POST /world` of a world file, YAML or JSON, with the values of its states; a mistake is a 400.

    `GET /world` saves every record as a world file. The tokens and secrets in it are the real ones.
    """
    if call.method == "GET":
        found: dict[str, dict[str, Any]] = {}
        for kind, key, record in world.records():
            found.setdefault(kind, {})[key] = {name: record[name] for name in record if name != LATER}
        text = json.dumps({"records": found}, default=sorted, indent=2, ensure_ascii=False)
        return Answer(200, {"Content-Type": "application/json"}, text.encode(errors="replace"))
    if call.method != "POST":
        return in_json(405, {"error": "a world is made by POST, and saved by GET"})
    try:
        made = make_world(Document.of(call.body, Path("the request")), states)
    except DocumentError as problem:
        return in_json(400, {"error": str(problem)})
    return in_json(200, [dict(values) for values in made])
