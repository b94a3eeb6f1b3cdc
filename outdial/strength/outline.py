"""Writes a request that the search found as a row of a scenario table, ready to be pasted.

The row is the difference between the found facts and those of the table's accepted row: records are given by
provider states, everything else is a change of the request. Values are names and choices of the vocabulary;
no id, token or secret of the accepted row gets into it. A title is left to who pastes it.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from outdial.provider.facts import SUFFIX
from outdial.provider.kinds import KnownFields, Pattern, Same
from outdial.reasoning.naming import RealValues, split, variable
from outdial.reasoning.records import arranged_by, not_made, otherwise, parameter_of, returned
from outdial.reasoning.space import STRANGERS
from outdial.strength.tables import Expected, Tables
from outdial.strength.writing import over, parameter, put, there
from outdial.tables import STATES

BODIES = {"other": "[]", "broken": "{", "none": ""}
AROUND_A_LONG_TEXT = 100
"""Bytes of a body besides its long text; limits are thousands of bytes apart."""
NOTES = "attributes"
FORM = "application/x-www-form-urlencoded"
TOKEN = "an access token"
FOUND_BY_CLIENT = {"form.client_id", "form.code", "form.refresh_token", "form.code_verifier"}
"""Fields that carry what a state returned; another value of theirs is another state."""
NOT_BEARER = {None: None, "basic": "Basic RVhBTVBMRTpOT1QtQS1TRUNSRVQ="}


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
        self._chosen: set[str] = set()
        self._changed = {name for name in found if found[name] != baseline.get(name)}
        self._change_request()
        self._change_token()
        for subject in sorted({name.rpartition(".")[0] for name in found if split(name)}):
            self._change_subject(subject)
        for name in sorted(self._changed):
            part, _, rest = name.partition(".")
            if part in {"body", "form", "header"} and not name.endswith(SUFFIX):
                self._change_field(part, rest, found[name])

    def row(self, name: str, expected: Expected) -> dict[str, Any]:
        """The row as plain data, in the order of the tables."""
        row: dict[str, Any] = {"id": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")}
        own = self._tables.change(self._head)
        if given := over(own.get("given", {}), self.given):
            row["given"] = given
        if request := over(own.get("request", {}), self.request):
            row |= {"request": request, "by_hand": True}
        if expected.refusal is not None:
            row["expect"] = expected.short
        if expected.rule is not None:
            row["because"] = expected.rule.id
        return {**row, "basis": "assumed", "source": "to be confirmed"}

    def _value(self, name: str) -> Any:
        """A fact as found; as in the accepted row where the search did not ask for it."""
        return self._found[name] if name in self._found else self._baseline.get(name)

    def _change_request(self) -> None:
        if "request.scheme" in self._changed and self._found["request.scheme"] in NOT_BEARER:
            put(self.request, ("headers", "Authorization"), NOT_BEARER[self._found["request.scheme"]])
        elif "basic.id" in self._changed and self._found["basic.id"] is None:
            put(self.request, ("headers", "Authorization"), None)
        if "request.media_type" in self._changed:
            put(self.request, ("headers", "Content-Type"), self._found["request.media_type"])
        size = self._value("request.bytes") if "request.bytes" in self._changed else 0
        long_text = {"text": "x", "times": size - AROUND_A_LONG_TEXT} if size > 10 * AROUND_A_LONG_TEXT else None
        content = self._value("request.body")
        if "request.body" in self._changed and content in BODIES and self._value("request.media_type") != FORM:
            self.request["body"] = long_text or BODIES[content]
        elif long_text:
            self._lengthen(long_text)

    def _lengthen(self, text: Mapping[str, Any]) -> None:
        """A long text in a field that the request may have."""
        known = [
            name for rule in self._baseline.operation.rules if isinstance(rule, KnownFields) for name in rule.fields
        ]
        free = [name for name in known if self._found.get(f"body.{name}", ...) is not None]
        if NOTES in free or not free:
            put(self.request, ("body", NOTES), {"note": text})
        else:
            put(self.request, ("body", free[-1]), text)

    def _change_token(self) -> None:
        if self._value("request.scheme") != "bearer":
            return
        changes = {name.partition(".")[2]: self._found[name] for name in sorted(self._changed) if name[:6] == "token."}
        state, inner, stated = self._holder(TOKEN)
        if changes.get("status") == "unknown":
            self._give(state, inner, {"status": "unknown"})
            return
        user = self._value("token.user")
        if inner and user is not None and self._baseline["token.user"] is not None:
            changes.pop("user", None)  # the state that has the token has what its user is compared with
        if "user" in changes:
            of_the_other = {"role": None, "acts_on_behalf": None} if user is not None else {"user": None}
            self._give(state, inner, {key: None for key in of_the_other if stated.get(key) is not None})
            changes.setdefault("permissions", self._value("token.permissions"))
            if user is not None:
                self._give(state, inner, {"user": {}})
                changes.pop("acts_on_behalf", None)
        for attribute, value in changes.items():
            if attribute == "permissions":
                self._give(state, (*inner, "user") if user is not None else inner, parameter(attribute, value))
            elif attribute != "user" and value is not None:
                self._give(state, inner, parameter(attribute, value))

    def _holder(self, state: str) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
        """Where the accepted row states a state: by itself, or as a part of another; and what it states."""
        if state not in self._states:
            for name, given in self._states.items():
                for part, model in STATES[name].parts.items():
                    if model.definition.name == state:
                        return (
                            name,
                            (part,),
                            {**STATES[name].definition.parameters[part].default, **given.get(part, {})},
                        )
        return state, (), self._states.get(state, {})

    def _change_subject(self, subject: str) -> None:
        kind, _, by = subject.removesuffix(")").partition("(")
        key = self._value(by)
        if key is None:
            return
        new = by in self._changed
        changes = {
            name.rpartition(").")[2]: self._found[name]
            for name in sorted(self._found if new else self._changed)
            if name.startswith(f"{subject}.") and self._found[name] is not None
        }
        arranging = arranged_by(kind)
        if kind == "client":
            self._change_client(by, changes)
        elif arranging and "client" in STATES[arranging].parts:
            self._change_code(subject, arranging, changes)
        elif arranging:
            own = by == "token.user" or (kind == "agent" and key == self._value("token.user"))
            holder, within, _ = self._holder(TOKEN)
            state, inner = (holder, (*within, "user")) if own else (arranging, ())
            if changes.get("exists") or (new and not self._has_form(by)):
                self._change_key(by, "userId" if own else returned(kind))
                self._give(state, inner, {})
                if self._value(f"{subject}.exists") is False:
                    changes["exists"] = False
            if changes.pop("exists", None) is False and not own:
                self._give(state, inner, not_made(kind))
            self._compare(subject)
            changes = {name: each for name, each in changes.items() if f"{subject}.{name}" not in self._chosen}
            for attribute, value in changes.items():
                first, *rest = parameter_of(kind, attribute)
                if rest and value is not None:
                    self._give(state, (*inner, first), {rest[-1]: value})
                elif attribute != "id":
                    self._give(state, inner, parameter(attribute, value))

    def _compare(self, subject: str) -> None:
        """What a rule compares, and the found request has differently, by a choice of the state that makes it."""
        kind = subject.partition("(")[0]
        operation = self._baseline.operation
        for rule in operation.rules:
            sides = [variable(operation, each) for each in (rule.fact, rule.as_)] if isinstance(rule, Same) else []
            own = next((each for each in sides if each.startswith(f"{subject}.")), None)
            choice = otherwise(kind, own.rpartition(").")[2]) if own else {}
            if choice:
                if None in map(self._value, sides) and "empty" in self._choices(kind, next(iter(choice))):
                    choice = dict.fromkeys(choice, "empty")
                self._chosen |= {*sides}
                if self._value(sides[0]) != self._value(sides[1]):
                    self._give(arranged_by(kind) or "", (), choice)

    def _choices(self, kind: str, name: str) -> tuple[Any, ...]:
        """What a parameter of the state that makes a kind of record may be."""
        return get_args(STATES[arranged_by(kind) or ""].model_fields[name].annotation)

    def _change_key(self, by: str, returned: str) -> None:
        """Let the request name the record that a state returns."""
        part, _, name = by.partition(".")
        if part in {"body", "form", "header"}:
            place = (
                ("headers", self._tables.header(self._head, name)) if part == "header" else ("body", *name.split("."))
            )
            put(self.request, place, f"${{{returned}}}")

    def _change_client(self, by: str, changes: dict[str, Any]) -> None:
        """A client of its own, or the one that a code belongs to."""
        own = "an OAuth client" in self._states
        holder = next((name for name in self._states if "client" in STATES[name].parts), "an OAuth client")
        state, inner = ("an OAuth client", ()) if own else (holder, ("client",))
        exists = self._value(f"client({by}).exists")
        secret = self._value(f"client({by}).secret")
        if by in self._changed and exists:
            # Another client sends what was issued to the usual one: the values of a later state win.
            self._give("an OAuth client", (), {"grant": self._baseline.get(f"client({by}).grant")})
            state, inner = "an OAuth client", ()
        elif exists is False:
            self._give(state, inner, {"exists": False})
        if exists and secret != self._value("basic.secret") and "basic.secret" in self._found:
            self._give(state, inner, {"secret": "wrong"})
        for attribute, value in changes.items():
            if attribute not in {"exists", "id", "secret"}:
                self._give(state, inner, parameter(attribute, value))

    def _change_code(self, subject: str, state: str, changes: dict[str, Any]) -> None:
        """What is exchanged for a token belongs to a client."""
        by = subject.partition("(")[2].removesuffix(")")
        if self._value(f"{subject}.exists") is False:
            if "unknown" in get_args(STATES[state].model_fields["status"].annotation):
                self._give(state, (), {"status": "unknown"})
            else:
                put(self.request, ("body", by.removeprefix("form.")), "nobody-signed-this")
            return
        if "status" in changes:
            self._give(state, (), {"status": changes["status"]})
        if changes.get("redirect_uri", (sent := self._value("form.redirect_uri"))) != sent and sent is not None:
            self._give(state, (), {"redirect_uri": "other"})
        if changes.get("challenge", (sent := self._value(f"form.code_verifier{SUFFIX}"))) != sent and sent is not None:
            self._give(state, (), {"verifier": "wrong"})
        if changes.get("organisation", (sent := self._value("form.orgName"))) != sent and sent is not None:
            put(self.request, ("body", "orgName"), "another-organisation")

    def _change_field(self, part: str, name: str, value: Any) -> None:
        place = self._place(part, name)
        outer = f"{part}.{name.rpartition('.')[0]}"
        if value is None and self._found.get(outer, ...) is None:
            return
        json = self._value("request.media_type") == "application/json" and self._value("request.body") == "object"
        if (
            (part == "body" and not json)
            or there(self.request, place)
            or f"{part}.{name}" in self._chosen
            or (value is not None and f"{part}.{name}" in FOUND_BY_CLIENT)
        ):
            return
        if any(key.startswith(f"{part}.{name}.") and each is not None for key, each in self._found.items()):
            return
        if (
            part == "body"
            and value in STRANGERS
            and not self._has_form(f"{part}.{name}")
            and (filled := self._tables.field(self._head, place[1:]))
        ):
            value, states = filled
            for state, given in states.items():
                if state not in self._states:
                    self._give(state, (), given)
        put(self.request, place, value)

    def _place(self, part: str, name: str) -> tuple[str, ...]:
        """Where a row's request has a field."""
        return ("headers", self._tables.header(self._head, name)) if part == "header" else ("body", *name.split("."))

    def _has_form(self, fact: str) -> bool:
        """Whether a rule asks for the form of a field, so that its value stands as it was found."""
        return any(isinstance(rule, Pattern) and rule.field == fact for rule in self._baseline.operation.rules)

    def _give(self, state: str, inner: tuple[str, ...], parameters: Mapping[str, Any]) -> None:
        self.given.setdefault(state, {})
        for name, value in parameters.items():
            put(self.given, (state, *inner, name), value)
