"""Which error an `ErrorBody` of Genesys Cloud becomes (Platform API, definition `ErrorBody`)."""

import re

import requests
from pydantic import BaseModel, ValidationError

from consumer import errors

BY_CODE: dict[str, type[errors.Refused]] = {
    "app.not.authorized.for.scope": errors.ScopeMissing,
    "missing.any.permissions": errors.PermissionMissing,
    "missing.permissions": errors.PermissionMissing,
    "missing.division.permission": errors.PermissionMissing,
    "missing.any.division.permissions": errors.PermissionMissing,
    "not.a.user": errors.UserContextRequired,
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
NAMED = re.compile(r"\[([^\]]*)\]")


class ErrorBody(BaseModel):
    """The fields of an error answer that a caller acts on."""

    message: str = ""
    code: str = ""
    contextId: str | None = None  # noqa: N815 - the vendor's spelling


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused request; a body that is no `ErrorBody` still gives one by its status."""
    try:
        body = ErrorBody.model_validate_json(answer.content)
    except ValidationError:
        body = ErrorBody()
    kind = BY_CODE.get(body.code) or BY_STATUS.get(answer.status_code, errors.Refused)
    names_missing = issubclass(kind, errors.ScopeMissing | errors.PermissionMissing)
    wait = answer.headers.get("Retry-After", "")
    return kind(
        status=answer.status_code,
        code=body.code,
        message=body.message,
        missing=_named(body.message) if names_missing else (),
        correlation_id=answer.headers.get("ININ-Correlation-Id") or body.contextId,
        retry_after=int(wait) if wait.isdecimal() else None,
    )


def _named(message: str) -> tuple[str, ...]:
    """The names that a message lists in its first brackets: `… assigned: [a, b]`."""
    listed = NAMED.search(message)
    return tuple(name.strip() for name in listed[1].split(",")) if listed else ()
