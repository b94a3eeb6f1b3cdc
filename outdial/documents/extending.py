"""A file that says only what differs from another: mappings merge, null drops, anything else replaces.

A list of named things (rules, rows) is changed one by one: `- drop: name`, `- change: name` with what is other, and
new ones, which stand at the end unless they say `before: name` or `after: name`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outdial.documents.document import Document, Location
from outdial.documents.strict import suggest

WHOLE = {"source", "deny", "expect"}
"""What is one statement, and is replaced as one."""
EVIDENCE = {"basis", "source"}
PLACES = ("before", "after")


@dataclass(frozen=True, slots=True)
class Form:
    """Layout of one kind of file, as far as extending needs it.

    `own` are the keys of the head that are never inherited. `named` are mappings by name, each with a key that a whole
    thing has and a change needs not; `listed` are lists of named things. Whoever changes one that has a basis and a
    source gives it others.
    """

    own: Collection[str]
    named: Mapping[str, str]
    listed: Collection[str]


def base_of(document: Document, known: Mapping[str, Path], chain: Collection[str]) -> str | None:
    """The name of what a file extends; None where it stands alone. Raises `DocumentError` for an unknown name, and for
    one of the `chain` of those that led here."""
    name = document.data.get("extends") if isinstance(document.data, dict) else None
    if name is None:
        return None
    if name not in known:
        raise document.error(("extends",), f"nothing is called {name!r}{suggest(str(name), sorted(known))}")
    if name in chain:
        raise document.error(("extends",), f"a circle: {' extends '.join([*chain, name])}")
    return str(name)


def extended(change: Document, base: Document, form: Form) -> Document:
    """The base as the change has it, each value with its place in the file where it stands. Raises `DocumentError`."""
    if not isinstance(change.data, dict):
        return change
    merging = _Merging(base, change, form)
    inherited = {key: value for key, value in base.data.items() if key not in form.own}
    data = merging.mapping(inherited, change.data, (), (), ())
    return Document(change.path, data, merging.lines, merging.files)


class _Merging:
    """One change on one base; `lines` and `files` collect where each value of the result stands."""

    def __init__(self, base: Document, change: Document, form: Form) -> None:
        self._base = base
        self._change = change
        self._form = form
        self.lines: dict[Location, int] = {(): 1}
        self.files: dict[Location, Path] = {}
        self._gone = {name for named in form.named for name, value in _under(change, named, dict) if value is None}
        for listed in form.listed:
            self._gone |= {_name(each["drop"]) for each in _under(change, listed, list) if _has(each, "drop")}

    def mapping(
        self, base: Mapping[str, Any], change: Mapping[str, Any], of_base: Location, of_change: Location, at: Location
    ) -> dict[str, Any]:
        """A mapping of the base as its change has it; both and the result each at its place."""
        whole = self._form.named.get(str(at[-1])) if len(at) == 1 else None
        self._mark(self._change, of_change, at)
        result = {}
        for key, value in base.items():
            places = ((*of_base, key), (*of_change, key), (*at, key))
            if key not in change:
                result[key] = self._taken(self._base, value, places[0], places[2])
            elif change[key] is not None:
                result[key] = self._changed(value, change[key], *places)
        for key, value in change.items():
            if key in base:
                continue
            place = (*of_change, key)
            if whole and (value is None or (isinstance(value, dict) and whole not in value)):
                raise self._no(str(at[-1]).removesuffix("s"), key, base, place)
            result[key] = self._taken(self._change, value, place, (*at, key))
        return result

    def _changed(self, base: Any, change: Any, of_base: Location, of_change: Location, at: Location) -> Any:
        if isinstance(base, dict) and isinstance(change, dict) and at[-1] not in WHOLE:
            kept = {key: value for key, value in base.items() if key not in EVIDENCE or "basis" not in base}
            return self.mapping(kept, change, of_base, of_change, at)
        if isinstance(base, list) and isinstance(change, list) and at[-1] in self._form.listed:
            self._mark(self._change, of_change, at)
            return self._items(base, change, of_base, of_change, at)
        return self._taken(self._change, change, of_change, at)

    def _items(
        self, base: list[Any], change: list[Any], of_base: Location, of_change: Location, at: Location
    ) -> list[Any]:
        """A list of named things; an entry of `order` is a name, and how the thing is put at its place."""
        sort = str(at[-1]).removesuffix("s")
        left = [(position, item) for position, item in enumerate(base) if not self._names_what_is_gone(item)]
        known = {_name(item): (*of_base, position) for position, item in left}
        values = {_name(item): item for _, item in left}
        order: list[tuple[str, Any]] = [(name, (self._base, values[name], place)) for name, place in known.items()]
        for position, item in enumerate(change):
            place = (*of_change, position)
            verb = next((verb for verb in ("drop", "change") if _has(item, verb)), None)
            names = [name for name, _ in order]
            if verb:
                name = _name(item[verb])
                if name not in names or name not in known:
                    raise self._no(sort, name, [each for each in names if each in known], (*place, verb))
                if verb == "drop":
                    if len(item) > 1:
                        raise self._change.error(place, f"`drop` says only which {sort}, and nothing of it")
                    del order[names.index(name)]
                    continue
                if not isinstance(values[name], dict):
                    problem = f"{name!r} is shared; change it where it is written, or drop it and put in another"
                    raise self._change.error((*place, verb), problem)
                order[names.index(name)] = (name, (None, item, place))
                continue
            beside = next((key for key in PLACES if _has(item, key)), None)
            if all(_has(item, key) for key in PLACES):
                raise self._change.error(place, "a new one stands before or after another, not both")
            new = {key: value for key, value in item.items() if key not in PLACES} if isinstance(item, dict) else item
            if set(new) == {"insert"} and isinstance(new, dict):
                new = new["insert"]
            name = _name(new)
            if name in names:
                raise self._change.error(place, f"{sort} {name!r} is inherited; write `change: {name}` to change it")
            where = len(order)
            if beside:
                if _name(item[beside]) not in names:
                    raise self._no(sort, _name(item[beside]), names, (*place, beside))
                where = names.index(_name(item[beside])) + (beside == "after")
            order.insert(where, (name, (self._change, new, place)))
        result = []
        for position, (name, (document, value, place)) in enumerate(order):
            spot = (*at, position)
            if document is None:
                own = {key: each for key, each in value.items() if key != "change"}
                result.append(self._changed(values[name], own, known[name], place, spot))
            else:
                result.append(self._taken(document, value, place, spot))
        return result

    def _taken(self, document: Document, value: Any, place: Location, at: Location) -> Any:
        """A value as it stands in one of the two files."""
        self._mark(document, place, at)
        if isinstance(value, dict):
            return {key: self._taken(document, each, (*place, key), (*at, key)) for key, each in value.items()}
        if isinstance(value, list) and document is self._base and at[-1] in self._form.listed:
            return self._items(value, [], place, place, at)
        if isinstance(value, list):
            return [
                self._taken(document, each, (*place, position), (*at, position)) for position, each in enumerate(value)
            ]
        return value

    def _names_what_is_gone(self, item: Any) -> bool:
        """Return whether a list item, or one of a pair, names a dropped thing."""
        return any(each in self._gone for each in (item if isinstance(item, list) else [item]) if isinstance(each, str))

    def _mark(self, document: Document, place: Location, at: Location) -> None:
        if place in document.lines:
            self.lines[at] = document.lines[place]
            self.files[at] = document.files.get(place, document.path)

    def _no(self, sort: str, name: str, valid: Collection[str], place: Location) -> Exception:
        return self._change.error(place, f"nothing inherited: no {sort} {name!r}{suggest(str(name), list(valid))}")


def _name(item: Any) -> str:
    """Return the name of a list item: its id, itself, or the two names of a pair."""
    if isinstance(item, dict):
        return str(item.get("id"))
    return ", ".join(map(str, item)) if isinstance(item, list) else str(item)


def _has(item: Any, key: str) -> bool:
    return isinstance(item, dict) and key in item


def _under(document: Document, key: str, form: type) -> Any:
    """Return the items of a list or mapping under a key of the head; nothing for other values."""
    value = document.data.get(key)
    if not isinstance(value, form):
        return ()
    return value.items() if isinstance(value, dict) else value
