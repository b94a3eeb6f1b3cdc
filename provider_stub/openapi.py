"""The OpenAPI description of one edition, made from its policy: the same data that decides."""

import re
from collections.abc import Iterator
from typing import Any

from provider_stub.kinds import BodySize, Fields, KnownFields, Pattern
from provider_stub.policy import Operation, Policy

CODES = "x-error-codes"
JSON_TYPES = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
FILLED = {"message": "string", "code": "string", "status": "integer", "params": "object", "correlation_id": "string"}
"""What a refusal's template may be filled with, by name; of the facts of a request only ids are known to be texts."""
WHOLE = re.compile(r"\$\{([^}]*)\}")


def describe(policy: Policy) -> dict[str, Any]:
    """An OpenAPI 3.1 document: paths, request bodies, and every answer with the codes it may carry."""
    paths: dict[str, dict[str, Any]] = {}
    for name, operation in policy.operations.items():
        methods = paths.setdefault(operation.path, {})
        described = _operation(name, operation, policy.shape.refusal)
        known = methods.setdefault(operation.method.lower(), described)
        if known is not described:
            known["description"] += f"; {operation.summary}"
            for status, answer in described["responses"].items():
                known["responses"].setdefault(status, answer).setdefault(CODES, {}).update(answer.get(CODES, {}))
    return {
        "openapi": "3.1.0",
        "info": {"title": policy.provider, "version": "1", "description": policy.source},
        "servers": [{"url": f"/{policy.provider}"}],
        "paths": paths,
    }


def _operation(name: str, operation: Operation, refusal_body: Any) -> dict[str, Any]:
    accept = operation.accept
    responses: dict[str, Any] = {str(accept.status): {"description": "accepted", **_content(accept.body)}}
    for rule in operation.checks:
        refusal = responses.setdefault(str(rule.deny.status), {"description": "refused", **_content(refusal_body)})
        refusal.setdefault(CODES, {})[rule.deny.code] = rule.deny.message
    described: dict[str, Any] = {
        "operationId": name,
        "description": operation.summary,
        "parameters": [
            {"name": step[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
            for step in operation.path.split("/")
            if step.startswith("{")
        ],
        "responses": responses,
    }
    body = dict(_request_bodies(operation))
    if body:
        described["requestBody"] = {"required": True, "content": body}
    return described


def _content(template: Any) -> dict[str, Any]:
    """The content of an answer, by the template that makes it; nothing where the body is empty or plain text."""
    if not isinstance(template, dict | list):
        return {}
    return {"content": {"application/json": {"schema": _schema(template)}}}


def _schema(template: Any) -> dict[str, Any]:
    if isinstance(template, dict):
        properties = {name: _schema(value) for name, value in template.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}
    if isinstance(template, list):
        return {"type": "array", **({"items": _schema(template[0])} if template else {})}
    if isinstance(template, str):
        whole = WHOLE.fullmatch(template)
        known = "string" if whole is None or whole[1].endswith(".id") else FILLED.get(whole[1])
        return {"type": known} if known else {}
    return {"type": JSON_TYPES[type(template)]}


def _request_bodies(operation: Operation) -> Iterator[tuple[str, Any]]:
    for part, media_type in (("body", "application/json"), ("form", "application/x-www-form-urlencoded")):
        properties = dict(_properties(operation, f"{part}."))
        if properties:
            yield media_type, {"schema": {"type": "object", "properties": properties}}


def _properties(operation: Operation, prefix: str) -> Iterator[tuple[str, Any]]:
    for rule in operation.checks:
        if isinstance(rule, KnownFields) and prefix == "body.":
            yield from ((name, {}) for name in rule.fields)
        elif isinstance(rule, Pattern) and rule.field.startswith(prefix):
            yield _property(rule, prefix)
        elif not isinstance(rule, BodySize):
            names = rule.names if isinstance(rule, Fields) else tuple(rule.candidates())
            yield from ((name.removeprefix(prefix).split(".")[0], {}) for name in names if name.startswith(prefix))


def _property(rule: Pattern, prefix: str) -> tuple[str, Any]:
    name, _, inner = rule.field.removeprefix(prefix).partition(".")
    return name, {} if inner else {"type": "string", "pattern": f"^(?:{rule.matches})$", "examples": [rule.example]}
