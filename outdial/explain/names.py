"""Unpublished names in a request, each with the published one that is meant; and the body with its fields corrected."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

from outdial.definitions import Catalogue, NameList, load_definitions
from outdial.explain.facts import Knowledge
from outdial.explain.operations import APIS, Target
from outdial.explain.request import is_placeholder

Kind = Literal["scope", "permission", "grant", "header", "field"]
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NUMBER = re.compile(r"(?i)(sips?|tel):\S+|\+?[\d\s().-]{3,25}")


@dataclass(frozen=True, slots=True)
class Name:
    """An unpublished name, and the name to use instead."""

    kind: Kind
    name: str
    instead: str = ""

    def __str__(self) -> str:
        if self.kind == "field":
            return f"{self.name} {self.instead}"
        return "; ".join(filter(None, [f"{self.kind} {self.name} does not exist", self.instead]))


def unpublished_names(known: Knowledge, target: Target) -> Iterator[Name]:
    """Yield every scope, permission, grant and header that the API does not have."""
    if not target.is_published:
        return
    meant, listed = APIS.meant.get(target.api, {}), target.listed
    said: dict[tuple[Kind, str], None] = {}
    for fact, values in known.said.items():
        holder, colon, name = fact.partition(":")
        if colon and values and any(values) and name != "none":
            said["scope" if holder.endswith("scopes") else "permission", name] = None
        elif fact == "token.grant" and values:
            said["grant", str(values[0])] = None
    if grant := known.request.form.get("grant_type"):
        said["grant", grant] = None
    definition = load_definitions().get(target.api)
    for kind, name in said:
        own, published = meant.get(kind, {}).get(name), definition.listed(kind) if definition else None
        if own is None and (published is None or _has(published, name, kind)):
            continue
        other, needed = ("permission" if kind == "scope" else "scope"), target.needs(kind) if kind != "grant" else ""
        instead = f"this operation asks for {needed}" if needed else f"use {own}" if own else ""
        if kind == "grant" and published and not own:
            instead = f"published are {', '.join(published.names)}"
        elif kind != "grant" and listed and name in listed.names[other]:
            instead = f"it is a {other}" + (f"; {instead}" if instead else "")
        yield Name(kind, name, instead)
    for name, instead in meant.get("header", {}).items():
        if name in known.request.sent_headers:
            yield Name("header", name, f"use {instead}")


def _has(published: NameList, name: str, kind: str) -> bool:
    """Return whether a name is published, a grant also by the end of its URN; True if unknown."""
    urn = f":{name.replace('_', '-')}"
    is_listed = name in published.names or (kind == "grant" and any(each.endswith(urn) for each in published.names))
    return is_listed or not (published.complete or name in published.absent)


def mend(known: Knowledge, target: Target) -> tuple[Knowledge, tuple[Name, ...]]:
    """Put the published fields that are meant into the body, keeping values that fit; return every problem too."""
    body, shape = known.request.json, str(target.published.body) if target.published else ""
    if target.listed is None or shape not in target.listed.shapes or not body:
        return known, ()
    mending = _Mending(target.listed, shape)
    fields = mending.object(body, shape)
    if not mending.problems:
        return known, ()
    content = json.dumps({**fields, **mending.moved, **fields}, ensure_ascii=False).encode(errors="replace")
    return replace(known, request=replace(known.request, body=content)), tuple(mending.problems)


class _Mending:
    """Corrects the fields of one body. `moved` are the values of fields that are not published, by the right field."""

    def __init__(self, known: Catalogue, shape: str) -> None:
        self._known = known
        self._meant = APIS.fields.get(known.api, {}).get(shape, {})
        self._says = APIS.says.get(known.api, {})
        self._top = known.shapes[shape]
        self.moved: dict[str, Any] = {}
        self.problems: list[Name] = []

    def object(self, value: Mapping[str, Any], shape: str, at: str = "") -> dict[str, Any]:
        fields, found = self._known.shapes[shape], {}
        for name, each in value.items():
            place = f"{at}.{name}" if at else name
            if name in fields and not name.startswith("*"):
                found[name] = self._value(name, each, str(fields[name]).removesuffix(" ro"), place)
            else:
                self._unknown(name, each, fields, place)
        return found

    def _value(self, name: str, value: Any, kind: str, place: str) -> Any:
        if kind.startswith("[") and isinstance(value, list):
            return [self._value(name, each, kind[1:-1], f"{place}[{at}]") for at, each in enumerate(value)]
        if kind in self._known.shapes and isinstance(value, Mapping):
            return self.object(value, kind, place)
        if wrong := _wrong(name, value, kind):
            self.problems.append(Name("field", place, wrong))
            return int(value) if wrong.endswith("not a text") else _placeholder(name, kind)
        return value

    def _unknown(self, name: str, value: Any, fields: Mapping[str, Any], place: str) -> None:
        """Move each value below a field that is not published to the field that is meant."""
        kinds = {**fields, **self._top}
        targets: dict[str, Any] = {}
        for path, leaf in _leaves(value, re.sub(r"\[\d+\]", ".*", place)):
            target = self._meant.get(path) or ""
            if target in self._top and (target not in targets or not _wrong(target, leaf, str(kinds[target]))):
                targets[target] = leaf
        if not targets and place == name and name not in self._says and name not in self._meant:
            by_case = {each.lower(): each for each in fields if not each.startswith("*")}
            near = [by_case[each] for each in get_close_matches(name.lower().replace("_", ""), by_case, 1, 0.84)]
            targets = {each: value for each in near if not _wrong(each, value, str(kinds[each]))}
        notes = []
        if "callerId" in targets and _wrong("callerId", targets["callerId"], "string"):
            targets = {"callerId": targets["callerId"]}  # nobody has to show a number, nor its name
        for target, leaf in targets.items():
            kind, wrong = str(kinds[target]), _wrong(target, leaf, str(kinds[target]))
            if wrong and isinstance(leaf, str) and not is_placeholder(leaf):
                short = "is not an id (a UUID)" if "an id" in wrong else f"does not fit: it {wrong}"
                notes.append(f"{leaf!r} {'is not a phone number' if 'phone' in wrong else short}")
            if not wrong:
                self.moved.setdefault(target, [leaf] if kind.startswith("[") and not isinstance(leaf, list) else leaf)
            elif target != "callerId":
                self.moved.setdefault(target, _placeholder(target, kind))
        says = self._says.get(place) or self._says.get(name) or ""
        if not says and fields is not self._top:
            says = f"expected one of {', '.join(each for each in fields if not each.startswith('*'))}"
        parts = [f"is not a field: use {' and '.join(targets)}", *notes] if targets else ["is not a field", says]
        self.problems.append(Name("field", place, "; ".join(filter(None, parts))))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    for each in value if isinstance(value, list) else ():
        yield from _leaves(each, f"{path}.*")
    for name, each in value.items() if isinstance(value, Mapping) else ():
        yield from _leaves(each, f"{path}.{name}")


def _wrong(name: str, value: Any, kind: str) -> str:
    """Say why a value cannot be that of a field; empty where it can."""
    kinds, base = APIS.kinds, kind.partition(":")[0].removesuffix(" ro")
    if isinstance(value, str) and is_placeholder(value):
        about_id = re.search(r"(?i)(user|agent|queue|skill)?_?id\b|user|agent", value) is not None
        return "takes a phone number" if name in kinds["number"] and about_id else ""
    if value is None or value == "":
        return "" if value is None else "is empty"
    if base == "integer" and (not isinstance(value, int) or isinstance(value, bool)):
        return f"takes a number{', not a text' if isinstance(value, str) and value.strip().isdecimal() else ''}"
    is_object, is_list = isinstance(value, Mapping), isinstance(value, list)
    if (base == "string" and (is_object or is_list)) or (base == "object" and not is_object):
        return f"takes {'a text' if base == 'string' else 'an object'}"
    if base.startswith("[") and is_object:
        return "takes a list"
    if name in kinds["number"] and isinstance(value, str) and not NUMBER.fullmatch(value):
        return f"is {value!r}, not a phone number" if name != "address" or " " in value else ""
    if name in kinds["id"] and isinstance(value, str) and not UUID.fullmatch(value):
        what = {"languageId": " of a language skill", "routingSkillsIds": " of a skill"}.get(name, "")
        return f"takes an id{what} (a UUID), not {value!r}"
    return ""


def _placeholder(name: str, kind: str) -> str:
    return f"<number:{name}>" if kind.startswith("integer") else APIS.placeholders.get(name, f"<{name}>")
