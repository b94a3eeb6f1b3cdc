"""The provider's own answer to a changed request, in a world where every fact is as the change says."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from outdial.explain.changed import Changed
from outdial.explain.facts import SETS, View
from outdial.explain.request import FORM
from outdial.provider import Answer, Application, Call, Policy, World

TOKEN = "the-token"


def play(changed: Changed, policy: Policy) -> Answer:
    """Arrange the world, send the request, and return the answer."""
    world, ground = World(), changed.ground
    view, rules = View(ground, changed), ground.operation.rules

    def value(fact: str, default: Any) -> Any:
        if not fact.endswith(SETS):
            return _plain(view[fact], default)
        return frozenset(each for rule in rules for each in View(ground, changed, rule)[fact] or ())

    def add(kind: str, key: str, subject: str) -> None:
        whole = ground.operation.kinds[kind]
        values = {name: value(f"{subject}.{name}", each.default) for name, each in whole.attributes.items()}
        world.add(kind, key, whole.record(values))

    if view["token.status"] not in (None, "unknown"):
        add("token", TOKEN, "token")
    for subject, (kind, _) in ground.subjects.items():
        if view[f"{subject}.exists"] and isinstance(view[f"{subject}.id"], str):
            add(kind, view[f"{subject}.id"], subject)
    call = Call(ground.operation.method, f"/{policy.provider}{changed.path}", _headers(changed), _content(changed))
    return Application({policy.provider: policy}, world).answer(call)


def _headers(changed: Changed) -> dict[str, str]:
    names = changed.ground.fields["header"]
    found = {name: changed[f"header.{name}"] for name in names if name not in ("authorization", "content-type")}
    scheme = changed["request.scheme"]
    pair = f"{changed['basic.id']}:{changed['basic.secret']}" if scheme == "basic" else ""
    shown = {None: None, "bearer": f"Bearer {TOKEN}", "basic": f"Basic {b64encode(pair.encode()).decode()}"}
    found |= {"authorization": shown.get(scheme, f"{scheme} x"), "content-type": changed["request.media_type"]}
    return {name: str(value) for name, value in found.items() if value is not None}


def _content(changed: Changed) -> bytes:
    form = changed["request.body"]
    if form == "object":
        return json.dumps(changed.fields("body"), ensure_ascii=False).encode()
    if changed["request.media_type"] == FORM and form == "broken":
        return urlencode(changed.fields("form")).encode()
    return {"none": b"", "other": b"[]"}.get(form, b"{")


def _plain(value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        return default if value is None else (value,)  # an empty queue, or one with something in it
    return value
