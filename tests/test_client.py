"""The reference client against a real server: one request per call, time limits, typed errors, no token shown."""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from outdial.clients import CallRequest, GenesysCloud, GenesysLogin, NiceCxone, Session, Token, WorkforceEngagementTool
from outdial.clients.errors import (
    AuthenticationFailed,
    PermissionMissing,
    RateLimited,
    Refused,
    ScopeMissing,
    UnexpectedAnswer,
    Unreachable,
)
from outdial.verification.stub_process import RunningStub
from tests.conftest import made
from tests.raw_provider import http, sending

TOKEN = "a-token-that-nobody-may-see"
CLIENT = GenesysCloud("http://127.0.0.1:9")
CALL = CallRequest(phone_number="+13175550142")


@contextmanager
def answering(
    status: int, body: bytes = b"{}", headers: dict[str, str] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Yield a server that gives one answer, and the list of paths it saw. Status 0 never answers."""
    seen: list[str] = []

    def answer(path: str, _: bytes) -> bytes:
        seen.append(path)
        if status == 0:
            sleep(3)
        named = "".join(f"\r\n{name}: {value}" for name, value in (headers or {}).items())
        return http(body, f"{status} X{named}") if status else b""

    with sending(answer) as url:
        yield url, seen


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_call_is_sent_once_whatever_is_answered(status: int) -> None:
    """The API has no idempotency key, so a repeated POST could place a second call."""
    with answering(status, headers={"Retry-After": "1"}) as (url, seen), pytest.raises(Refused):
        GenesysCloud(url, TOKEN).place_call(CALL)
    assert seen == ["/api/v2/conversations/calls"]


def test_a_call_without_an_answer_is_sent_once_and_ends_in_time() -> None:
    """A provider that hangs costs no more than the time limit, and the call is not placed again."""
    began = monotonic()
    with answering(0) as (url, seen), pytest.raises(Unreachable, match="no answer") as told:
        GenesysCloud(url, TOKEN, seconds=(0.2, 0.2)).place_call(CALL)
    assert monotonic() - began < 2.5
    assert len(seen) == 1
    assert TOKEN not in "".join(traceback.format_exception(told.value))
    assert told.value.__suppress_context__, "what requests raises keeps the headers of the request"
    assert told.value.__cause__ is None


def test_a_redirect_is_not_followed() -> None:
    """The token goes to the base URL and nowhere else."""
    with answering(307, headers={"Location": "/elsewhere"}) as (url, seen), pytest.raises(UnexpectedAnswer):
        GenesysCloud(url, TOKEN).place_call(CALL)
    assert len(seen) == 1


def test_a_refusal_carries_what_a_caller_acts_on() -> None:
    """Status, code, missing permissions, correlation id and the wait, from body and headers."""
    body = b'{"code": "missing.any.permissions", "message": "... assigned: [a:b:c, d:e:f]", "status": 403}'
    with answering(403, body, {"ININ-Correlation-Id": "c-1"}) as (url, _), pytest.raises(PermissionMissing) as refused:
        GenesysCloud(url, TOKEN).place_call(CALL)
    error = refused.value
    assert (error.status, error.code, error.missing) == (403, "missing.any.permissions", ("a:b:c", "d:e:f"))
    assert error.correlation_id == "c-1"
    assert "missing.any.permissions" in str(error)
    with answering(429, b"{}", {"Retry-After": "7"}) as (url, _), pytest.raises(RateLimited, match="retry after 7 s"):
        GenesysCloud(url, TOKEN).get_call("x")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code": 5}', b"\xff"])
def test_a_refusal_of_any_form_is_a_typed_error(body: bytes) -> None:
    """A gateway's page instead of the API's error still says by its status what kind of refusal it is."""
    with answering(401, body) as (url, _), pytest.raises(AuthenticationFailed):
        GenesysCloud(url, TOKEN).place_call(CALL)
    with answering(400, body) as (url, _), pytest.raises(Refused):
        GenesysLogin(url).client_credentials("id", "secret")


def test_an_accepted_answer_of_another_form_is_not_taken_for_a_call() -> None:
    """A 2xx without an id may have placed a call; the client says so instead of inventing one."""
    body = f'{{"access_token": "{TOKEN}"}}'.encode()
    with answering(200, body) as (url, _), pytest.raises(UnexpectedAnswer) as unexpected:
        GenesysCloud(url, TOKEN).place_call(CALL)
    shown = [str(unexpected.value), repr(unexpected.value), *map(str, unexpected.value.args)]
    assert not [text for text in shown if TOKEN in text], "a body may hold a token"
    assert unexpected.value.__suppress_context__


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    """An id with slashes or question marks stays one step of the path."""
    with answering(404) as (url, seen), pytest.raises(Refused):
        GenesysCloud(url, TOKEN).place_call_for_agent("../../x?y", CALL)
    assert seen == ["/api/v2/conversations/calls/user/..%2F..%2Fx%3Fy"]
    with answering(404) as (url, seen), pytest.raises(Refused):
        GenesysCloud(url, TOKEN).get_call("../../x?y")
    assert seen == ["/api/v2/conversations/calls/..%2F..%2Fx%3Fy"]


def test_no_token_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Not in a repr, an exception, its causes or the most verbose log."""
    caplog.set_level(logging.DEBUG)
    client = GenesysCloud("http://127.0.0.1:9", TOKEN)
    with pytest.raises(Unreachable) as refused:
        client.place_call(CALL)
    shown = [repr(client), str(vars(client)), repr(refused.value), str(refused.value), caplog.text]
    shown += [repr(refused.value.__cause__), repr(Token(access_token=TOKEN, token_type="b", expires_in=1))]  # noqa: S106
    assert not [text for text in shown if TOKEN in text]
    assert refused.value.__suppress_context__


def test_a_netrc_entry_does_not_replace_the_token(
    stub: RunningStub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Requests would take credentials for the host from ~/.netrc over the Authorization header."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with pytest.raises(AuthenticationFailed) as refused:
        GenesysCloud(f"{stub.url}/genesys-cloud", TOKEN).get_call("x")
    assert refused.value.code == "bad.credentials"  # and not authentication.required


@given(message=st.text(), code=st.text(), status=st.integers(400, 599))
def test_every_error_body_becomes_an_error(message: str, code: str, status: int) -> None:
    """No message, code or status of an `ErrorBody` can break the client."""
    answer = requests.Response()
    answer.status_code = status
    answer.raw = BytesIO(json.dumps({"message": message, "code": code}).encode())
    error = CLIENT.refusal(answer)
    assert (error.status, error.code, error.message) == (status, code, message)
    assert str(error)


@pytest.mark.parametrize("client", [GenesysCloud, GenesysLogin, NiceCxone, WorkforceEngagementTool])
def test_a_refusal_whose_body_is_nested_without_end_is_a_refusal(client: type[Session]) -> None:
    """It is told by its status: what cannot be read is not needed."""
    with answering(403, b"[" * 100_000) as (url, _), pytest.raises(Refused) as refused:
        client(url).send("POST", "/x", form={})
    assert refused.value.status == 403


def test_a_user_token_without_a_scope_is_told_which(stub: RunningStub) -> None:
    """The error names the scope to ask for."""
    token = made(stub, "an access token", grant="authorization_code", user={})
    with pytest.raises(ScopeMissing) as refused:
        GenesysCloud(f"{stub.url}/genesys-cloud", token["accessToken"]).place_call(CALL)
    assert refused.value.missing == ("conversations",)
