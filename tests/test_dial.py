"""A whole dial over real HTTP: token, session, dial, the event that tells, and the session ended whatever happens."""

from threading import Timer
from typing import Any

import pytest

from outdial.clients import NiceCxone, Station
from outdial.clients.errors import BadRequest, Unreachable
from outdial.verification.stub_process import RunningStub
from tests.conftest import made
from tests.tenant import STATION, Tenant, line


@pytest.fixture(scope="module")
def tenant(stub: RunningStub) -> Tenant:
    """A tenant with an agent who is logged in."""
    return Tenant.of(stub)


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the sessions that clients start."""
    started: list[str] = []
    start = NiceCxone.start_session

    def noted(client: NiceCxone, station: Station) -> Any:
        session = start(client, station)
        started.append(session.session_id)
        return session

    monkeypatch.setattr(NiceCxone, "start_session", noted)
    return started


@pytest.mark.parametrize(
    ("outcome", "seconds", "state", "code"),
    [("Active", 0, "connected", None), ("BadNumber", 0, "failed", "BadNumber"), ("Active", 1, "connected", None)],
)
def test_a_call_is_what_its_last_event_says(
    tenant: Tenant, sessions: list[str], outcome: str, seconds: int, state: str, code: str | None
) -> None:
    """Accepted is not connected: the same 202 becomes a call or a failure with its code, at once or a second later."""
    seen: list[int] = []
    with tenant.client() as client:
        dial = tenant.dial(outcome, seconds)
        call = client.place_call(STATION, dial, 10, connected=lambda _: seen.append(tenant.status(sessions[0])))
        assert tenant.token not in f"{client!r} {call!r}"
    assert (call.state, call.disconnect_code, call.session_left_open) == (state, code, None)
    assert call.contact_id
    assert seen == ([304] if state == "connected" else []), "the session is open as long as the caller wants"
    assert tenant.status(sessions[0]) == 409


def test_a_refused_dial_ends_its_session(tenant: Tenant, sessions: list[str]) -> None:
    """What the provider refuses is raised, and the session that was started for it is over."""
    with tenant.client() as client, pytest.raises(BadRequest, match="Skill is not valid"):
        client.place_call(STATION, tenant.dial(strategy="PersonalConnection"), 10)
    assert [tenant.status(each) for each in sessions] == [409]


def test_an_event_that_comes_too_late_leaves_the_call_accepted(tenant: Tenant, sessions: list[str]) -> None:
    """The wait is bounded: the result says accepted, why no more is known, and which contact it was."""
    with tenant.client() as client:
        call = client.place_call(STATION, tenant.dial(seconds=3), 1)
    assert (call.state, "within 1 s" in str(call.detail), bool(call.contact_id)) == ("accepted", True, True)
    assert [tenant.status(each) for each in sessions] == [409]


def test_a_session_that_ends_while_its_events_are_awaited(tenant: Tenant, sessions: list[str]) -> None:
    """Another end of the session wakes the poll with 409: the call stays accepted, and nothing is left open."""
    with tenant.client() as client, tenant.client() as other:
        ending = Timer(0.3, lambda: other.end_session(sessions[0]))
        ending.start()
        call = client.place_call(STATION, tenant.dial(seconds=3), 20)
        ending.join()
    assert (call.state, "409" in str(call.detail), call.session_left_open) == ("accepted", True, None)


@pytest.mark.parametrize("dead", [False, True])
def test_a_lost_connection_while_events_are_awaited(tenant: Tenant, sessions: list[str], dead: bool) -> None:
    """The call stays accepted with the reason; the session is ended over a new connection, or left open and said so."""
    with line(tenant.stub.url, b"get-next-event", dead) as url, tenant.client(url) as client:
        call = client.place_call(STATION, tenant.dial(seconds=3), 10)
    assert (call.state, "no answer" in str(call.detail)) == ("accepted", True)
    assert ("could not be ended" in str(call.session_left_open)) == dead
    assert (tenant.status(sessions[0]) == 409) != dead


def test_a_connection_that_is_lost_at_the_dial_ends_the_session(tenant: Tenant, sessions: list[str]) -> None:
    """Whether it was dialled is not known: that is raised, and the session with its contacts is ended."""
    unreachable = pytest.raises(Unreachable, match="dial-phone")
    with line(tenant.stub.url, b"dial-phone") as url, tenant.client(url) as client, unreachable:
        client.place_call(STATION, tenant.dial(), 10)
    assert tenant.status(sessions[0]) == 409


@pytest.mark.parametrize(("problem", "left_open"), [(KeyboardInterrupt, False), (ZeroDivisionError, True)])
def test_whatever_goes_wrong_the_session_is_ended_or_noted(
    tenant: Tenant, sessions: list[str], monkeypatch: pytest.MonkeyPatch, problem: type[BaseException], left_open: bool
) -> None:
    """Ctrl-C as well; the first error stays the error, and a session that was left open is added to it."""
    client = tenant.client()

    def broken(*_: object) -> None:
        client.base_url = "http://127.0.0.1:1" if left_open else client.base_url
        raise problem

    monkeypatch.setattr(client, "dial_phone", broken)
    with client, pytest.raises(problem) as raised:
        client.place_call(STATION, tenant.dial(), 10)
    notes = getattr(raised.value, "__notes__", [])
    assert [("could not be ended" in note, tenant.token in note) for note in notes] == [(True, False)] * left_open
    assert (tenant.status(sessions[0]) == 409) != left_open


@pytest.mark.parametrize(
    ("event", "state", "code"),
    [
        ({"Type": "AgentError", "ResultCode": "InvalidState"}, "failed", "InvalidState"),
        ({"Type": "CallContactEvent", "ContactID": 7, "Status": "Disconnected"}, "failed", None),
        ({"Type": "CallContactEvent", "ContactID": 7, "Status": "Active", "IsInbound": True}, "accepted", None),
        ({"Type": "SomethingNew", "Status": "Active", "Odd": [1]}, "accepted", None),
    ],
)
def test_other_events_are_read_for_what_they_say(
    stub: RunningStub, event: dict[str, object], state: str, code: str | None
) -> None:
    """An error is a failure with its code; a call that came in, and an event that nobody knows, tell nothing."""
    session = made(stub, "an agent session", pending=[event])
    with NiceCxone(f"{stub.url}/nice-cxone", token=session["accessToken"]) as client:
        call = client.outcome(session["sessionId"], 0.3)
    assert (call.state, call.disconnect_code) == (state, code)
