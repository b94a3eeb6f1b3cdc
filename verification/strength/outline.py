"""Writes a request that the search found as a row of a scenario table, ready to be pasted.

The row is the difference between the found facts and those of the table's accepted row: states are given by
their parameters, everything else is a change of the request. What a search cannot know (a title, whether a
typed client can send it) is left to who pastes it.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

import yaml

from contracts import STATES
from verification.strength.feasible import ARRANGED_BY, EXCHANGED
from verification.strength.space import STRANGERS, SUFFIX, RealValues, split
from verification.strength.tables import Expected, Tables

RETURNED = {
    "agent": "agentId",
    "campaign": "campaignId",
    "contact": "externalContactId",
    "conversation": "conversationId",
    "destination": "phoneNumber",
    "number": "fromNumber",
    "queue": "queueId",
    "skill": "skillId",
}
"""The value by which a request names a record of each kind."""
STATES_OF = {
    **ARRANGED_BY,
    "campaign": "a campaign",
    "contact": "an external contact",
    "conversation": "a conversation",
    "queue": "a queue",
    "skill": "a skill",
}
CLIENT_IDS = ("basic.id", "form.client_id")
BODIES = {"other": "[]", "broken": "{", "none": ""}
AROUND_A_LONG_TEXT = 100
"""Bytes of a body besides its long text; limits are thousands of bytes apart."""


class Outline:
    """The change of a table's head that makes a found request."""

    def __init__(self, found: Mapping[str, Any], baseline: RealValues, tables: Tables, head: str) -> None:
        self._found = found
        self._baseline = baseline
        self._tables = tables
        self._head = head
        self._states = tables.given(head)
        self.given: dict[str, Any] = {}
        self.request: dict[str, Any] = {}
        for name in sorted(found):
            if found[name] != self._baseline.get(name):
                self._change(name, found[name])

    def row(self, name: str, expected: Expected) -> dict[str, Any]:
        """The row as plain data, in the order of the tables."""
        row: dict[str, Any] = {"id": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")}
        if self.given:
            row["given"] = self.given
        if self.request:
            row |= {"request": self.request, "by_hand": True}
        if expected.rule is not None:
            row |= {"expect": expected.refusal, "because": expected.rule.id}
            row |= {"basis": expected.rule.basis, "source": expected.rule.source}
        return row

    def _change(self, name: str, value: Any) -> None:
        base = name.removesuffix(SUFFIX)
        subject = split(base)
        part, _, rest = base.partition(".")
        if subject:
            self._change_subject(*subject, value)
        elif part == "token":
            self._change_token(rest, value)
        elif part == "request":
            self._change_request(rest, value)
        elif base in CLIENT_IDS and value is not None:
            self._change_client_id(base)
        elif base == "basic.id" and self._found.get("request.scheme") == "basic":
            _put(self.request, ("headers", "Authorization"), "Basic malformed")
        elif part in {"body", "form", "header"}:
            self._change_part(part, rest, value)

    def _change_subject(self, kind: str, by: str, attribute: str, value: Any) -> None:
        if kind == "code":
            self._change_code(by, attribute, value)
        elif kind == "client":
            self._change_client(attribute, value)
        elif attribute == "id" or (value is None and attribute != "exists"):
            return
        elif (kind, by) == ("agent", "token.user"):
            self._give("an access token", ("user",), _parameter(attribute, value))
        elif kind in STATES_OF:
            self._give(
                STATES_OF[kind], (), {} if (attribute, value) == ("exists", True) else _parameter(attribute, value)
            )

    def _change_code(self, by: str, attribute: str, value: Any) -> None:
        state, _ = EXCHANGED.get(by, ("", None))
        if attribute == "exists" and not value:
            if "unknown" in _choices(state, "status"):
                self._give(state, (), {"status": "unknown"})
            else:
                _put(self.request, ("body", by.removeprefix("form.")), "nobody-signed-this")
        elif attribute == "status" and value is not None:
            self._give(state, (), {"status": value})
        elif attribute == "redirect_uri" and self._found.get("form.redirect_uri") not in (None, value):
            self._give(state, (), {"redirect_uri": "other"})
        elif attribute == "challenge" and value != self._found.get(f"form.code_verifier{SUFFIX}"):
            self._give(state, (), {"verifier": "wrong"})

    def _change_client_id(self, sent_in: str) -> None:
        """Another client sends what was issued to the usual one; a later state's values win."""
        if self._found.get(f"client({sent_in}).exists"):
            grant = self._baseline.get(f"client({sent_in}).grant")
            self._give("an OAuth client", (), {"grant": grant})

    def _change_client(self, attribute: str, value: Any) -> None:
        state, inner = ("an OAuth client", ()) if "an OAuth client" in self._states else (None, ("client",))
        if state is None:
            state = next((name for name in self._states if "client" in STATES[name].model_fields), "an OAuth client")
        if attribute == "secret":
            if value is not None and self._found.get("basic.secret") not in (None, value):
                self._give(state, inner, {"secret": "wrong"})
        elif attribute != "id" and value is not None:
            self._give(state, inner, _parameter(attribute, value))

    def _change_token(self, attribute: str, value: Any) -> None:
        if self._found.get("request.scheme", "bearer") != "bearer" or self._found.get("token.status") == "unknown":
            if (attribute, value) == ("status", "unknown"):
                self._give("an access token", (), {"status": "unknown"})
        elif attribute == "permissions":
            user = self._found.get("token.user", self._baseline.get("token.user"))
            self._give("an access token", ("user",) if user is not None else (), _parameter(attribute, value))
        elif attribute == "user":
            application = {"user": None, "grant": "client_credentials"}
            self._give("an access token", (), application if value is None else {"role": None, "user": {}})
        elif value is not None:
            self._give("an access token", (), {attribute: sorted(value) if isinstance(value, frozenset) else value})

    def _change_request(self, name: str, value: Any) -> None:
        if name == "scheme":
            if value != "bearer":
                _put(self.request, ("headers", "Authorization"), value and "Basic RVhBTVBMRTpOT1QtQS1TRUNSRVQ=")
        elif name == "media_type":
            _put(self.request, ("headers", "Content-Type"), value)
        elif name == "body":
            if value in BODIES and not any(key.startswith("form.") and each for key, each in self._found.items()):
                self.request["body"] = self._long_text() or BODIES[value]
        elif name == "bytes" and self._found.get("request.body", "object") == "object":
            text = self._long_text()
            if text:
                _put(self.request, ("body", "attributes"), {"note": text})

    def _long_text(self) -> dict[str, Any] | None:
        size = self._found.get("request.bytes", 0)
        return {"text": "x", "times": size - AROUND_A_LONG_TEXT} if size > 10 * AROUND_A_LONG_TEXT else None

    def _change_part(self, part: str, name: str, value: Any) -> None:
        json = self._found.get("request.media_type", "application/json") == "application/json"
        if part == "body" and not (json and self._found.get("request.body", "object") == "object"):
            return
        if part == "form" and self._found.get("request.media_type", "") is None:
            return
        place = ("headers", _title(name)) if part == "header" else ("body", *name.split("."))
        found_by = f"({part}.{name})."
        kind = next((split(key)[0] for key in self._found if found_by in key and split(key)), None)  # type: ignore[index]
        if kind in RETURNED and value in STRANGERS:
            self._give(STATES_OF[kind], (), {})
            value = f"${{{RETURNED[kind]}}}"
        elif any(key.startswith(f"{part}.{name}.") and each is not None for key, each in self._found.items()):
            return
        elif value in STRANGERS and (filled := self._tables.field(self._head, name.split("."))):
            value, states = filled
            for state, given in states.items():
                if state not in self._states:
                    self._give(state, (), given)
        _put(self.request, place, value)

    def _give(self, state: str, inner: tuple[str, ...], parameters: Mapping[str, Any]) -> None:
        _put(self.given, (state,), {}, keep=True)
        for name, value in parameters.items():
            _put(self.given, (state, *inner, name), value)


def as_yaml(row: Mapping[str, Any]) -> str:
    """A row as it stands in a table."""
    return "  - " + "\n    ".join(f"{name}: {_flow(value)}" for name, value in row.items())


def _flow(value: Any) -> str:
    """A value on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _parameter(attribute: str, value: Any) -> dict[str, Any]:
    if attribute != "permissions":
        return {attribute: sorted(value) if isinstance(value, frozenset) else value}
    role: dict[str, Any] = {"permissions": sorted(name for name, _ in value or ())}
    divisions = {division for _, division in value or ()}
    return {"role": {**role, "division": min(divisions)} if divisions else role}


def _put(target: dict[str, Any], path: tuple[str, ...], value: Any, keep: bool = False) -> None:
    """Set a value in nested mappings; with `keep`, only where there is none."""
    for step in path[:-1]:
        if not isinstance(target.get(step), dict):
            target[step] = {}
        target = target[step]
    if keep:
        target.setdefault(path[-1], value)
    elif isinstance(value, dict) and isinstance(target.get(path[-1]), dict):
        target[path[-1]].update(value)
    else:
        target[path[-1]] = value


def _choices(state: str, parameter: str) -> tuple[Any, ...]:
    return get_args(STATES[state].model_fields[parameter].annotation)


def _title(name: str) -> str:
    return "-".join(step.capitalize() for step in name.split("-"))
