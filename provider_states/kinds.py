"""The kinds of records that the states make, told to the stub: which attributes there are, with which values."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from outdial.documents.template import names_in, whole_name
from outdial.provider import POLICIES, Policy
from outdial.provider.policy_file import policy_files, read_policy
from outdial.provider.records import Attribute, Kind, Kinds
from outdial.tables.vocabulary import STATES, Record, StateParameters, States, parameters_of, value_at
from provider_states.evidence import check


def load_policies(folder: Path = POLICIES) -> dict[str, Policy]:
    """Return every policy of a folder by its provider's name, each rule with its evidence. Raises `DocumentError`."""
    policies = {name: read_policy(path, record_kinds()) for name, path in policy_files(folder).items()}
    check(policies, folder)
    return policies


class EditionsOnDemand(Mapping[str, Policy]):
    """Policies of a folder by provider, each read at first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = policy_files(folder)
        self._read: dict[str, Policy] = {}

    def __getitem__(self, name: str) -> Policy:
        if name not in self._read:
            self._read[name] = read_policy(self._files[name], record_kinds())
            if self._folder != POLICIES:  # ours are checked by `outdial check`, and before each commit
                check({name: self._read[name]}, self._folder)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


@lru_cache
def record_kinds(states: States = STATES) -> Kinds:
    """Return every kind of record. An attribute has the values of all states that make one. Raises `DocumentError`."""
    found: dict[str, Kind] = {}
    for model in states.values():
        for name, record in model.definition.makes.items():
            kind = record.kind or name
            known = found.get(kind, Kind(record.key, {}))
            own = {attribute: _attribute(value, model, record) for attribute, value in record.attributes.items()}
            both = {each: _joined(known.attributes[each], own[each]) for each in known.attributes.keys() & own.keys()}
            found[kind] = Kind(known.key, {**known.attributes, **own, **both})
    return found


def _joined(one: Attribute, other: Attribute) -> Attribute:
    listed = one.values is not None and other.values is not None
    values = tuple(dict.fromkeys([*(one.values or ()), *(other.values or ())])) if listed else None
    return Attribute(values, one.default, one.secret or other.secret)


def _attribute(value: Any, model: type[StateParameters], record: Record) -> Attribute:
    """Return an attribute by the value that a state gives it."""
    match value:
        case {"each": _}:
            return Attribute(default=frozenset())
        case {"first": [*candidates]}:
            return _attribute(candidates[-1], model, record)
        case {"s256": _}:
            return Attribute(secret=True)
        case bool():
            return Attribute((True, False), value)
        case list():
            return Attribute(default=())
    name = whole_name(value)
    if name is None:
        return Attribute(default=None if names_in(value) else value)
    parameter = parameters_of(model).get(name)
    if parameter is None:
        return Attribute(secret=name in model.definition.fresh)
    if isinstance(parameter.values, str):
        return Attribute(default=None if parameter.optional else value_at(model(), name))
    left = [each for each in parameter.values if record.unless.get(name, ...) != each]
    values = (True, False) if set(left) <= {True, False} else tuple(left)
    return Attribute(values, left[0])
