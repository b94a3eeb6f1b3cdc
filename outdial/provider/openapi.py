"""The OpenAPI description of one edition, made from its policy: the same data that decides."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from outdial.documents.template import whole_name
from outdial.provider.kinds import BodySize, Fields, FieldTypes, KnownFields, Pattern
from outdial.provider.policy import Operation, Policy

CODES = "x-error-codes"
HTML = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'"}
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
FILLED = {"message": "string", "status": "integer", "params": "object", "correlation_id": "string"}
"""What a refusal's template may be filled with, by name; of the facts of a request only ids are known to be texts."""


def describe(policy: Policy) -> dict[str, Any]:
    """An OpenAPI 3.1 document: paths, request bodies, and every answer with the codes it may carry.

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


def _described(path: str, group: dict[str, Operation], refusal_body: Any) -> dict[str, Any]:
    steps = [step[1:-1] for step in path.split("/") if step.startswith("{")]
    described: dict[str, Any] = {
        "operationId": next(iter(group)),
        "description": "; ".join(operation.summary for operation in group.values()),
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in steps),
            *({"name": name, "in": "query", "schema": {"type": "string"}} for name in _asked_in_query(group)),
        ],
        "responses": _responses(group, refusal_body),
    }
    if body := _request_body(group):
        described["requestBody"] = {"required": True, "content": body}
    return described


def _asked_in_query(group: dict[str, Operation]) -> list[str]:
    waits = [operation.accept.wait.seconds for operation in group.values() if operation.accept.wait]
    return sorted({name.removeprefix("query.") for name in waits if name.startswith("query.")})


def _responses(group: dict[str, Operation], refusal_body: Any) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for operation in group.values():
        accepted = responses.setdefault(str(operation.accept.status), {"description": "accepted"})
        for media_type, content in _content(operation.accept.body).items():
            known = accepted.setdefault("content", {}).setdefault(media_type, content)
            if known != content:
                shapes = known["schema"].get("anyOf", [known["schema"]])
                known["schema"] = {
                    "anyOf": [*(each for each in shapes if each != content["schema"]), content["schema"]]
                }
        for rule in operation.rules:
            refused = {"description": "refused", CODES: {}, "content": _content(refusal_body)}
            responses.setdefault(str(rule.deny.status), refused)[CODES][str(rule.deny.code)] = rule.deny.message
    return responses


def _content(template: Any) -> dict[str, Any]:
    """The content of an answer, by the template that makes it; nothing where the body is empty or plain text."""
    if not template or not isinstance(template, dict | list):
        return {}
    return {"application/json": {"schema": _schema(template)}}


def _schema(template: Any) -> dict[str, Any]:
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


def _request_body(group: dict[str, Operation]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for part, media_type in (("body", "application/json"), ("form", "application/x-www-form-urlencoded")):
        schema = _body_schema(list(group.values()), f"{part}.")
        if schema["properties"]:
            content[media_type] = {"schema": schema}
    return content


def _body_schema(operations: list[Operation], prefix: str) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for operation in operations:
        for name, schema in _properties(operation, prefix):
            properties[name] = {**properties.get(name, {}), **schema}
    tests = [each.when for each in operations if each.when and each.when.fact.startswith(prefix)]
    chosen: dict[str, list[Any]] = {}  # the field by whose value one of the operations is chosen
    for test in tests:
        chosen.setdefault(test.fact.removeprefix(prefix), []).extend(test.any_of or ())
    values = {name: dict.fromkeys(known) for name, known in chosen.items() if known}
    properties |= {name: {"enum": list(known)} for name, known in values.items()}
    closed = prefix == "body." and all(any(isinstance(rule, KnownFields) for rule in each.rules) for each in operations)
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(values)} if values else {}),
        **({"additionalProperties": False} if closed else {}),
    }


def _properties(operation: Operation, prefix: str) -> Iterator[tuple[str, Any]]:
    yield from ((by.removeprefix(prefix), {}) for _, by in operation.subjects.values() if by.startswith(prefix))
    for rule in operation.rules:
        if isinstance(rule, KnownFields) and prefix == "body.":
            yield from ((name, {}) for name in rule.fields)
        elif isinstance(rule, FieldTypes) and prefix == "body.":
            yield from ((name, {"type": kind}) for name, kind in rule.fields.items())
        elif isinstance(rule, Pattern) and rule.field.startswith(prefix):
            yield _property(rule, prefix)
        elif not isinstance(rule, BodySize):
            names = rule.names if isinstance(rule, Fields) else tuple(rule.candidates())
            yield from ((name.removeprefix(prefix).split(".")[0], {}) for name in names if name.startswith(prefix))


def _property(rule: Pattern, prefix: str) -> tuple[str, Any]:
    name, _, inner = rule.field.removeprefix(prefix).partition(".")
    return name, {} if inner else {"type": "string", "pattern": f"^(?:{rule.matches})$", "examples": [rule.example]}
