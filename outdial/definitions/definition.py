"""One vendor's definition: what it says about the operations that the tables cover, and the names that it publishes."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from outdial.definitions.operations import Catalogue, PublishedOperation, read_operations
from outdial.documents import Document, Strict, suggest, yaml_files
from outdial.documents.document import Location, Problem
from outdial.folders import CONTRACTS

DEFINITIONS = CONTRACTS / "definitions"
Schema = dict[str, Any]
NameKind = Literal["scope", "permission", "field", "header", "grant", "path", "code", "body", "sdk"]
NAME_KINDS: tuple[NameKind, ...] = get_args(NameKind)


class NotLookedUp(LookupError):
    """A name of which the data cannot say whether it exists; the message says what to do."""


class NameList(Strict):
    """Names of one kind. Unless it is `complete`, only a name in `absent` is known not to exist."""

    source: str
    complete: bool
    names: tuple[str, ...]
    absent: tuple[str, ...] = ()


class Definition(Strict):
    """Published facts of one API.

    `source` and `date` say what was read and when. `messages` are the templates of the codes, where `%s` stands for
    any text. `schemas` are JSON Schemas that refer to each other as `#/schemas/<name>`. `listing` names a file with
    every operation of the API. `names` are lists that are read from elsewhere, or by hand.
    """

    api: str
    vendor: str
    source: str
    date: str
    operations: dict[str, PublishedOperation] = {}
    messages: dict[str, str] = {}
    schemas: dict[str, Schema] = {}
    listing: str | None = None
    names: dict[NameKind, NameList] = {}
    folder: Annotated[Path, Field(exclude=True)] = DEFINITIONS

    def properties(self, schema: str | None) -> Mapping[str, Schema]:
        """Return the properties of a schema, by name."""
        found: Mapping[str, Schema] = self.schemas[schema].get("properties", {}) if schema else {}
        return found

    def resolved(self, schema: Schema) -> Schema:
        """Return a schema, or the one that it refers to."""
        target: str = schema.get("$ref", "")
        return self.schemas[target.removeprefix("#/schemas/")] if target else schema

    def listed(self, kind: NameKind) -> NameList | None:
        """Return every published name of a kind: of all operations where they are listed, else as written here."""
        names, read = frozenset[str](), ", ".join(self.operations)
        if self.listing and kind in ("permission", "scope", "path"):
            names, read = read_operations(self.folder / self.listing, self.api).names[kind], "every operation"
        elif kind == "code":
            names = frozenset(self.messages)
        elif kind in ("field", "body"):
            schemas = [each.refusal if kind == "body" else each.body for each in self.operations.values()]
            names = frozenset(name for schema in schemas for name in self.properties(schema))
        source = f"{self.source} ({self.date}), {read}"
        return NameList(source=source, complete=True, names=tuple(sorted(names))) if names else self.names.get(kind)

    def exists(self, kind: NameKind, name: str) -> bool | None:
        """Return whether the vendor publishes this name; None where it publishes no such list. Raises `NotLookedUp`.

        A field inside another (`from.id`) exists only if the outer one does.
        """
        listed = self.listed(kind)
        if listed is None:
            return None
        looked_for = name.partition(".")[0] if kind == "field" else name
        if looked_for in listed.names:
            return True
        if listed.complete or looked_for in listed.absent:
            return False
        raise NotLookedUp(
            f"whether {kind} {looked_for!r} exists is not known: look it up in {listed.source}, "
            f"and add it to the names or to the absent ones of {self.api}"
        )


def load_definition(path: Path) -> Definition:
    """Return one definition; every schema and code that it names is in it. Raises `DocumentError`."""
    document = Document.read(path)
    definition = document.parse(Definition)
    document.check_name("api")
    document.check(_problems(definition))
    operations = {name: each.model_copy(update={"name": name}) for name, each in definition.operations.items()}
    return definition.model_copy(update={"folder": path.parent, "operations": operations})


def _problems(definition: Definition) -> Iterator[Problem]:
    for name, operation in definition.operations.items():
        place: Location = ("operations", name)
        schemas = [("body", operation.body), ("refusal", operation.refusal)]
        for part, schema in [*schemas, *(("responses", answer) for answer in operation.responses.values())]:
            if schema is not None and schema not in definition.schemas:
                yield (*place, part), f"no schema {schema!r}{suggest(schema, definition.schemas)}"
        for status, codes in operation.codes.items():
            for at, code in enumerate(codes):
                if code not in definition.messages:
                    hint = suggest(code, definition.messages)
                    yield (*place, "codes", str(status), at), f"no message of the code {code!r}{hint}"
    for kind, listed in definition.names.items():
        seen: set[str] = set()
        for part in ("names", "absent"):
            for at, name in enumerate(getattr(listed, part)):
                if name in seen:
                    yield ("names", kind, part, at), f"{name!r} is already among the names or the absent ones"
                seen.add(name)


@cache
def load_definitions(folder: Path = DEFINITIONS) -> Mapping[str, Definition]:
    """Return every definition of a folder by its API; read once. Raises `DocumentError`."""
    return {path.stem: load_definition(path) for path in yaml_files(folder, "definition")}


@cache
def catalogue(api: str) -> Catalogue | None:
    """Load every published operation of an API; None where its vendor publishes none."""
    definition = load_definitions().get(api)
    if definition is None or not definition.operations:
        return None
    if definition.listing:
        return read_operations(definition.folder / definition.listing, api)
    shapes = {
        name: {key: _type(each) for key, each in schema.get("properties", {}).items()}
        | ({"*required": schema["required"]} if "required" in schema else {})
        for name, schema in definition.schemas.items()
    }
    operations = tuple(
        each.model_copy(update={"codes": {**dict.fromkeys(each.statuses, ()), **each.codes}})
        for each in definition.operations.values()
    )
    paths, source = tuple(each.path for each in operations), f"{definition.source} ({definition.date})"
    return Catalogue(api, source, paths, operations.__getitem__, shapes=shapes)


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", schema.get("$ref", "object").rpartition("/")[2])
    return f"[{_type(schema.get('items', {}))}]" if kind == "array" else str(kind)
