"""Refusals whose body is `{"message", "code"}`, as reports 000, 003 and 004 show them."""

import requests
from pydantic import BaseModel, ValidationError

from outdial.clients import errors

BY_STATUS: dict[int, type[errors.Refused]] = {400: errors.BadRequest, 401: errors.AuthenticationFailed}


class MessageBody(BaseModel):
    """The body of every refusal; not every provider gives a code."""

    message: str = ""
    code: str = ""


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused request. A 403 is a plain `Refused`, since its answer does not tell the cause."""
    try:
        body = MessageBody.model_validate_json(answer.content)
    except ValidationError:
        body = MessageBody()
    kind = BY_STATUS.get(answer.status_code, errors.Refused)
    return kind(status=answer.status_code, code=body.code, message=body.message)
