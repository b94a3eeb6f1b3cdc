"""Things that happen in time: limits recover, tokens expire; the test's own time passes, never the machine's."""

import pytest
import requests

from outdial.verification.stub_process import RunningStub
from tests.conftest import SECONDS, made


def code(stub: RunningStub, token: str) -> requests.Response:
    """The refusal of a caller with a token."""
    url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls"
    return requests.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS)


def codes(stub: RunningStub, token: str, *seconds: float) -> list[str]:
    """The codes of a caller's refusals, each after some time."""
    found = []
    for each in seconds:
        requests.post(f"{stub.url}/clock", json={"forward": each}, timeout=SECONDS).raise_for_status()
        found.append(code(stub, token).json()["code"])
    return found


def test_a_spent_limit_recovers_after_what_retry_after_says(standing: RunningStub) -> None:
    """Counted from the first refusal; asking again does not prolong it."""
    token, limited = (
        made(standing, "an access token", rate_limit="spent")["accessToken"],
        "too.many.requests.retry.after",
    )
    assert codes(standing, token, 1000, 41, 1) == [limited, limited, "missing.any.permissions"]


@pytest.mark.parametrize(
    ("grant", "state"),
    [
        ("client_credentials", "an OAuth client"),
        ("authorization_code", "an authorization code"),
        ("refresh_token", "a refresh token"),
    ],
)
def test_a_token_expires_after_its_expires_in(standing: RunningStub, grant: str, state: str) -> None:
    """Of each grant; a second before it is valid."""
    has = made(standing, state)
    asked = {"code": has.get("authorizationCode"), "redirect_uri": has.get("redirectUri")}
    form = {"grant_type": grant, "refresh_token": has.get("refreshToken"), **asked}
    login, basic = f"{standing.url}/genesys-cloud-login/oauth/token", (has["clientId"], has["clientSecret"])
    token = requests.post(login, data=form, auth=basic, timeout=SECONDS).json()
    before, after = codes(standing, token["access_token"], token["expires_in"] - 1, 1)
    assert before != after == "bad.credentials"


@pytest.mark.parametrize("wrong", ["1", True, -1, None, 1e300, [1]])
def test_a_time_that_cannot_pass_is_refused_and_none_may_pass(standing: RunningStub, wrong: object) -> None:
    """The answer names what is expected; asking for the time changes nothing."""
    before = requests.get(f"{standing.url}/clock", timeout=SECONDS).json()["seconds"]
    answer = requests.post(f"{standing.url}/clock", json={"forward": wrong}, timeout=SECONDS)
    assert (answer.status_code, "forward" in answer.json()["error"]) == (400, True)
    requests.post(f"{standing.url}/clock", json={"forward": 0}, timeout=SECONDS).raise_for_status()
    assert requests.get(f"{standing.url}/clock", timeout=SECONDS).json()["seconds"] == before
