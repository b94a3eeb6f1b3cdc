"""The engine's own word on a change: the changed request, in a world where everything is as the change says.

Nothing of the search is used here but the values that it found: a real request is made, records are put into a world,
and the provider's application answers.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from outdial.explain.levers import OBJECT
from outdial.explain.request import is_placeholder
from outdial.explain.sent import FORM
from outdial.explain.situation import Ground
from outdial.explain.verdict import Case, Solution
from outdial.provider import Answer, Application, Call, Policy, World

LONG = 100
"""Characters of a field that is cut where the body is too long."""
TOKEN = "the-token"


class Changed:
    """The request of a case, with the values that a search found."""

    def __init__(self, case: Case, solution: Solution) -> None:
        self.ground: Ground = case.ground
        self._changes = case.changes
        self._values = {**case.changes, **solution}

    @property
    def facts(self) -> frozenset[str]:
        """The facts that have a value that was said or found."""
        return frozenset({*self._values, *self.ground.knowledge.said})

    def __getitem__(self, fact: str) -> Any:
        """A fact: as found, else as known, else the first that it can have."""
        if fact in self._values:
            return self._values[fact]
        possible = self.ground.possible(fact)
        return (self.ground.domain(fact) if possible is None else possible)[0]

    @property
    def path(self) -> str:
        """The path, its steps filled."""
        path = self.ground.operation.path
        for name in self.ground.path_names:
            path = path.replace(f"{{{name}}}", str(self[f"path.{name}"]))
        return path

    def shown(self, part: str) -> dict[str, Any]:
        """The fields of a body or form, with the placeholders that were sent and are not changed."""
        sent = self.ground.knowledge.sent
        changed = {".".join(fact.split(".")[:2]) for fact in self._changes}
        found = self.fields(part)
        for name, value in found.items():
            fact = f"{part}.{name}"
            if fact in changed:
                found[name] = self.ground.shown(fact, value)
            elif is_placeholder(sent.value(fact)):
                found[name] = sent.value(fact)
        return found

    def fields(self, part: str) -> dict[str, Any]:
        """Return the fields of a body or form as they are changed."""
        sent = self.ground.knowledge.sent.fields(part)
        found: dict[str, Any] = {}
        for name in [*sent, *sorted(self.ground.fields[part] - set(sent))]:
            value = self[f"{part}.{name}"]
            if value is not None:
                found[name] = {} if value == OBJECT else value
        if "request.bytes" in self._changes:
            found = {name: _shorter(value) for name, value in found.items()}
        prefix = f"{part}."
        for fact in sorted(self._values):
            steps = fact.removeprefix(prefix).split(".")
            if fact.startswith(prefix) and len(steps) > 1 and steps[0] in found:
                value = self._values[fact]
                _put(found, steps, {} if value == OBJECT else value)
        return found

    def content(self) -> bytes:
        """The body as bytes."""
        match self["request.body"]:
            case "object":
                return json.dumps(self.fields("body"), ensure_ascii=False).encode()
            case "none":
                return b""
            case "other":
                return b"[]"
        if self["request.media_type"] == FORM:
            return urlencode(self.fields("form")).encode()
        return b"{"

    @property
    def body_is_form(self) -> bool:
        """Return whether the body is a form."""
        return bool(self["request.media_type"] == FORM and self["request.body"] == "broken")


def _shorter(value: Any) -> Any:
    return "<shorter>" if len(json.dumps(value)) > LONG else value


def _put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = target.get(step)
        inner = dict(inner) if isinstance(inner, Mapping) else {}
        target[step] = target = inner
    if value is None:
        target.pop(steps[-1], None)
    else:
        target[steps[-1]] = value


def play(changed: Changed, policy: Policy) -> Answer:
    """Return the provider's answer."""
    world = World()
    headers = {name: str(value) for name, value in _headers(changed).items() if value is not None}
    _arrange(changed, world)
    call = Call(changed.ground.operation.method, f"/{policy.provider}{changed.path}", headers, changed.content())
    return Application({policy.provider: policy}, world).answer(call)


def _headers(changed: Changed) -> dict[str, Any]:
    names = changed.ground.fields["header"]
    found = {name: changed[f"header.{name}"] for name in names if name not in ("authorization", "content-type")}
    scheme = changed["request.scheme"]
    if scheme == "bearer":
        found["authorization"] = f"Bearer {TOKEN}"
    elif scheme == "basic":
        pair = f"{changed['basic.id']}:{changed['basic.secret']}"
        found["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    elif scheme:
        found["authorization"] = f"{scheme} x"
    media_type = changed["request.media_type"]
    return {**found, "content-type": media_type}


def _arrange(changed: Changed, world: World) -> None:
    ground = changed.ground
    view = ground.view(changed, _names(changed))
    if view["token.status"] not in (None, "unknown"):
        world.add("token", TOKEN, _record("token", "token", changed, view))
    for subject, (kind, _) in ground.subjects.items():
        key = view[f"{subject}.id"]
        if view[f"{subject}.exists"] and isinstance(key, str):
            world.add(kind, key, _record(kind, subject, changed, view))


def _names(changed: Changed) -> set[str]:
    """The elements of sets that matter: those that rules name, and those that the search asked for."""
    named = {name for names in changed.ground.names_of.values() for name in names}
    return named | {fact.partition(":")[2] for fact in changed.facts if ":" in fact}


def _record(kind: str, subject: str, changed: Changed, view: Any) -> dict[str, Any]:
    """Return a record as the situation says; attributes that no rule asks for have their default."""
    whole = changed.ground.operation.kinds[kind]
    return whole.record(
        {name: _plain(view[f"{subject}.{name}"], each.default) for name, each in whole.attributes.items()}
    )


def _plain(value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        return default if value is None else (value,)  # an empty queue, or one with something in it
    return value if value is None or isinstance(value, str | bool | int) else frozenset(value)
