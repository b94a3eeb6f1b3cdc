"""The OpenAPI description of one edition, made from its policy: the same data that decides."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from outdial.documents.template import whole_name
from outdial.provider.kinds import FieldTypes, KnownFields, Pattern
from outdial.provider.policy import Operation, Policy

CODES, JSON = "x-error-codes", "application/json"
HTML = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'"}
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
FILLED = {"message": "string", "status": "integer", "params": "object", "correlation_id": "string"}
"""What a refusal's template may be filled with, by name; of the facts of a request only ids are known to be texts."""


def describe(policy: Policy) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document: paths, request bodies, and every answer with the codes it may carry.

    Operations that share a path and a method (each with a `when`) are described as one.
    """
    groups: dict[tuple[str, str], dict[str, Operation]] = {}
    for name, operation in policy.operations.items():
        groups.setdefault((operation.path, operation.method), {})[name] = operation
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), group in groups.items():
        paths.setdefault(path, {})[method.lower()] = _described(path, group, policy.shape.refusal)
    return {
        "openapi": "3.1.0",
        "info": {"title": policy.provider, "version": "1", "description": policy.source},
        "servers": [{"url": f"/{policy.provider}"}],
        "paths": paths,
    }


def page(described: Mapping[str, Any]) -> str:
    """Return a description as a page without script: each operation with its fields, answers and codes."""
    parts = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            bodies = operation.get("requestBody", {"content": {}})["content"].values()
            fields = [name for body in bodies for name in body["schema"]["properties"]]
            answers = {status: ", ".join(each.get(CODES, ())) for status, each in operation["responses"].items()}
            rows = "".join(f"<tr><td>{status}<td>{escape(codes)}" for status, codes in sorted(answers.items()))
            parts.append(
                f"<h2>{method.upper()} {escape(path)}</h2><p>{escape(operation['description'])}. "
                f"Fields: {escape(', '.join(fields) or 'none')}.</p><table>{rows}</table>\n"
            )
    title, about = escape(described["info"]["title"]), escape(described["info"]["description"])
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>"
    return f"{head}<p>{about}</p>\n{''.join(parts)}</html>\n"


def _described(path: str, group: dict[str, Operation], refusal: Any) -> dict[str, Any]:
    operations = list(group.values())
    waits = {each.accept.wait.seconds for each in operations if each.accept.wait}
    places = [(step[1:-1], "path") for step in path.split("/") if step.startswith("{")]
    places += [(name[6:], "query") for name in sorted(waits) if name.startswith("query.")]
    parts = (("body.", "application/json"), ("form.", "application/x-www-form-urlencoded"))
    content = {media_type: {"schema": schema} for part, media_type in parts if (schema := _sent(operations, part))}
    return {
        "operationId": next(iter(group)),
        "description": "; ".join(each.summary for each in operations),
        "parameters": [
            {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
            for name, place in places
        ],
        "responses": _responses(operations, refusal),
        **({"requestBody": {"required": True, "content": content}} if content else {}),
    }


def _responses(operations: list[Operation], refusal: Any) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for operation in operations:
        accepted = responses.setdefault(str(operation.accept.status), {"description": "accepted"})
        if body := operation.accept.body:
            shapes = accepted.setdefault("content", {JSON: {"schema": {"anyOf": []}}})[JSON]["schema"]["anyOf"]
            shapes += [_schema(body)] if _schema(body) not in shapes else []
        for rule in operation.rules:
            content = {JSON: {"schema": _schema(refusal)}} if isinstance(refusal, dict) else {}
            refused = {"description": "refused", CODES: {}, "content": content}
            responses.setdefault(str(rule.deny.status), refused)[CODES][str(rule.deny.code)] = rule.deny.message
    return responses


def _schema(template: Any) -> dict[str, Any]:
    """Return the schema of an answer, by the template that makes it."""
    if isinstance(template, dict):
        properties = {name: _schema(value) for name, value in template.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(template, list):
        return {"type": "array", **({"items": _schema(template[0])} if template else {})}
    if isinstance(template, str):
        name = whole_name(template)
        known = "string" if name is None or name.endswith(".id") else FILLED.get(name)
        return {"type": known} if known else {}
    return {"type": JSON_TYPES[type(template)]}


def _sent(operations: list[Operation], part: str) -> dict[str, Any] | None:
    """Return the schema of a body or a form; None where no rule reads a field."""
    properties: dict[str, Any] = {}
    for operation in operations:
        for name, schema in _properties(operation):
            if name.startswith(part):
                field, _, inner = name.removeprefix(part).partition(".")
                properties[field] = {**properties.get(field, {}), **({} if inner else schema)}
    chosen: dict[str, list[Any]] = {}  # the field by whose value one of the operations is chosen
    for test in (each.when for each in operations):
        if test and test.any_of and test.fact.startswith(part):
            chosen.setdefault(test.fact.removeprefix(part), []).extend(test.any_of)
    properties |= {name: {"enum": list(dict.fromkeys(values))} for name, values in chosen.items()}
    closed = part == "body." and all(any(isinstance(rule, KnownFields) for rule in each.rules) for each in operations)
    rest = {"required": list(chosen)} | ({"additionalProperties": False} if closed else {})
    return {"type": "object", "properties": properties, **rest} if properties else None


def _properties(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield each fact that is read, with the schema that its value must have."""
    yield from ((by, {}) for _, by in operation.subjects.values())
    for rule in operation.rules:
        if isinstance(rule, KnownFields):
            yield from ((f"body.{name}", {}) for name in rule.fields)
        elif isinstance(rule, FieldTypes):
            yield from ((f"body.{name}", {"type": kind}) for name, kind in rule.fields.items())
        elif isinstance(rule, Pattern):
            matches = {"pattern": f"^(?:{rule.matches})$", "examples": [rule.example]}
            yield rule.field, {"type": "string", **matches}
        else:
            yield from ((name, {}) for name in rule.candidates())
