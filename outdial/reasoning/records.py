"""Arrangement of records: the state, the returned name, and impossible combinations."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from outdial.documents.template import fill, whole_name
from outdial.tables import STATES
from outdial.tables.vocabulary import Record, StateParameters
from provider_states.kinds import made


@cache
def _maker(kind: str) -> tuple[type[StateParameters], str, Record] | None:
    """The state that says most of a kind of record, and that record in it."""
    makers = [(model, name, record) for model, name, record in made(STATES) if (record.kind or name) == kind]
    return max(makers, key=lambda each: len(each[2].attributes), default=None)


def arranged_by(kind: str) -> str | None:
    """The provider state that arranges a kind of record."""
    maker = _maker(kind)
    return maker[0].definition.name if maker else None


def parameter_of(kind: str, attribute: str) -> tuple[str, ...]:
    """The parameter by which a state is given an attribute of a kind of record: `role.name` for an agent's role."""
    maker = _maker(kind)
    path = whole_name(maker[2].attributes.get(attribute)) if maker else None
    return tuple(path.split(".")) if path else (attribute,)


def returned(kind: str) -> str:
    """The returned value by which a request names a record of a kind."""
    maker = _maker(kind)
    assert maker, f"no state makes a {kind}"
    model, name, _ = maker
    return next(key for key, each in model.definition.returns.items() if whole_name(each.value) == f"{name}.id")


def not_made(kind: str) -> Mapping[str, Any]:
    """The parameters by which a state returns what no record of a kind has."""
    maker = _maker(kind)
    return maker[2].unless if maker else {}


def otherwise(kind: str, attribute: str) -> dict[str, Any]:
    """The parameter by which an attribute is not the same as what it is compared with, where a state has a choice."""
    maker = _maker(kind)
    if maker is None:
        return {}
    definition, made = maker[0].definition, maker[2].attributes.get(attribute)
    for value in (made, *(each.value for each in definition.returns.values())):
        if isinstance(value, dict) and "choose" in value and (value is made or made in value["from"].values()):
            name = whole_name(value["choose"]) or ""
            return {name: definition.parameters[name].values[1]}
    return {}


def impossible(kind: str, attribute: str) -> Iterator[tuple[str, Callable[[Mapping[str, Any]], bool], tuple[str, ...]]]:
    """Impossible combination of attributes: words, test, attributes."""
    maker = _maker(kind)
    if maker is None:
        return
    model, _, record = maker
    # A parameter says whether another state is there at all, or is the attribute's value as it stands.
    sources = {(whole_name(value) or "").partition(".")[0]: name for name, value in record.attributes.items()}
    for each in model.definition.impossible:
        attributes = {sources[path]: wanted for path, wanted in each.when.items() if path in sources}
        if len(attributes) == len(each.when) and attribute in attributes:
            others = {name: f"another {name}" for name in model.model_fields}
            says = fill(each.says.partition(";")[0], others)

            def cannot(values: Mapping[str, Any], attributes: Mapping[str, Any] = attributes) -> bool:
                return all(
                    values[name] != wanted["not"] if isinstance(wanted, dict) else values[name] == wanted
                    for name, wanted in attributes.items()
                )

            yield says, cannot, tuple(attributes)
