"""A poll with nothing to tell is held for its time by the server alone: no thread, no busy client, no lost event."""

import socket
import time
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from outdial.clients import NiceCxone
from outdial.provider import Call, World
from outdial.provider.clock import Clock
from outdial.provider.clock import standing as standing_still
from outdial.verification.stub_process import RunningStub
from tests.committed import stub_here
from tests.conftest import made
from tests.tenant import STATION, Tenant


def client_of(stub: RunningStub) -> tuple[NiceCxone, str, str]:
    """A client, the id of a session of its user, and its token."""
    session = made(stub, "an agent session")
    token = session["accessToken"]
    return NiceCxone(f"{stub.url}/nice-cxone", token=token), session["sessionId"], token


@pytest.mark.parametrize("timeout", [0, 1])
def test_a_poll_with_nothing_to_tell_takes_its_time(stub: RunningStub, timeout: int) -> None:
    """304 comes when the time is up, and not before."""
    client, session_id, _ = client_of(stub)
    began = time.monotonic()
    assert client.next_event(session_id, timeout).events == ()
    assert timeout <= time.monotonic() - began < timeout + 5


def test_an_event_ends_the_poll_that_waits_for_it(stub: RunningStub) -> None:
    """The slow event is told soon after it happened, to the poll that was there before it."""
    tenant = Tenant.of(stub)
    with tenant.client() as client:
        session_id = client.start_session(STATION).session_id
        client.dial_phone(session_id, tenant.dial("Rejected", seconds=1))
        assert client.next_event(session_id, 10).events[0].status == "Dialing"
        began = time.monotonic()
        (event,) = client.next_event(session_id, 10).events
        client.end_session(session_id)
    assert 0.5 < time.monotonic() - began < 8
    assert (event.status, event.disconnect_code) == ("Disconnected", "Rejected")


def test_a_client_that_goes_away_takes_no_event_with_it(stub: RunningStub) -> None:
    """What happens after it has gone is told to the next poll."""
    client, session_id, token = client_of(stub)
    parts = urlsplit(stub.url)
    head = f"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    with socket.create_connection((str(parts.hostname), parts.port or 80)) as connection:
        connection.sendall(f"GET /nice-cxone/agent-sessions/{session_id}/get-next-event?timeout=30 {head}".encode())
        time.sleep(0.2)
    time.sleep(0.2)
    dial = {"phoneNumber": "+13175550142", "skillId": int(made(stub, "an ACD skill")["acdSkillId"])}
    client.send("POST", f"/agent-sessions/{session_id}/dial-phone", json=dial)
    time.sleep(0.2)
    assert [client.next_event(session_id).events[0].status for _ in range(2)] == ["Dialing", "Active"]


def test_an_odd_timeout_is_no_time_or_the_longest() -> None:
    """Nothing waits longer than the policy says."""
    application, states = stub_here()
    session = states.set_up("an agent session", {})
    path, bearer = f"/nice-cxone/agent-sessions/{session['sessionId']}/get-next-event", session["accessToken"]
    for timeout in ("-1", "1e9", "soon", "", "٣", "99999999999999999999", "0x10", "1.5"):
        call = Call("GET", path, {"authorization": f"Bearer {bearer}"}, query_string=f"timeout={quote(timeout)}")
        answer = application.answer(call)
        assert (answer.status, answer.wait in (0, 60)) == (304, True), timeout


def world_with_a_session() -> World:
    world = World(clock=Clock(standing_still))
    world.add("agent_session", "s", {"events": ()})
    return world


def events(world: World) -> Any:
    record = world.find("agent_session", "s")
    assert record is not None
    return record["events"]


def test_events_come_in_the_order_of_their_time() -> None:
    """A world's clock decides when an item is in its queue; an event for a session that is gone is nobody's."""
    world = world_with_a_session()
    for after, item in ((3.0, "last"), (2.0, "late"), (1.0, "soon"), (0.0, "at once")):
        world.append("agent_session", "s", "events", item, after)
        world.append("agent_session", "nobody", "events", item, after)
    assert events(world) == ("at once",)
    world.clock.forward(1)
    assert events(world) == ("at once", "soon")
    world.clock.forward(8)
    assert events(world) == ("at once", "soon", "late", "last"), "two at one look"
    assert len(world) == 1
