"""The provider-state vocabulary, read from one YAML file for each state: what may be given, what it makes and returns.

A state makes new things in a provider and returns their ids and tokens by name. Time, ids and tokens are named
here (`status: expired`), never written down. Every `${name}` and every choice is resolved when a file is read.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, create_model, model_validator

from outdial.documents import Document, Strict, suggest, yaml_files
from outdial.documents.document import Location, Problem
from outdial.documents.template import fill, unknown_names, whole_name
from outdial.folders import CONTRACTS

FOLDER = CONTRACTS / "states"
FORMS = ({"each", "in"}, {"first"}, {"choose", "from"}, {"s256"}, {"basic"})
"""The values that are worked out of others, by their keys."""
NOTHING: tuple[Any, ...] = (None, (), frozenset())
"""Of a list or of names, nothing given."""
FREE: dict[str, tuple[Any, Any]] = {
    "names": (frozenset[str], frozenset()),
    "text": (str | None, None),
    "list": (tuple[Any, ...], ()),
}
"""Type and default of a parameter whose values cannot be listed."""
Value = str | bool | int | None


def _short(name: str) -> BeforeValidator:
    """Return the short form of a mapping that says only one thing."""
    return BeforeValidator(lambda data: data if isinstance(data, dict) else {name: data})


class Parameter(Strict):
    """Parameter of a state: one of `values` (default: the first), `names`, a `text`, a `list`, or another state.

    `default` is what that state is given unless the row says otherwise.
    """

    values: tuple[Value, ...] | Literal["names", "text", "list"] = ()
    state: str | None = None
    default: dict[str, Any] = Field({}, alias="with")
    optional: bool = False


class Record(Strict):
    """A record that a state makes, `unless` parameters have these values: then its id is one that nothing has.

    An attribute that is not said is the kind's default. `kind` is the record's own name unless it is said.
    """

    kind: str | None = None
    key: Literal["uuid", "secret", "number", "serial"] = "uuid"
    unless: dict[str, Value] = {}
    attributes: dict[str, Any] = {}


class Impossible(Strict):
    """Parameters that cannot be given together, each by its path: a value, or `{not: value}`; null is nothing given."""

    when: dict[str, Value | dict[Literal["not"], Value]]
    says: str


class Returned(Strict):
    """A value by the name that requests use; one that is null is left out. The example is what stands in a pact."""

    value: Any
    example: str | None = None


class StateDefinition(Strict):
    """One file: a provider state. `fresh` names texts that are new each time; `arrange_never` lists the values of
    parameters that no organisation can bring about: they are played against the stub only."""

    name: str
    meaning: str
    parameters: dict[str, Annotated[Parameter, _short("values")]] = {}
    impossible: tuple[Impossible, ...] = ()
    arrange_never: dict[str, tuple[Value, ...]] = {}
    fresh: tuple[str, ...] = ()
    makes: dict[str, Record] = {}
    returns: dict[str, Annotated[Returned, _short("value")]] = {}


class StateParameters(Strict):
    """The parameters of one provider state; `returns` names the values that setting it up answers.

    `parts` are the parameters that are states themselves.
    """

    definition: ClassVar[StateDefinition]
    returns: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[Mapping[str, type["StateParameters"]]] = {}

    @classmethod
    def never(cls, given: Mapping[str, Any]) -> bool:
        """Return whether the parameters given include one that no organisation can arrange."""
        unarranged = cls.definition.arrange_never
        return any(value in unarranged.get(name, ()) for name, value in given.items()) or any(
            part.never(given.get(name) or {}) for name, part in cls.parts.items()
        )

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        for each in self.definition.impossible:
            if meets(self, each.when):
                raise ValueError(fill(each.says, dict(self)))
        return self


def meets(given: StateParameters | Mapping[str, Any], when: Mapping[str, Any]) -> bool:
    """Return whether every parameter has the value that a condition asks for."""
    for path, wanted in when.items():
        value = None if (found := value_at(given, path)) in NOTHING else found
        if (value == wanted["not"]) if isinstance(wanted, dict) else (value != wanted):
            return False
    return True


def value_at(given: Any, path: str) -> Any:
    """Return the value of a dotted name; None below something that is not there."""
    for step in path.split("."):
        given = given.get(step) if isinstance(given, dict) else getattr(given, step, None)
    return given


class States(Mapping[str, type[StateParameters]]):
    """The parameters of every provider state by its name in tables and pacts; read when first asked for.

    Raises `DocumentError`.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    __hash__ = object.__hash__

    def __getitem__(self, name: str) -> type[StateParameters]:
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)

    @cached_property
    def examples(self) -> Mapping[str, str]:
        """Examples of returned values in a pact. Every provider refuses the tokens and secrets."""
        found: dict[str, str] = {}
        lacking: dict[str, Document] = {}
        for document in self._documents.values():
            for name, each in document.parse(StateDefinition).returns.items():
                if each.example is None:
                    lacking.setdefault(name, document)
                elif found.setdefault(name, each.example) != each.example:
                    problem = f"{name} has two examples, {each.example!r} and {found[name]!r}"
                    raise document.error(("returns", name), problem)
        for name in lacking.keys() - found.keys():
            raise lacking[name].error(("returns", name), f"{name} has no example")
        return found

    @cached_property
    def _documents(self) -> dict[str, Document]:
        documents: dict[str, Document] = {}
        for path in yaml_files(self._folder, "provider state", "**/*.yaml"):
            document = Document.read(path)
            name = document.parse(StateDefinition).name
            if name in documents:
                raise document.error(("name",), f"state {name!r} stands twice, also in {documents[name].path}")
            documents[name] = document
        return documents

    @cached_property
    def _models(self) -> dict[str, type[StateParameters]]:
        found: dict[str, type[StateParameters]] = {}
        for name in self._documents:
            self._add(name, (), found)
        return {name: model for name, model in found.items() if model.returns}

    def _add(self, name: str, within: tuple[str, ...], found: dict[str, type[StateParameters]]) -> None:
        """Make the model of a state, after those of the states that its parameters are."""
        if name in found:
            return
        document, chain = self._documents[name], (*within, name)
        state = document.parse(StateDefinition)
        fields: dict[str, Any] = {}
        parts: dict[str, type[StateParameters]] = {}
        for parameter, given in state.parameters.items():
            place: Location = ("parameters", parameter)
            if hasattr(StateParameters, parameter):
                raise document.error(place, f"a parameter cannot be called {parameter!r}; choose another name")
            if given.state is not None:
                valid = [each for each in self._documents if each not in chain]
                if given.state not in valid:
                    raise document.error((*place, "state"), f"no state {given.state!r}{suggest(given.state, valid)}")
                self._add(given.state, chain, found)
                parts[parameter] = found[given.state]
                document.validate(parts[parameter], given.default, (*place, "with"))
            elif not given.values:
                raise document.error(place, "says no values and no state")
            fields[parameter] = _field(given, parts.get(parameter))
        model = create_model(name, __base__=StateParameters, __doc__=state.meaning, **fields)
        model.definition, model.returns, model.parts = state, tuple(state.returns), parts
        document.check(_problems(model))
        found[name] = model


def _field(given: Parameter, inner: type[StateParameters] | None) -> tuple[Any, Any]:
    """Return the type and the default of a parameter, as pydantic takes them."""
    if inner is not None:
        whole = BeforeValidator(lambda data: {**given.default, **data} if isinstance(data, dict) else data)
        kind: Any = Annotated[inner, whole]
        return (kind | None, None) if given.optional else (kind, inner(**given.default))
    if isinstance(given.values, str):
        return FREE[given.values]
    return (bool if set(given.values) == {True, False} else Literal[given.values]), given.values[0]


def parameters_of(model: type[StateParameters]) -> dict[str, Parameter]:
    """Return every parameter of a state by its path."""
    found = dict(model.definition.parameters)
    for name, inner in model.parts.items():
        found |= {f"{name}.{path}": each for path, each in parameters_of(inner).items()}
    return found


def _names(model: type[StateParameters]) -> set[str]:
    """Return every name that a template of a state may ask for."""
    state = model.definition
    made = {f"{name}.{each}" for name, record in state.makes.items() for each in ("id", *record.attributes)}
    inner = {f"{name}.{each}" for name, part in model.parts.items() for each in (*_names(part), *part.returns)}
    return {*state.parameters, *state.fresh, *made, *inner}


def _problems(model: type[StateParameters]) -> Iterator[Problem]:
    """Yield each name and value in a file that does not exist."""
    state, paths, names = model.definition, parameters_of(model), _names(model)
    for name, values in state.arrange_never.items():
        for value in values:
            yield from _impossible({name: value}, paths, ("arrange_never",))
    for at, each in enumerate(state.impossible):
        yield from _impossible(each.when, paths, ("impossible", at, "when"))
        yield from unknown_names(each.says, paths, ("impossible", at, "says"))
    made = list(state.makes)
    for at, (name, record) in enumerate(state.makes.items()):
        yield from _impossible(record.unless, paths, ("makes", name, "unless"))
        earlier = {each for each in names if each in paths or each.partition(".")[0] not in made[at:]}
        for attribute, value in record.attributes.items():
            yield from _unmade(value, earlier, paths, ("makes", name, "attributes", attribute))
    for name, returned in state.returns.items():
        yield from _unmade(returned.value, names, paths, ("returns", name))


def _impossible(when: Mapping[str, Any], paths: Mapping[str, Parameter], place: Location) -> Iterator[Problem]:
    """Yield each parameter, and value of one, that a condition asks for and a state does not have."""
    for path, wanted in when.items():
        value = wanted["not"] if isinstance(wanted, dict) else wanted
        if path not in paths:
            yield (*place, path), f"no parameter {path!r}{suggest(path, list(paths))}"
        elif isinstance(values := paths[path].values, tuple) and values and value not in values:
            yield (*place, path), f"{path} is never {value!r}{suggest(str(value), [str(each) for each in values])}"


def _unmade(value: Any, names: Collection[str], paths: Mapping[str, Parameter], place: Location) -> Iterator[Problem]:
    """Yield each unknown form and name in a value that is worked out of others."""
    if not isinstance(value, dict):
        yield from ((place, problem) for _, problem in unknown_names(value, names))
        return
    if set(value) not in FORMS:
        valid = [", ".join(sorted(form)) for form in FORMS]
        yield place, f"no value is made of {', '.join(sorted(value))!r}{suggest('', valid)}"
        return
    parts = list(value.values())
    if "choose" in value:
        parts = list(value["from"].values())
        chosen = paths.get(whole_name(value["choose"]) or "")
        if set(value["from"]) != set(chosen.values if chosen else ()):
            problem = f"chooses from {', '.join(map(str, value['from']))}, and needs all values of {value['choose']}"
            yield place, problem
    for part in parts:
        for each in part if isinstance(part, list) else [part]:
            yield from _unmade(each, names, paths, place)


STATES = States()
"""Every provider state of this project."""
