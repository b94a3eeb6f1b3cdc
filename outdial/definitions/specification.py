"""Facts read from a vendor's own file: Swagger 2 or OpenAPI 3, JSON or YAML."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from outdial.definitions.definition import Definition
from outdial.definitions.operations import PublishedOperation
from outdial.documents.template import leaves

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HEAD = "Facts from the vendor's published definition, written by `outdial definition`; `names` is kept by hand."
SHORT = 80
"""Characters of a value that still stands on the line of its key."""
SCHEMA_FACTS = (
    *("type", "format", "enum", "required", "readOnly"),
    *("minItems", "maxItems", "minimum", "maximum", "pattern"),
)
"""What is kept of a schema besides its properties and items: what a machine can check, not what people read."""


class BadSpecification(ValueError):
    """A file that is no definition that can be read; the message says what is wrong."""

    exit_code: ClassVar[int] = 4


class Specification:
    """One vendor's file. Raises `BadSpecification`."""

    def __init__(self, path: Path) -> None:
        self.data = _read(path)
        version = str(self.data.get("swagger") or self.data.get("openapi") or "")
        if not version.startswith(("2.", "3.")) or not isinstance(self.data.get("paths"), dict):
            raise BadSpecification(
                f"{path}: neither Swagger 2 nor OpenAPI 3; expected `swagger` or `openapi`, and `paths`"
            )
        components = self.data.get("components") or {}
        self._schemas: Mapping[str, Any] = self.data.get("definitions") or components.get("schemas") or {}

    def facts(self, known: Definition) -> Definition:
        """`known` as this file states it: the operations that `known` covers and the file has, and their schemas."""
        operations, messages = dict[str, PublishedOperation](), dict[str, str]()
        schemas, waiting = dict[str, Any](), list[str | None]()
        for name, covered in known.operations.items():
            stated = self.data["paths"].get(covered.path, {}).get(covered.method.lower())
            if stated is not None:
                operations[name] = taken = self._operation(covered.request, stated, messages)
                waiting += [taken.body, taken.refusal, *taken.responses.values()]
        while waiting:
            schema = waiting.pop()
            if schema is not None and schema not in schemas:
                schemas[schema] = _kept(self._schemas[schema])
                waiting += _referred(schemas[schema])
        said = {"messages": dict(sorted(messages.items())), "schemas": dict(sorted(schemas.items()))}
        return known.model_copy(update={"operations": operations, **said})

    def _operation(self, request: str, stated: Mapping[str, Any], messages: dict[str, str]) -> PublishedOperation:
        """Return an operation as the file states it, and add the texts of its codes to `messages`."""
        wanted = stated.get("x-inin-requires-permissions") or {}
        mode = "all_of" if wanted.get("type") == "ALL" else "any_of"
        parameters = [self._resolved(each) for each in stated.get("parameters", ())]
        body = next((each["schema"] for each in parameters if each["in"] == "body"), None)
        answers = {
            int(status): self._resolved(each) for status, each in stated["responses"].items() if status.isdigit()
        }
        refusals = {status: each for status, each in answers.items() if status >= 400}
        codes = {status: each.get("x-inin-error-codes") or {} for status, each in refusals.items()}
        for each in codes.values():
            messages.update(each)
        return PublishedOperation.model_validate(
            {
                "request": request,
                "permissions": {mode: wanted["permissions"]} if wanted.get("permissions") else {},
                "scopes": _scopes(stated),
                "body": _name(body or _content(self._resolved(stated.get("requestBody") or {}))),
                "responses": {status: _name(_content(each)) for status, each in answers.items() if status < 400},
                "refusal": next(filter(None, (_name(_content(each)) for each in refusals.values())), None),
                "codes": {status: sorted(each) for status, each in codes.items() if each},
            }
        )

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a part, or the one that it refers to."""
        if "$ref" not in part:
            return part
        found: Any = self.data
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found  # type: ignore[no-any-return]


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader)  # noqa: S506 - safe
    except OSError as error:
        raise BadSpecification(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise BadSpecification(f"{path}: neither JSON nor YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(data, dict):
        raise BadSpecification(f"{path}: not a definition; expected a mapping with `paths`")
    return data


def _scopes(stated: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted({scope for way in stated.get("security") or () for scopes in way.values() for scope in scopes}))


def _content(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of a body, as Swagger 2 or as OpenAPI 3 writes it."""
    found: Mapping[str, Any] | None = part.get("schema")
    return found or next((each.get("schema") for each in (part.get("content") or {}).values()), None)


def _name(schema: Mapping[str, Any] | None) -> str | None:
    return schema["$ref"].rpartition("/")[2] if schema and "$ref" in schema else None


def _kept(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without what is written for people."""
    if "$ref" in schema:
        return {"$ref": f"#/schemas/{_name(schema)}"}
    kept: dict[str, Any] = {key: schema[key] for key in SCHEMA_FACTS if key in schema}
    for key in ("items", "additionalProperties"):
        if key in schema:
            kept[key] = _kept(schema[key]) if isinstance(schema[key], dict) else schema[key]
    if "properties" in schema:
        kept["properties"] = {name: _kept(each) for name, each in schema["properties"].items()}
    return kept


def _referred(schema: Mapping[str, Any]) -> list[str]:
    return [reference.rpartition("/")[2] for place, reference in leaves(schema) if place[-1] == "$ref"]


def written(definition: Definition) -> str:
    """Return a definition as the text of its file."""
    data = definition.model_dump(mode="json", exclude_defaults=True)
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)
    return f"# {HEAD}\n{text}"


class _Dumper(yaml.SafeDumper):
    """Small things on one line, no anchors: each fact stands where it belongs."""

    def ignore_aliases(self, _: Any) -> bool:
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        leaves = all(not isinstance(each, dict) and len(str(each)) < SHORT for each in mapping.values())
        return super().represent_mapping(
            tag, mapping, flow_style=leaves and 0 < len(mapping) <= 4 and "required" not in mapping
        )

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        return super().represent_sequence(tag, sequence, flow_style=True)
