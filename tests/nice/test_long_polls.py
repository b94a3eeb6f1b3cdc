"""A poll that has nothing to tell is held for its time by the server alone: no thread, no busy client, no lost event.

`OUTDIAL_FUZZ_REQUESTS` sets how many hostile requests are tried, a few hundred by default.
"""

import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from outdial.clients import NiceCxone
from outdial.documents import DocumentError
from outdial.provider import Application, Call, World
from outdial.provider.clock import Clock, standing
from outdial.verification.stub_process import RunningStub
from provider_states import load_policies
from tests.nice.conftest import STATION, Tenant
from tests.nice.conftest import given as state
from tests.raw_http import exchange
from tests.table_files import copy_policies, edit

REQUESTS = int(os.environ.get("OUTDIAL_FUZZ_REQUESTS", "300"))
SECONDS = 5.0


def client_of(stub: RunningStub, **session: Any) -> tuple[NiceCxone, str]:
    """A client, and the id of a session of its user."""
    made = state(stub.url, "an agent session", **session)
    return NiceCxone(f"{stub.url}/nice-cxone", token=made["accessToken"]), made["sessionId"]


@pytest.mark.parametrize("timeout", [0, 1, 2])
def test_a_poll_with_nothing_to_tell_takes_its_time(stub: RunningStub, timeout: int) -> None:
    """304 comes when the time is up, and not before."""
    client, session_id = client_of(stub)
    began = time.monotonic()
    assert client.next_event(session_id, timeout).events == ()
    assert timeout <= time.monotonic() - began < timeout + 5


def test_an_event_ends_the_poll_that_waits_for_it(tenant: Tenant) -> None:
    """The slow event is told soon after it happened, to the poll that was there before it."""
    with tenant.client() as client:
        session_id = client.start_session(STATION).session_id
        client.dial_phone(session_id, tenant.dial("Rejected", seconds=1))
        assert client.next_event(session_id, 10).events[0].status == "Dialing"
        began = time.monotonic()
        (event,) = client.next_event(session_id, 10).events
        client.end_session(session_id)
    assert 0.5 < time.monotonic() - began < 8
    assert (event.status, event.disconnect_code) == ("Disconnected", "Rejected")


def test_polls_that_wait_hold_no_thread_and_delay_nobody(stub: RunningStub) -> None:
    """A hundred polls at once: the stub has no thread more than before, and answers others as soon as before."""
    before, waiting = threads_of(stub), [client_of(stub) for _ in range(100)]
    with ThreadPoolExecutor(len(waiting)) as pool:
        polls = [pool.submit(client.next_event, session_id, 5) for client, session_id in waiting]
        time.sleep(1.0)
        began = time.monotonic()
        for _ in range(20):
            state(stub.url, "an ACD skill")
        took, held = time.monotonic() - began, sum(not poll.done() for poll in polls)
        after = threads_of(stub)
        assert all(poll.result().events == () for poll in polls)
    assert held > 50, "most of them were still waiting"
    assert after <= before + 1
    assert took < 4.0


def test_a_client_that_goes_away_takes_no_event_with_it(stub: RunningStub) -> None:
    """What happens after it has gone is told to the next poll."""
    client, session_id = client_of(stub)
    parts = urlsplit(stub.url)
    token = client._token
    assert token is not None
    path = f"/nice-cxone/agent-sessions/{session_id}/get-next-event?timeout=30"
    with socket.create_connection((str(parts.hostname), parts.port or 80)) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token.get_secret_value()}\r\n\r\n"
        connection.sendall(head.encode())
        time.sleep(0.2)
    time.sleep(0.2)
    skill = state(stub.url, "an ACD skill")["acdSkillId"]
    client.send(
        "POST",
        f"/agent-sessions/{session_id}/dial-phone",
        json={"phoneNumber": "+13175550142", "skillId": int(skill)},
    )
    time.sleep(0.2)
    assert [client.next_event(session_id).events[0].status for _ in range(2)] == ["Dialing", "Active"]


@pytest.mark.parametrize("timeout", ["-1", "1e9", "soon", "", "٣", "99999999999999999999", "0x10", "1.5"])
def test_an_odd_timeout_is_answered(timeout: str) -> None:
    """It is no time, or the longest: nothing waits longer than the policy says."""
    application = Application(load_policies(), World())
    application.world.add("token", "t", {"status": "valid", "user": "u"})
    application.world.add("agent_session", "s", {"status": "live", "user": "u", "events": ()})
    path = "/nice-cxone/agent-sessions/s/get-next-event"
    answer = application.answer(
        Call("GET", path, {"authorization": "Bearer t"}, query_string=f"timeout={quote(timeout)}")
    )
    assert (answer.status, answer.wait in (0, 60)) == (304, True)


def test_events_come_in_the_order_of_their_time() -> None:
    """A world's clock decides when an item is in its queue; what is at once comes before what is later."""
    world = World(clock=Clock(standing))
    world.add("agent_session", "s", {"events": ()})
    for after, item in ((3.0, "last"), (2.0, "late"), (1.0, "soon"), (0.0, "at once")):
        world.append("agent_session", "s", "events", item, after)

    def events() -> Any:
        record = world.find("agent_session", "s")
        assert record is not None
        return record["events"]

    assert events() == ("at once",)
    world.clock.forward(1)
    assert events() == ("at once", "soon")
    world.clock.forward(8)
    assert events() == ("at once", "soon", "late", "last"), "two at one look"


def test_a_queue_does_not_grow_without_end() -> None:
    """Events that nobody asks for are forgotten, the oldest first, at once or when they come later."""
    world = World(clock=Clock(standing))
    world.add("agent_session", "s", {"events": ()})
    for number in range(1000):
        world.append("agent_session", "s", "events", number)
        world.append("agent_session", "s", "events", -number, after=5.0)
    for latest in (999, -999):
        record = world.find("agent_session", "s")
        assert record is not None
        assert (len(record["events"]), record["events"][-1]) == (200, latest)
        assert len(str(record)) < 20_000
        world.clock.forward(5)


def test_an_event_for_what_is_gone_is_nobodys() -> None:
    """A session may have been pushed out by others when its event comes."""
    world = World(clock=Clock(standing))
    for after in (0.0, 5.0):
        world.append("agent_session", "nobody", "events", "late", after)
    assert world.find("agent_session", "nobody") is None
    assert len(world) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wait: {seconds: query.timeout,", "wait: {seconds: qury.timeout,", "no fact 'qury.timeout'"),
        ("at_most: 60}", "at_most: 6000}", "300"),
        *(
            ("wait: {seconds", f"{effect}, wait: {{seconds", "takes, creates and changes nothing")
            for effect in (
                "changes: {agent_session: {status: ended}}",
                "takes: {event: agent_session.events}",
                "creates: {contact: {kind: contact, fields: {}}}",
                "appends: {agent_session: {events: [{item: {}}]}}",
            )
        ),
        ("none_of: [BadNumber, Rejected]", "none_of: [BadNumbr, Rejected]", "is never 'BadNumbr'"),
        ("after: ${dialled.seconds}", "after: ${dialled.secnds}", "secnds"),
    ],
)
def test_a_mistake_in_what_waits_or_comes_later_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Every name is known when the policy is read, and an answer that waits does nothing else."""
    policies = copy_policies(tmp_path)
    edit(policies / "nice-cxone.yaml", old, new)
    with pytest.raises(DocumentError, match=said):
        load_policies(policies)


odd_texts = some.sampled_from(
    ["", "0", "1", "-1", "null", "\x00", "ü" * 40, "../..", "%", "a" * 3000, "{}", "true", "1e400"]
)
bodies = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | odd_texts,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(["phoneNumber", "skillId", "state", "stationId"]), inner, max_size=4)
    ),
    max_leaves=8,
)
OPERATIONS = [
    (operation.method, f"/{provider}{operation.path}")
    for provider in ("nice-cxone", "nice-cxone-login")
    for operation in load_policies()[provider].operations.values()
]


@pytest.fixture(scope="module")
def caller(stub: RunningStub) -> dict[str, str]:
    """Whoever may do everything there is."""
    return {
        **state(stub.url, "an agent session"),
        **state(stub.url, "an ACD skill"),
        **state(stub.url, "an OAuth client"),
    }


@settings(
    deadline=None,
    max_examples=REQUESTS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    asked=some.sampled_from(OPERATIONS),
    own=some.booleans(),
    step=odd_texts,
    query=some.dictionaries(some.sampled_from(["timeout", "skill", "state"]), odd_texts, max_size=2),
    body=bodies,
    media_type=some.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", ""]),
)
def test_hostile_requests_are_answered_soon(
    stub: RunningStub,
    caller: dict[str, str],
    asked: tuple[str, str],
    own: bool,
    step: str,
    query: dict[str, str],
    body: Any,
    media_type: str,
) -> None:
    """From a caller with a live session and a token: never a 5xx (but what the stub does not have), never a hang."""
    method, path = asked
    path = path.replace("{sessionId}", caller["sessionId"] if own and method != "DELETE" else quote(step, safe=""))
    asks = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    content = json.dumps(body).encode()
    fields = (
        f"{method} {path}?{asks} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {media_type}\r\n"
        f"Authorization: Bearer {caller['accessToken']}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    # `exchange` closes its own side at once, so a poll that has to wait is one whose client has gone away.
    status = exchange(stub.url, fields.encode() + content, SECONDS, may_close=method == "GET")
    assert status <= 499 or status == 501, (method, path, query, body, status)


def test_hostile_requests_leave_the_memory_as_it_is() -> None:
    """However many dials into one session, and sessions of one user: the world stays within its bounds."""
    application = Application(load_policies(), World(limit=500))
    world = application.world
    world.add("token", "t", {"status": "valid", "user": "u"})
    world.add("acd_skill", "7", {"strategy": "Manual"})
    world.add("agent_session", "s", {"status": "live", "user": "u", "events": ()})
    headers = {"authorization": "Bearer t", "content-type": "application/json"}
    sizes = []
    for _ in range(4):
        for _ in range(REQUESTS):
            body = b'{"phoneNumber": "+13175550142", "skillId": 7}'
            dialled = application.answer(Call("POST", "/nice-cxone/agent-sessions/s/dial-phone", headers, body))
            assert dialled.status == 202
        sizes.append(len(str(world.find("agent_session", "s"))) + len(world))
    assert sizes[-1] <= sizes[1] * 1.1


def threads_of(stub: RunningStub) -> int:
    """The threads of the stub's process."""
    return len(list(Path(f"/proc/{stub.process.pid}/task").iterdir()))
