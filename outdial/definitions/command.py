"""`outdial definition`: what a vendor's new file changes, and one more operation covered."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from outdial.definitions.definition import DEFINITIONS, Definition, catalogue, load_definitions
from outdial.definitions.operations import Catalogue, PublishedOperation
from outdial.definitions.specification import BadSpecification, Specification, written
from outdial.documents import suggest

CHANGING = {"operations", "messages", "schemas"}
JSON_TYPES = ("string", "integer", "number", "boolean", "object")


def add_options(parser: ArgumentParser) -> None:
    """Add the options that name the vendor's file, and what becomes of what it says."""
    parser.add_argument(
        "spec", type=Path, nargs="?", metavar="SPEC", help="Swagger 2 or OpenAPI 3 file of the vendor, JSON or YAML"
    )
    parser.add_argument("--api", default="genesys-cloud", help="whose definition it is (default: %(default)s)")
    parser.add_argument("--add", metavar="OPERATION", help="also cover this operation of the list that ships")
    parser.add_argument("--write", action="store_true", help="keep what the file says; needs --source and --date")
    parser.add_argument("--source", help="where the file was got, for --write")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the date of the file, for --write")
    parser.epilog = "example: outdial definition --add postConversationsCallbacks"


def run(options: Namespace) -> int:
    """0 nothing changed (or it was written), 1 something did. Raises `BadSpecification`, `DocumentError`."""
    definitions = {api: each for api, each in load_definitions().items() if each.listing}
    if options.api not in definitions:
        hint = suggest(options.api, definitions)
        raise BadSpecification(f"invalid --api {options.api!r}: no definition of this API is kept as data{hint}")
    known = definitions[options.api]
    if options.add:
        added = _from_list(known, options.add)
        _write(added)
        print(f"{options.add} is covered: {added.operations[options.add].request}; now add a client method and rows")
        return 0
    if options.spec is None:
        raise BadSpecification("SPEC is missing: give the vendor's file, or --add OPERATION")
    if options.write and not (options.source and options.date):
        raise BadSpecification("--write keeps where the file comes from: give --source TEXT and --date YYYY-MM-DD")
    stated = Specification(options.spec).facts(known)
    if not stated.operations:
        raise BadSpecification(f"{options.spec}: none of the covered operations is here: {', '.join(known.operations)}")
    found = changes(known, stated)
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{options.spec.name} beside {known.api} of {known.date}: {len(found)} facts differ", end="")
    print("; with --write, `outdial check` names the rows and rules that no longer hold" if found else "")
    if options.write:
        _write(stated.model_copy(update={"source": options.source, "date": options.date}))
    return 1 if found and not options.write else 0


def changes(known: Definition, stated: Definition) -> list[str]:
    """Return a line for each fact that one of two versions of a definition has and the other lacks."""
    dumps = [each.model_dump(include=CHANGING, exclude_defaults=True) for each in (known, stated)]
    before, after = (dict.fromkeys(_facts(each)) for each in dumps)
    gone = [f"gone  {fact}" for fact in before if fact not in after]
    return gone + [f"new   {fact}" for fact in after if fact not in before]


def _facts(value: Any, at: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _facts(each, f"{at}.{name}" if at else str(name))
    else:
        yield from (f"{at}: {each}" for each in (value if isinstance(value, list | tuple) else [value]))


def _from_list(known: Definition, name: str) -> Definition:
    """Return a definition that also covers an operation of the list; it says nothing of the answer's body."""
    listed = catalogue(known.api)
    operations = {each.name: each for each in listed.operations} if listed else {}
    if listed is None or name not in operations:
        hint = suggest(name, operations)
        raise BadSpecification(f"invalid --add {name!r}: {known.vendor} publishes no such operation{hint}")
    found = operations[name]
    refusal = "ErrorBody" if "ErrorBody" in known.schemas else None
    operation = found.model_copy(update={"refusal": refusal})
    schemas = {**dict(_schemas(listed, found)), **known.schemas}
    messages = {code: listed.text(code, status) for status, codes in found.codes.items() for code in codes}
    return known.model_copy(
        update={
            "operations": {**known.operations, name: operation},
            "schemas": dict(sorted(schemas.items())),
            "messages": dict(sorted({**messages, **known.messages}.items())),
        }
    )


def _schemas(listed: Catalogue, operation: PublishedOperation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schemas that an operation's body reaches, made from the list's fields of bodies."""
    waiting, done = [operation.body], set[str]()
    while waiting:
        name = waiting.pop()
        if name is None or name in done or name not in listed.shapes:
            continue
        done.add(name)
        shape: Mapping[str, Any] = listed.shapes[name]
        properties = {field: _schema(kind, listed) for field, kind in shape.items() if not field.startswith("*")}
        waiting += [word for kind in shape.values() if isinstance(kind, str) for word in re.findall(r"\w+", kind)]
        required = {"required": list(shape["*required"])} if "*required" in shape else {}
        yield name, {"type": "object", **required, "properties": properties}


def _schema(kind: str, listed: Catalogue) -> dict[str, Any]:
    """Return the schema of a field as the list writes it: `string:date-time ro`, `[Shape]`, …"""
    name, _, mark = kind.partition(" ")
    read_only = {"readOnly": True} if mark == "ro" else {}
    if name.startswith("["):
        return {"type": "array", **read_only, "items": _schema(name[1:-1], listed)}
    if name in listed.shapes:
        return {"$ref": f"#/schemas/{name}"}
    kind, _, form = name.partition(":")
    return {"type": kind if kind in JSON_TYPES else "object", **({"format": form} if form else {}), **read_only}


def _write(definition: Definition) -> None:
    (DEFINITIONS / f"{definition.api}.yaml").write_text(written(definition), encoding="utf-8")
