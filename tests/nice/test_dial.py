"""A whole dial over real HTTP: token, session, dial, the event that tells, and the session ended whatever happens."""

import signal
import subprocess
import sys
import time
from functools import partial
from threading import Timer

import pytest
from pydantic import ValidationError

from outdial.clients import BadRequest, DialedCall, NiceCxone, Station, Unreachable
from tests.conftest import ROOT
from tests.nice.conftest import STATION, Tenant
from tests.nice.proxy import line


@pytest.mark.parametrize(
    ("outcome", "state", "code"), [("Active", "connected", None), ("BadNumber", "failed", "BadNumber")]
)
@pytest.mark.parametrize("seconds", [0, 1])
def test_a_call_is_what_its_last_event_says(
    tenant: Tenant, sessions: list[str], outcome: str, state: str, code: str | None, seconds: int
) -> None:
    """Accepted is not connected: the same 202 becomes a call or a failure with its code, at once or a second later."""
    with tenant.client() as client:
        call = client.place_call(STATION, tenant.dial(outcome, seconds), 10)
    assert (call.state, call.disconnect_code) == (state, code)
    assert call.contact_id
    assert call.session_left_open is None
    assert [tenant.status(each) for each in sessions] == [409]


def test_a_refused_dial_ends_its_session(tenant: Tenant, sessions: list[str]) -> None:
    """What the provider refuses is raised, and the session that was started for it is over."""
    with tenant.client() as client, pytest.raises(BadRequest, match="Skill is not valid"):
        client.place_call(STATION, tenant.dial(strategy="PersonalConnection"), 10)
    assert [tenant.status(each) for each in sessions] == [409]


def test_an_event_that_comes_too_late_leaves_the_call_accepted(tenant: Tenant, sessions: list[str]) -> None:
    """The wait is bounded: the result says accepted, why no more is known, and which contact it was."""
    began = time.monotonic()
    with tenant.client() as client:
        call = client.place_call(STATION, tenant.dial(seconds=3), 1)
    assert time.monotonic() - began < 10
    assert (call.state, call.disconnect_code) == ("accepted", None)
    assert "within 1 s" in str(call.detail)
    assert call.contact_id
    assert [tenant.status(each) for each in sessions] == [409]


def test_a_connected_call_lasts_as_long_as_the_caller_wants(tenant: Tenant, sessions: list[str]) -> None:
    """The session is open while `connected` runs, and over afterwards."""
    seen: list[int] = []
    with tenant.client() as client:
        client.place_call(STATION, tenant.dial(), 10, connected=lambda _: seen.append(tenant.status(sessions[0])))
    assert seen == [304]
    assert tenant.status(sessions[0]) == 409


def test_a_session_that_ends_while_its_events_are_awaited(tenant: Tenant, sessions: list[str]) -> None:
    """Another end of the session wakes the poll with 409: the call stays accepted, and nothing is left open."""
    with tenant.client() as client, tenant.client() as other:
        ending = Timer(0.7, lambda: other.end_session(sessions[0]))
        ending.start()
        began = time.monotonic()
        call = client.place_call(STATION, tenant.dial(seconds=3), 20)
        ending.join()
    assert time.monotonic() - began < 10
    assert call.state == "accepted"
    assert "409" in str(call.detail)
    assert call.session_left_open is None


def test_a_lost_connection_while_events_are_awaited(tenant: Tenant, sessions: list[str]) -> None:
    """The call stays accepted with the reason; the session is ended over a new connection."""
    with line(tenant.url, b"get-next-event") as cut, tenant.client(cut.url) as client:
        call = client.place_call(STATION, tenant.dial(seconds=3), 10)
    assert (call.state, call.session_left_open) == ("accepted", None)
    assert "no answer" in str(call.detail)
    assert tenant.status(sessions[0]) == 409


def test_a_provider_that_is_gone_for_good_leaves_the_session_open_and_says_so(
    tenant: Tenant, sessions: list[str]
) -> None:
    """Nothing can end the session then; the result says that as well, and does not hide that the call was accepted."""
    with line(tenant.url, b"get-next-event", dead=True) as cut, tenant.client(cut.url) as client:
        call = client.place_call(STATION, tenant.dial(seconds=3), 10)
    assert call.state == "accepted"
    assert "could not be ended" in str(call.session_left_open)
    assert tenant.status(sessions[0]) != 409


def test_a_connection_that_is_lost_at_the_dial_ends_the_session(tenant: Tenant, sessions: list[str]) -> None:
    """Whether it was dialled is not known: that is raised, and the session with its contacts is ended."""
    with (
        line(tenant.url, b"dial-phone") as cut,
        tenant.client(cut.url) as client,
        pytest.raises(Unreachable, match="dial-phone"),
    ):
        client.place_call(STATION, tenant.dial(), 10)
    assert tenant.status(sessions[0]) == 409


INTERRUPTED = """
import sys
from outdial.clients import Dial, NiceCxone, Station
class Telling(NiceCxone):
    def dial_phone(self, session_id, dial):
        super().dial_phone(session_id, dial)
        print(session_id, flush=True)
url, token, number, skill = sys.argv[1:]
with Telling(url, token=token) as client:
    client.place_call(Station(station_id="3001"), Dial(phone_number=number, skill_id=int(skill)), 30)
"""


def test_an_interrupt_ends_the_session(tenant: Tenant) -> None:
    """Ctrl-C while events are awaited: the process ends by it, and soon, and the session is over."""
    dial = tenant.dial(seconds=3)
    given = [f"{tenant.url}/nice-cxone", tenant.token, dial.phone_number, str(dial.skill_id)]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *given],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    assert process.stdout is not None
    session_id = process.stdout.readline().strip()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in error
    assert tenant.token not in error
    assert tenant.status(session_id) == 409


def test_the_client_refuses_a_session_without_a_telephone() -> None:
    """As NICE's own does: a station, a number or both."""
    with pytest.raises(ValidationError, match="a station_id, a station_phone_number or both"):
        Station()


def test_a_result_and_a_client_show_no_token(tenant: Tenant) -> None:
    """Neither is a place where a secret may turn up in a log."""
    with tenant.client() as client:
        shown = f"{client!r} {client.place_call(STATION, tenant.dial(), 10)!r}"
    assert tenant.token not in shown


def test_a_session_that_cannot_be_ended_is_noted_on_what_went_wrong(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first error stays the error; that a session was left open is added to it."""
    client = tenant.client()

    def broken(*_: object) -> None:
        client.base_url = "http://127.0.0.1:1"
        raise ZeroDivisionError

    monkeypatch.setattr(client, "dial_phone", broken)
    with client, pytest.raises(ZeroDivisionError) as raised:
        client.place_call(STATION, tenant.dial(), 10)
    assert "could not be ended" in raised.value.__notes__[0]


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
    tenant: Tenant, event: dict[str, object], state: str, code: str | None
) -> None:
    """An error is a failure with its code; a call that came in, and an event that nobody knows, tell nothing."""
    made = tenant.given("an agent session", pending=[event])
    with NiceCxone(f"{tenant.url}/nice-cxone", token=made["accessToken"]) as client:
        call: DialedCall = client.outcome(made["sessionId"], 0.5)
    assert (call.state, call.disconnect_code) == (state, code)
