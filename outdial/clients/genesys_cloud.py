"""The reference client for Genesys Cloud's published call operations (Platform API, July 2026)."""

import re
from typing import Annotated, Any
from urllib.parse import quote

import requests
from pydantic import Field

from outdial.clients import errors
from outdial.clients.session import PUBLISHED_KINDS, Message, Sent, Session, body_of, read, text

CALLS = "/api/v2/conversations/calls"
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
PERMISSION = re.compile(r"\b[\w-]+:[\w-]+:[\w-]+\b")
SCOPE = re.compile(r"\b[a-z][a-z-]*(?::[a-z]+)?\b")
AFTER_SCOPE = re.compile(r".*\bscopes?\b(.*)", re.DOTALL)
JOINS = {"a", "all", "and", "any", "following", "of", "one", "or", "the"}
SECONDS = re.compile(r"\bin \[?(\d+)\]? seconds\b")


class Destination(Sent):
    """One party of an ad-hoc conference (definition `Destination`)."""

    address: str | None = None
    name: str | None = None
    user_id: str | None = None
    queue_id: str | None = None


class CallRequest(Sent):
    """Request of a call (definition `CreateCallRequest`). Give exactly one destination: `phone_number`,
    `call_user_id`, `call_queue_id` or `participants`. `call_user_id` is who is called, never the caller."""

    phone_number: str | None = None
    call_user_id: str | None = None
    call_queue_id: str | None = None
    participants: list[Destination] | None = None
    caller_id: str | None = None
    caller_id_name: str | None = None
    call_from_queue_id: str | None = None
    priority: int | None = None
    attributes: dict[str, str] | None = None
    language_id: str | None = None
    routing_skills_ids: list[str] | None = None
    routing_skill_expression: str | None = None
    conversation_ids: list[str] | None = None
    uui_data: str | None = None
    external_contact_id: str | None = None
    label: str | None = None


Text = Annotated[str, Field(min_length=1)]
"""A text that says something."""


class PlacedCall(Message):
    """A call that was accepted (definition `CreateCallResponse`); `id` is its conversation."""

    id: Text


class CallFailure(Message):
    """Cause of a failed call (definition `ErrorInfo`, which requires no property)."""

    code: Text | None = None


class Participant(Message):
    """One party of a conversation (definition `CallMediaParticipant`, which requires no property).

    `state` is terminated and `disconnect_type` error where an accepted call failed; `error_info` tells why. `user`
    holds the `id` of a party who is a user.
    """

    state: Text | None = None
    direction: Text | None = None
    user: dict[str, Any] | None = None
    disconnect_type: Text | None = None
    error_info: CallFailure | None = None


class CallConversation(Message):
    """State of a call (definition `CallConversation`)."""

    id: Text
    participants: list[Participant] = []


class CallbackRequest(Sent):
    """A callback to be offered to the agents of a queue (definition `CreateCallbackCommand`)."""

    callback_numbers: list[str]
    queue_id: str | None = None
    callback_user_name: str | None = None
    callback_scheduled_time: str | None = None


class Reference(Message):
    """An object that an answer refers to by its id (definition `DomainEntityRef`)."""

    id: Text | None = None


class PlacedCallback(Message):
    """A callback that was accepted (definition `CreateCallbackResponse`)."""

    conversation: Reference


class GenesysCloud(Session):
    """Places calls with one access token.

    Every method raises a `Refused` error when the provider refuses, `Unreachable` when it does not answer.
    """

    kinds = {**PUBLISHED_KINDS, 409: errors.CallRefused, 413: errors.BadRequest, 415: errors.BadRequest}

    def refusal(self, answer: requests.Response) -> errors.Refused:
        """Return the error for a refused request, from its `ErrorBody`; without one, from its status."""
        body = body_of(answer)
        code, message = text(body, "code"), text(body, "message")
        fallback = errors.ProviderFailed if answer.status_code >= 500 else errors.Refused
        kind = BY_CODE.get(code) or self.kinds.get(answer.status_code, fallback)
        retry_after = answer.headers.get("Retry-After", "")
        waits = [retry_after] if retry_after.isdecimal() else SECONDS.findall(message)
        return kind(
            status=answer.status_code,
            code=code,
            message=message,
            missing=_named(kind, message),
            correlation_id=answer.headers.get("ININ-Correlation-Id") or text(body, "contextId") or None,
            retry_after=int(waits[0]) if waits else None,
        )

    def place_call(self, request: CallRequest) -> PlacedCall:
        """Place a call as the token's user (`postConversationsCalls`; permission conversation:conference:add)."""
        return read(PlacedCall, self.send("POST", CALLS, json=request.sent()))

    def place_call_for_agent(self, user_id: str, request: CallRequest) -> PlacedCall:
        """Place a call on behalf of a user (`postConversationsCallsUserUserId`; permission
        conversation:agentlessCall:add or conversation:call:add). An application's token will do."""
        path = f"{CALLS}/user/{quote(user_id, safe='')}"
        return read(PlacedCall, self.send("POST", path, json=request.sent()))

    def get_call(self, conversation_id: str) -> CallConversation:
        """Return what became of a call (`getConversationsCall`)."""
        return read(CallConversation, self.send("GET", f"{CALLS}/{quote(conversation_id, safe='')}"))

    def hang_up(self, conversation_id: str) -> None:
        """End a conversation (`postConversationDisconnect`; permission conversation:communication:disconnect)."""
        self.send("POST", f"/api/v2/conversations/{quote(conversation_id, safe='')}/disconnect")

    def create_callback(self, request: CallbackRequest) -> PlacedCallback:
        """Ask for a callback (`postConversationsCallbacks`; permission conversation:callback:create)."""
        return read(PlacedCallback, self.send("POST", "/api/v2/conversations/callbacks", json=request.sent()))


def _named(kind: type[errors.Refused], message: str) -> tuple[str, ...]:
    """Return the permissions or scopes that a message names."""
    found: list[str] = []
    if issubclass(kind, errors.PermissionMissing):
        found = PERMISSION.findall(message)
    elif issubclass(kind, errors.ScopeMissing) and (listed := AFTER_SCOPE.fullmatch(message)):
        found = [name for name in SCOPE.findall(listed[1]) if name not in JOINS]
    return tuple(dict.fromkeys(found))
