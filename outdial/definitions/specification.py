"""Facts read from a vendor's own file: Swagger 2 or OpenAPI 3, JSON or YAML."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from outdial.definitions.definition import Definition
from outdial.definitions.operations import PublishedOperation

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
        self.path = path
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
        operations, messages, reached = dict[str, PublishedOperation](), dict[str, str](), dict[str, Any]()
        for name, covered in known.operations.items():
            method, _, path = covered.request.partition(" ")
            stated = self.data["paths"].get(path, {}).get(method.lower())
            if stated is None:
                continue
            operations[name] = self._operation(covered.request, stated, messages)
            taken = operations[name]
            for schema in (taken.body, taken.refusal, *taken.responses.values()):
                self._reach(schema, reached)
        said = {"messages": dict(sorted(messages.items())), "schemas": dict(sorted(reached.items()))}
        return known.model_copy(update={"operations": operations, **said})

    def _operation(self, request: str, stated: Mapping[str, Any], messages: dict[str, str]) -> PublishedOperation:
        wanted = stated.get("x-inin-requires-permissions") or {}
        mode = "all_of" if wanted.get("type") == "ALL" else "any_of"
        parameters = [self._resolved(each) for each in stated.get("parameters", ())]
        body = next((each["schema"] for each in parameters if each["in"] == "body"), None)
        body = body or _content(self._resolved(stated.get("requestBody") or {}))
        answers = {
            int(status): self._resolved(each) for status, each in stated["responses"].items() if status.isdigit()
        }
        codes = {
            status: dict(answer.get("x-inin-error-codes") or {}) for status, answer in answers.items() if status >= 400
        }
        for each in codes.values():
            messages.update(each)
        refusals = [_name(_content(answer)) for status, answer in answers.items() if status >= 400]
        return PublishedOperation.model_validate(
            {
                "request": request,
                "permissions": {mode: wanted["permissions"]} if wanted.get("permissions") else {},
                "scopes": _scopes(stated),
                "body": _name(body),
                "responses": {status: _name(_content(each)) for status, each in answers.items() if status < 400},
                "refusal": next((name for name in refusals if name), None),
                "codes": {status: sorted(each) for status, each in codes.items() if each},
            }
        )

    def _resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """A part, or the one that it refers to."""
        if "$ref" not in part:
            return part
        found: Any = self.data
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found  # type: ignore[no-any-return]

    def _reach(self, name: str | None, reached: dict[str, Any]) -> None:
        if name is None or name in reached:
            return
        reached[name] = None
        reached[name] = _kept(self._schemas[name])
        for other in sorted(_referred(reached[name])):
            self._reach(other, reached)


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
    """The schema of a body, as Swagger 2 or as OpenAPI 3 writes it."""
    found: Mapping[str, Any] | None = part.get("schema")
    return found or next((each.get("schema") for each in (part.get("content") or {}).values()), None)


def _name(schema: Mapping[str, Any] | None) -> str | None:
    return schema["$ref"].rpartition("/")[2] if schema and "$ref" in schema else None


def _kept(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without what is written for people."""
    if "$ref" in schema:
        return {"$ref": f"#/schemas/{_name(schema)}"}
    kept: dict[str, Any] = {key: schema[key] for key in SCHEMA_FACTS if key in schema}
    if "items" in schema:
        kept["items"] = _kept(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = _kept(schema["additionalProperties"])
    elif "additionalProperties" in schema:
        kept["additionalProperties"] = schema["additionalProperties"]
    if "properties" in schema:
        kept["properties"] = {name: _kept(each) for name, each in schema["properties"].items()}
    return kept


def _referred(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for each in part.values():
            yield from _referred(each)


def written(definition: Definition) -> str:
    """Return a definition as the text of its file."""
    data = definition.model_dump(mode="json", exclude_unset=True, exclude_defaults=True)
    data["operations"] = {
        name: each.model_dump(mode="python", exclude_defaults=True) for name, each in definition.operations.items()
    }
    text = yaml.dump(_plain(data), Dumper=_Dumper, sort_keys=False, width=118, allow_unicode=True)
    return f"# {HEAD}\n{text}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


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
