"""The OpenAPI description of one edition, made from its policy: the same data that decides."""

from collections.abc import Iterator
from typing import Any

from provider_stub.kinds import BodySize, Fields, KnownFields, Pattern
from provider_stub.policy import Operation, Policy

CODES = "x-error-codes"


def describe(policy: Policy) -> dict[str, Any]:
    """An OpenAPI 3.1 document: paths, request bodies, and every answer with the codes it may carry."""
    paths: dict[str, dict[str, Any]] = {}
    for name, operation in policy.operations.items():
        methods = paths.setdefault(operation.path, {})
        described = _operation(name, operation)
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


def _operation(name: str, operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {str(operation.accept.status): {"description": "accepted"}}
    for rule in operation.checks:
        refusal = responses.setdefault(str(rule.deny.status), {"description": "refused"})
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
    return name, {} if inner else {"type": "string", "pattern": rule.matches, "examples": [rule.example]}
