"""The client for NICE CXone's Agent API and Patron API: a call for an agent is dialled in a session of the agent's own.

Accepted is not connected: dial-phone answers 202, and what becomes of the call comes later, as events of the session.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from time import monotonic, sleep
from typing import Literal, Self
from urllib.parse import quote

import requests
from pydantic import BaseModel, ConfigDict, Field, model_validator

from outdial.clients import errors
from outdial.clients.session import PUBLISHED_KINDS, Sent, Session, body_of, read, text

LONGEST_POLL_SECONDS = 60
PAUSE_SECONDS = 0.2
"""Between a poll that had nothing to tell and the next, for a provider that does not hold a poll back."""
LIKELY = ("errorDescription", "error_description", "message")


class Station(Sent):
    """Telephone leg of the agent: a station, a number, or both."""

    station_id: str | None = None
    station_phone_number: str | None = None
    inactivity_timeout: int | None = None
    as_agent_id: int | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not self.station_id and not self.station_phone_number:
            raise ValueError("a session needs a station_id, a station_phone_number or both")
        return self


class Dial(Sent):
    """Whom to call, with which outbound skill. The caller ID is the skill's; the agent is the session's."""

    phone_number: str
    skill_id: int
    parent_contact_id: int | None = None
    customer_id: str | None = None
    zip_code: str | None = None
    caller_id: int | None = None
    interaction_id: str | None = None


class Callback(Sent):
    """A callback as soon as an agent of the skill is free."""

    phone_number: str
    skill: int
    caller_id: str | None = None
    target_agent: int | None = None


class Promise(Sent):
    """A callback at a time that was promised."""

    first_name: str
    last_name: str
    phone_number: str
    skill: int
    promise_date: str
    promise_time: str
    target_agent: int | None = None
    notes: str | None = None
    time_zone: str | None = None


class StartedSession(BaseModel):
    """An agent session that was started."""

    session_id: str = Field(alias="sessionId")


class Event(BaseModel):
    """Event of a session; only fields about a call are read."""

    model_config = ConfigDict(frozen=True)

    type: str = Field("", alias="Type")
    contact_id: str | int | None = Field(None, alias="ContactID")
    status: str | None = Field(None, alias="Status")
    inbound: bool | str | None = Field(None, alias="IsInbound")
    disconnect_code: str | None = Field(None, alias="DisconnectCode")
    result_code: str | None = Field(None, alias="ResultCode")


class Events(BaseModel):
    """The events of a session since they were last asked for; none when there were none within the time."""

    session_id: str = Field(alias="sessionId")
    events: tuple[Event, ...]


class DialedCall(BaseModel):
    """State of an accepted call.

    `accepted`: no event told within the time, for the reason in `detail`; the call may still connect. `connected`: its
    contact is active. `failed`: it was disconnected, or never dialled; `disconnect_code` is the provider's word for
    why. `session_left_open` says why the session could not be ended, when it could not.
    """

    model_config = ConfigDict(frozen=True)

    state: Literal["accepted", "connected", "failed"]
    contact_id: str | None = None
    disconnect_code: str | None = None
    detail: str | None = None
    session_left_open: str | None = None


class NiceCxone(Session):
    """Acts as the user of one access token, at `{api_endpoint}/InContactAPI/services/v{N}` (v23.0 in NICE's packages).

    Every method raises a `Refused` error when the provider refuses, `Unreachable` when it does not answer.
    """

    kinds = {**PUBLISHED_KINDS, 409: errors.SessionEnded}

    def refusal(self, answer: requests.Response) -> errors.Refused:
        """Return the error for a refused request. The place of its text is not published: likely ones are read."""
        body = body_of(answer)
        message = next((text(body, name) for name in LIKELY if name in body), "")
        return self.kinds.get(answer.status_code, errors.Refused)(answer.status_code, message=message)

    def place_call(
        self, station: Station, dial: Dial, seconds: float = 60.0, connected: Callable[[DialedCall], None] | None = None
    ) -> DialedCall:
        """Start a session, dial, wait for the outcome, end the session, whatever happens in between.

        An accepted call always returns; what the provider refuses before is raised. It takes no longer than `seconds`
        and the time limits of the requests under way. The call ends with the session: `connected` is called while a
        connected one lasts.
        """
        outcome = None
        try:
            with self.session(station) as session_id:
                self.dial_phone(session_id, dial)
                outcome = self.outcome(session_id, seconds)
                if outcome.state == "connected" and connected:
                    connected(outcome)
        except errors.SessionLeftOpen as problem:
            if outcome is None:
                raise
            return outcome.model_copy(update={"session_left_open": str(problem)})
        return outcome

    @contextmanager
    def session(self, station: Station) -> Iterator[str]:
        """Yield a session of the token's user, by its id; ended when it is left, by an error or an interrupt as well.

        Raises `SessionLeftOpen` when it cannot be ended; another error on its way out gets that as a note. When the
        provider starts one and its answer is lost, nobody knows its id: `inactivity_timeout` ends that one.
        """
        session_id = self.start_session(station).session_id
        try:
            yield session_id
        except BaseException as error:
            if problem := self._ended(session_id):
                error.add_note(str(problem))
            raise
        if problem := self._ended(session_id):
            raise problem

    def start_session(self, station: Station) -> StartedSession:
        """Start a session of the token's user. Who starts it has to end it: see `session`."""
        return read(StartedSession, self.send("POST", "/agent-sessions", json=station.sent()))

    def end_session(self, session_id: str) -> None:
        """End a session with its contacts, and log its agent off."""
        self.send("DELETE", _of(session_id), json={"forceLogoff": True, "endContacts": True})

    def set_state(self, session_id: str, state: Literal["Available", "Unavailable"], reason: str | None = None) -> None:
        """Set the agent's state; every other one is reported and cannot be set."""
        self.send("POST", f"{_of(session_id)}/state", json={"state": state, **({"reason": reason} if reason else {})})

    def dial_phone(self, session_id: str, dial: Dial) -> None:
        """Dial. Accepted is all that the answer says; the events of the session tell the rest."""
        self.send("POST", f"{_of(session_id)}/dial-phone", json=dial.sent())

    def next_event(self, session_id: str, timeout: int = 0) -> Events:
        """Return the next events of a session, waiting for them up to `timeout` seconds (0 to 60)."""
        answer = self.send("GET", f"{_of(session_id)}/get-next-event", query={"timeout": str(timeout)})
        if answer.status_code == 304:
            return Events(sessionId=session_id, events=())
        return read(Events, answer)

    def outcome(self, session_id: str, seconds: float) -> DialedCall:
        """Follow the newest call of a session for at most `seconds`, and return its last known state."""
        until = monotonic() + seconds
        longest = max(1, min(LONGEST_POLL_SECONDS, int(self._seconds[1]) - 5))
        contact: str | None = None
        detail = f"no event told what became of the call within {seconds:g} s"
        while (left := until - monotonic()) > 0:
            try:
                events = self.next_event(session_id, min(ceil(left), longest)).events
            except (errors.Refused, errors.Unreachable, errors.UnexpectedAnswer) as problem:
                detail = f"the events could not be read: {problem}"
                break
            for event in events:
                if event.type == "CallContactEvent" and event.inbound in (None, False, "false", "False"):
                    contact = str(event.contact_id) if event.contact_id is not None else contact
                    if event.status == "Active":
                        return DialedCall(state="connected", contact_id=contact)
                    if event.status == "Disconnected":
                        code = event.disconnect_code
                        return DialedCall(state="failed", contact_id=contact, disconnect_code=code)
                elif event.type == "AgentError":
                    return DialedCall(state="failed", contact_id=contact, disconnect_code=event.result_code)
            if not events:
                sleep(PAUSE_SECONDS)
        return DialedCall(state="accepted", contact_id=contact, detail=detail)

    def queue_callback(self, callback: Callback) -> None:
        """Ask for a callback (Patron API), which needs no agent session. Nothing is read: no answer is published."""
        self.send("POST", "/queuecallback", query=_texts(callback))

    def promise(self, promise: Promise) -> None:
        """Promise a callback at a time (Patron API). Nothing is read: no answer is published."""
        self.send("POST", "/promise", query=_texts(promise))

    def _ended(self, session_id: str) -> errors.SessionLeftOpen | None:
        """End a session; what went wrong, unless it had ended by itself."""
        try:
            self.end_session(session_id)
        except (errors.NotFound, errors.SessionEnded):
            return None
        except (errors.Refused, errors.Unreachable) as problem:
            return errors.SessionLeftOpen(f"the agent session could not be ended: {problem}")
        return None


def _of(session_id: str) -> str:
    return f"/agent-sessions/{quote(session_id, safe='')}"


def _texts(message: Sent) -> dict[str, str]:
    return {name: str(value) for name, value in message.sent().items()}
