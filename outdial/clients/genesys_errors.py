"""Turn an `ErrorBody` of Genesys Cloud into an exception (Platform API, definition `ErrorBody`)."""

import re
from typing import Annotated, Any

import requests
from pydantic import BaseModel, BeforeValidator, ValidationError

from outdial.clients import errors

BY_CODE: dict[str, type[errors.Refused]] = {
    "app.not.authorized.for.scope": errors.ScopeMissing,
    "missing.any.permissions": errors.PermissionMissing,
    "missing.permissions": errors.PermissionMissing,
    "missing.division.permission": errors.PermissionMissing,
    "missing.any.division.permissions": errors.PermissionMissing,
    "not.a.user": errors.UserContextRequired,
    "conversation.error.agent.indicated.address.not.allowed": errors.NumberRefused,
    "conversation.error.no.user.station": errors.AgentNotReady,
    "providerapi.error.user.does.not.have.a.station": errors.AgentNotReady,
    "providerapi.error.phone.no.active.edge": errors.AgentNotReady,
    "providerapi.error.edge.no.active": errors.AgentNotReady,
}
BY_STATUS: dict[int, type[errors.Refused]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationFailed,
    403: errors.PermissionMissing,
    404: errors.NotFound,
    409: errors.CallRefused,
    413: errors.BadRequest,
    415: errors.BadRequest,
    429: errors.RateLimited,
}
PERMISSION = re.compile(r"\b[\w-]+:[\w-]+:[\w-]+\b")
SCOPE = re.compile(r"\b[a-z][a-z-]*(?::[a-z]+)?\b")
AFTER_SCOPE = re.compile(r".*\bscopes?\b(.*)", re.DOTALL)
JOINS = {"a", "all", "and", "any", "following", "of", "one", "or", "the"}
SECONDS = re.compile(r"\bin \[?(\d+)\]? seconds\b")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


Text = Annotated[str, BeforeValidator(_text)]
"""A text, or nothing where the provider gives none or something else."""


class ErrorBody(BaseModel):
    """The fields of an error answer that a caller acts on (definition `ErrorBody`, which requires none of them)."""

    message: Text = ""
    code: Text = ""
    contextId: Text = ""  # noqa: N815 - the vendor's spelling


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused request; a body that is no `ErrorBody` still gives one by its status."""
    try:
        body = ErrorBody.model_validate_json(answer.content)
    except ValidationError:
        body = ErrorBody()
    fallback = errors.ProviderFailed if answer.status_code >= 500 else errors.Refused
    kind = BY_CODE.get(body.code) or BY_STATUS.get(answer.status_code, fallback)
    return kind(
        status=answer.status_code,
        code=body.code,
        message=body.message,
        missing=_named(kind, body.message),
        correlation_id=answer.headers.get("ININ-Correlation-Id") or body.contextId or None,
        retry_after=_seconds(answer.headers.get("Retry-After", ""), body.message),
    )


def _named(kind: type[errors.Refused], message: str) -> tuple[str, ...]:
    """The permissions or scopes that a message names, in whatever form and order; none where it names none."""
    found: list[str] = []
    if issubclass(kind, errors.PermissionMissing):
        found = PERMISSION.findall(message)
    elif issubclass(kind, errors.ScopeMissing) and (listed := AFTER_SCOPE.fullmatch(message)):
        found = [name for name in SCOPE.findall(listed[1]) if name not in JOINS]
    return tuple(dict.fromkeys(found))


def _seconds(header: str, message: str) -> int | None:
    """Return the seconds to wait: from the header, else from the message."""
    told = [header] if header.isdecimal() else SECONDS.findall(message)
    return int(told[0]) if told else None
