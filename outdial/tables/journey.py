"""Journeys: what needs more than one request, as data. One YAML file below `journeys/<provider>/` is one journey.

A step makes a provider state, or has a client do an operation; later steps use its values as `${step.value}`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from outdial.definitions import definition_of
from outdial.documents import Document, DocumentError, Strict, Together, suggest, unknown_keys
from outdial.documents.document import Location
from outdial.documents.evidence import Basis, Source
from outdial.documents.template import fill, unknown_names
from outdial.folders import CONTRACTS
from outdial.tables.citations import problems_of
from outdial.tables.clients import Clients, Problem
from outdial.tables.reading import TABLES, document_of
from outdial.tables.scenario import Scenario
from outdial.tables.table import Name
from outdial.tables.table import Table as Edition
from outdial.tables.vocabulary import STATES

JOURNEYS = CONTRACTS / "journeys"
FORM = "<provider>/<journey>.yaml"
EXAMPLES = {bool: True, int: 1, float: 1.0}
"""Of a value that an earlier step gives, by its type, to try an argument with; a text for every other type."""


class Step(Strict):
    """A `state` that is made with these parameters, or an `operation` that a client does with these arguments.

    `at` is the provider that is asked, by default that of the journey's folder; `token` the access token that is sent.
    `expect` names a refusal of that provider's edition. What an accepted operation `gives` are attributes of its result
    (`participants.*.user.id`: of any of them), each a value, or `{not: value}`.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    state: str | None = None
    operation: str | None = None
    at: str | None = None
    token: str | None = None
    with_: Annotated[dict[str, Any], Field(alias="with")] = {}
    expect: str | None = None
    gives: dict[str, Any] = {}
    basis: Basis | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.state is None) == (self.operation is None):
            raise ValueError("a step is a state or an operation")
        if self.state and self.model_fields_set - {"name", "state", "with_"}:
            raise ValueError("a state has a name and parameters (with), nothing else")
        if self.gives and self.expect not in (None, "accepted"):
            raise ValueError("a refused step gives nothing")
        if (self.basis is None) != (self.source is None):
            raise ValueError("a step with a basis of its own has its source too")
        return self


class JourneyFile(Strict):
    """One file. `clients` names the consumer's client for each provider that is asked."""

    consumer: Name
    clients: dict[str, str]
    summary: str
    basis: Basis
    source: Source
    steps: Annotated[list[Step], Field(min_length=2)]


@dataclass(frozen=True, slots=True)
class ToldRefusal:
    """A refusal as the client tells it: its error's class, its status, and attributes of the error."""

    error: str
    status: int
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        told = [str(value) for name, value in self.attributes.items() if name == "code"]
        return " ".join([str(self.status), *told, f"({self.error})"])


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One step, complete: `provider` and `client` of an operation, `refusal` where it is expected to be refused."""

    name: str
    state: str | None
    operation: str | None
    provider: str
    client: str
    token: str | None
    arguments: Mapping[str, Any]
    refusal: ToldRefusal | None
    gives: Mapping[str, Any]
    basis: Basis
    source: Source
    place: str

    def __str__(self) -> str:
        done = f"state {self.state!r}" if self.state else f"{self.provider} {self.operation}"
        return f"{self.name} ({done})"


@dataclass(frozen=True, slots=True)
class Journey:
    """Steps of one consumer at one provider, and at others that it needs, such as a login host."""

    case_id: str
    summary: str
    consumer: str
    provider: str
    basis: Basis
    source: Source
    place: str
    steps: tuple[JourneyStep, ...] = field(repr=False)

    @property
    def providers(self) -> frozenset[str]:
        """Every provider that is asked."""
        return frozenset(step.provider for step in self.steps if step.operation)


def load_journeys(
    clients: Clients, journeys: Path = JOURNEYS, tables: Path = TABLES, of: Collection[str] | None = None
) -> list[Journey]:
    """Every journey below a folder, or those of some providers. Raises `DocumentError` with everything that is wrong.

    Refusals are those of the editions in `tables`; names of the consumer's code are looked up in its `clients`. What
    is no journey by its name or place is wrong too, of whichever provider: it would be played by nobody.
    """
    found: list[Journey] = []
    wrong = Together()
    if not journeys.is_dir():
        raise DocumentError(f"{journeys}: no such folder; expected one with {FORM} in it")
    files = [path for path in sorted(journeys.rglob("*")) if path.suffix.lower() in (".yaml", ".yml")]
    if not files:
        raise DocumentError(f"{journeys}: no journey here; expected {FORM}")
    providers = {path.stem for at in (TABLES, tables) for path in at.glob("*.yaml")}
    for path in files:
        provider = path.parent.name
        with wrong:
            if path.suffix != ".yaml" or path.parent.parent != journeys:
                raise DocumentError(f"{path}: no journey, by its name or place; expected {journeys}/{FORM}")
            if provider not in providers:
                raise DocumentError(f"{path}: no provider {provider!r}{suggest(provider, providers)}")
            if of is None or provider in of:
                document = Document.read(path)
                found.append(_Reading(document, document.parse(JourneyFile), tables, clients).journey())
    wrong.raise_found()
    return found


def require_consumers(journeys: Iterable[Journey], suite: Iterable[Scenario]) -> None:
    """Raises `DocumentError` for each journey of a consumer that the provider's tables, where there are any, have not.

    It would be played with no pact.
    """
    consumers: dict[str, set[str]] = {}
    for row in suite:
        consumers.setdefault(row.provider, set()).add(row.consumer)
    wrong = Together()
    for each in journeys:
        if each.consumer not in (known := consumers.get(each.provider, {each.consumer})):
            hint = suggest(each.consumer, known)
            with wrong:
                raise DocumentError(f"{each.place}: consumer: {each.provider} has none {each.consumer!r}{hint}")
    wrong.raise_found()


class _Reading:
    """One file, and what is known where."""

    def __init__(self, document: Document, file: JourneyFile, tables: Path, clients: Clients) -> None:
        self.document, self.file, self.clients = document, file, clients
        self.provider = document.path.parent.name
        self.editions = {name: self._edition(name, tables) for name in (self.provider, *file.clients)}
        self.known: dict[str, Any] = {}
        """What earlier steps give by its full name, with an example to try arguments with."""
        self.named: set[str] = set()

    def journey(self) -> Journey:
        file, found, steps = self.file, Together(), []
        for name, client in file.clients.items():
            if client not in self.clients.operations:
                with found:
                    hint = suggest(client, self.clients.operations)
                    raise self.document.error(("clients", name), f"no client {client!r}{hint}")
        found.raise_found()
        for at, step in enumerate(file.steps):
            place: Location = ("steps", at)
            for where, problem in self._problems(step):
                with found:
                    raise self.document.error((*place, *where), problem)
            if not found:
                with found:
                    self._try_arguments(place, step)
                    steps.append(self._step(place, step))
        for problem in self._misquoted(file.source, file.basis, *file.clients):
            with found:
                raise self.document.error(("source",), problem)
        found.raise_found()
        case_id = f"{self.provider}/journey/{self.document.path.stem}"
        told = (case_id, file.summary, file.consumer, self.provider, file.basis, file.source)
        return Journey(*told, str(self.document.path), tuple(steps))

    def _edition(self, name: str, tables: Path) -> Edition:
        valid = sorted(path.stem for path in tables.glob("*.yaml"))
        if name not in valid:
            place: Location = ("clients", name) if name in self.file.clients else ("clients",)
            raise self.document.error(place, f"no provider {name!r}{suggest(name, valid)}")
        return document_of(tables / f"{name}.yaml")[0].parse(Edition)

    def _problems(self, step: Step) -> Iterator[Problem]:
        """What is wrong with one step; what it gives is known from then on."""
        if step.name in self.named:
            yield ("name",), f"step {step.name!r} stands twice"
        self.named.add(step.name)
        if step.state is not None:
            yield from self._problems_of_state(step)
            return
        at = step.at or self.provider
        if at not in self.file.clients:
            yield ("at",), f"no client of {at!r} is named{suggest(at, self.file.clients)}"
            return
        expect = step.expect or "accepted"
        if expect not in ("accepted", *self.editions[at].answers):
            yield ("expect",), f"no refusal {expect!r}{suggest(expect, ['accepted', *self.editions[at].answers])}"
        if step.basis is not None and step.source is not None:
            for problem in self._misquoted(step.source, step.basis, at):
                yield ("source",), problem
        for part, template in (("token", step.token), ("with", step.with_), ("gives", step.gives)):
            yield from unknown_names(template, self.known, (part,))
        yield from self._problems_of_call(step, self.file.clients[at])

    def _problems_of_state(self, step: Step) -> Iterator[Problem]:
        name = str(step.state)
        if name not in STATES:
            yield ("state",), f"no provider state {name!r}{suggest(name, STATES)}"
            return
        yield from unknown_names(step.with_, self.known, ("with",))
        self.known |= {f"{step.name}.{each}": STATES.examples[each] for each in STATES[name].returns}

    def _problems_of_call(self, step: Step, client: str) -> Iterator[Problem]:
        offered = self.clients.operations[client]
        if (operation := offered.get(str(step.operation))) is None:
            yield (
                ("operation",),
                f"{client} has no operation {step.operation!r}{suggest(str(step.operation), offered)}",
            )
            return
        if step.token is not None and client not in self.clients.authorized:
            yield ("token",), f"{client} sends no access token"
        yield from unknown_keys(f"{step.operation} takes no argument", step.with_, operation.arguments, ("with",))
        for name in sorted(operation.required - step.with_.keys()):
            yield ("with",), f"{step.operation} takes {name!r}, which is missing"
        for path, value in step.gives.items():
            if problem := operation.unknown_attribute(path):
                yield ("gives", path), problem
            if isinstance(value, dict) and set(value) != {"not"}:
                yield ("gives", path), "what is given is a value, or {not: value}"
        if (step.expect or "accepted") == "accepted":
            self.known |= {f"{step.name}.{path}": EXAMPLES.get(kind, "EXAMPLE") for path, kind in operation.values()}

    def _try_arguments(self, place: Location, step: Step) -> None:
        """Parameters and arguments have the types that are taken; tried with the examples of earlier values."""
        if step.state is not None:
            self.document.validate(STATES[step.state], fill(step.with_, self.known), (*place, "with"))
            return
        operation = self.clients.operations[self.file.clients[step.at or self.provider]][str(step.operation)]
        for name, value in step.with_.items():
            self.document.validate(operation.arguments[name], fill(value, self.known), (*place, "with", name))

    def _step(self, place: Location, step: Step) -> JourneyStep:
        at = step.at or self.provider
        return JourneyStep(
            name=step.name,
            state=step.state,
            operation=step.operation,
            provider=at,
            client=self.file.clients.get(at, ""),
            token=step.token,
            arguments=step.with_,
            refusal=self._refusal(place, self.editions[at], step.expect or "accepted"),
            gives=step.gives,
            basis=step.basis or self.file.basis,
            source=step.source or self.file.source,
            place=self.document.place(place),
        )

    def _refusal(self, place: Location, edition: Edition, name: str) -> ToldRefusal | None:
        if name == "accepted":
            return None
        refusal = edition.answers[name]
        raises = fill(edition.shape.raises, {"code": name, **refusal.fills}) | refusal.raises
        error = refusal.error
        if error not in self.clients.errors:
            raise self.document.error((*place, "expect"), f"no error {error!r}{suggest(error, self.clients.errors)}")
        return ToldRefusal(error, refusal.status, raises)

    def _misquoted(self, source: Source, basis: Basis, *providers: str) -> Iterator[str]:
        """What is wrong with a source; what it says is published is so by one of these providers."""
        definitions = [each for provider in providers if (each := definition_of(provider))]
        known = {name: each for each in definitions for name in each.operations}
        definition = known.get(source.operation or "", definitions[0] if definitions else None)
        if source.basis == basis == "published" and source.operation not in known:
            yield f"no published operation {source.operation!r}{suggest(source.operation or '', known)}"
        else:
            published = definition.operations.get(source.operation or "") if definition else None
            yield from problems_of(source, basis, definition, published)
