"""A file that says only what differs from another: mappings merge, null drops, anything else replaces.

Rules in a list are changed by their `id`: with `drop: true` a rule is gone; a new one stands at the end, or `before`
another.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from outdial.documents.document import Document, Location
from outdial.documents.strict import suggest

OWN = ("provider", "source", "extends")
"""Keys of a file's head, which are never inherited."""
WHOLE = ("source", "deny", "expect")
"""Keys whose mappings are one statement, and are replaced as one."""
EVIDENCE = ("basis", "source")
"""Keys of a rule that are not inherited by a changed one: it rests on something else."""
RULES = "rules"


def base_of(document: Document, known: Mapping[str, Path], chain: Collection[str]) -> str | None:
    """Return the name of the file that a file extends; None where it stands alone.

    Raises `DocumentError` for an unknown name, and for one of the `chain` that led here.
    """
    name = document.data.get("extends") if isinstance(document.data, dict) else None
    if name is None:
        return None
    if name not in known:
        raise document.error(("extends",), f"nothing is called {name!r}{suggest(str(name), sorted(known))}")
    if name in chain:
        raise document.error(("extends",), f"a circle: {' extends '.join([*chain, name])}")
    return str(name)


def extended(change: Document, base: Document) -> Document:
    """Return the base with its changes, each value at its place in its file. Raises `DocumentError`."""
    if not isinstance(change.data, dict):
        return change
    merging = _Merging(base, change)
    inherited = {key: value for key, value in base.data.items() if key not in OWN}
    data = merging.changed(inherited, change.data, (), (), ())
    return Document(change.path, data, merging.lines, merging.files)


class _Merging:
    """One change on one base; `lines` and `files` collect the place of each value of the result."""

    def __init__(self, base: Document, change: Document) -> None:
        self._base = base
        self._change = change
        self.lines: dict[Location, int] = {(): 1}
        self.files: dict[Location, Path] = {}
        rules = change.data.get(RULES)
        self._gone = {name for name, rule in rules.items() if rule is None} if isinstance(rules, dict) else set()

    def changed(self, base: Any, change: Any, of_base: Location, of_change: Location, at: Location) -> Any:
        """Return a value of the base as its change has it; each of the three stands at a place."""
        if isinstance(base, dict) and isinstance(change, dict) and not (at and at[-1] in WHOLE):
            self._mark(self._change, of_change, at)
            kept = base if "basis" not in base else {key: each for key, each in base.items() if key not in EVIDENCE}
            return self._mapping(kept, change, of_base, of_change, at)
        if isinstance(base, list) and isinstance(change, list) and at[-1] == RULES:
            self._mark(self._change, of_change, at)
            return self._rules(base, change, of_base, of_change, at)
        return self._taken(self._change, change, of_change, at)

    def _mapping(
        self, base: dict[str, Any], change: dict[str, Any], of_base: Location, of_change: Location, at: Location
    ) -> dict[str, Any]:
        result = {}
        for key in dict.fromkeys([*base, *change]):
            places = ((*of_base, key), (*of_change, key), (*at, key))
            if key not in change:
                result[key] = self._taken(self._base, base[key], places[0], places[2])
            elif key in base and change[key] is not None:
                result[key] = self.changed(base[key], change[key], *places)
            elif key not in base and change[key] is None and len(at) == 1:
                raise self._change.error(places[1], f"nothing inherited is called {key!r}{suggest(key, base)}")
            elif key not in base:
                result[key] = self._taken(self._change, change[key], places[1], places[2])
        return result

    def _rules(
        self, base: list[Any], change: list[Any], of_base: Location, of_change: Location, at: Location
    ) -> list[Any]:
        inherited = {_name(item): (item, (*of_base, position)) for position, item in enumerate(base)}
        order = [name for name in inherited if name not in self._gone]
        own: dict[str, tuple[Any, Location]] = {}
        for position, item in enumerate(change):
            place, name = (*of_change, position), _name(item)
            before = item.get("before", name) if isinstance(item, dict) else name
            dropped = isinstance(item, dict) and "drop" in item
            if (dropped and name not in order) or (before != name and before not in order):
                raise self._change.error(place, f"no rule {before!r} is inherited{suggest(before, order)}")
            if dropped:
                order.remove(name)
                continue
            if name not in order:
                order.insert(order.index(before) if before in order else len(order), name)
            elif not isinstance(inherited.get(name, (item,))[0], dict):
                raise self._change.error(place, f"rule {name!r} is shared; change it below `rules:` of the file")
            own[name] = (item, place)
        result: list[Any] = []
        for name in order:
            spot = (*at, len(result))
            if name not in own:
                result.append(self._taken(self._base, *inherited[name], spot))
                continue
            item, place = own[name]
            item = {key: each for key, each in item.items() if key != "before"} if isinstance(item, dict) else item
            if name in inherited:
                result.append(self.changed(inherited[name][0], item, inherited[name][1], place, spot))
            else:
                result.append(self._taken(self._change, item, place, spot))
        return result

    def _taken(self, document: Document, value: Any, place: Location, at: Location) -> Any:
        """Return a value as it stands in one of the two files, without the rules that are gone."""
        self._mark(document, place, at)
        if isinstance(value, dict):
            return {key: self._taken(document, each, (*place, key), (*at, key)) for key, each in value.items()}
        if not isinstance(value, list):
            return value
        gone = self._gone if at[-1] == RULES and document is self._base else ()
        kept = [(position, each) for position, each in enumerate(value) if _name(each) not in gone]
        return [
            self._taken(document, each, (*place, position), (*at, new)) for new, (position, each) in enumerate(kept)
        ]

    def _mark(self, document: Document, place: Location, at: Location) -> None:
        if place in document.lines:
            self.lines[at] = document.lines[place]
            self.files[at] = document.files.get(place, document.path)


def _name(item: Any) -> str:
    """Return the name of a rule: its id, or itself where it is the name of a shared one."""
    return str(item.get("id")) if isinstance(item, dict) else str(item)
