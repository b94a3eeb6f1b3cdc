"""Things that happen in time: limits recover, tokens expire; the test's own time passes, never the machine's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some

from outdial.documents import DocumentError
from outdial.provider import POLICIES, Application, Call, World
from outdial.provider.clock import Clock, standing
from outdial.provider.policy_file import Seconds
from outdial.verification.stub_process import RunningStub, running_stub
from provider_states import ProviderStates, StubProvider, load_policies

SECONDS = 10
USER = {"grant": "authorization_code", "scopes": ["conversations"]}


@pytest.fixture(scope="module")
def timeless() -> Iterator[RunningStub]:
    """A stub whose time stands still."""
    with running_stub(options=["--states", "--quiet", "--clock", "standing"]) as stub:
        yield stub


def made(stub: RunningStub, state: str, **params: object) -> dict[str, str]:
    """The values of a provider state."""
    answer = requests.post(stub.state_url, json={"state": state, "params": params}, timeout=SECONDS)
    values: dict[str, str] = answer.json()
    return values


def code(stub: RunningStub, token: str) -> str:
    """What a caller with a token is refused by."""
    url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls"
    answer = requests.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS)
    return str(answer.json()["code"])


def forward(stub: RunningStub, seconds: float) -> None:
    """Let time pass."""
    assert requests.post(f"{stub.url}/clock", json={"forward": seconds}, timeout=SECONDS).status_code == 200


def test_a_spent_limit_recovers_after_what_retry_after_says(timeless: RunningStub) -> None:
    """Counted from the first refusal; asking again does not prolong it."""
    token = made(timeless, "an access token", rate_limit="spent")["accessToken"]
    forward(timeless, 1000)
    assert code(timeless, token) == "too.many.requests.retry.after"
    forward(timeless, 41)
    assert code(timeless, token) == "too.many.requests.retry.after"
    forward(timeless, 1)
    assert code(timeless, token) == "missing.any.permissions"


def test_how_long_limits_and_tokens_last_can_be_chosen() -> None:
    """The client is told the seconds that were chosen, in header, body and field, and they are kept."""
    options = ["--states", "--quiet", "--clock", "standing", "--retry-after", "3", "--expires-in", "7"]
    with running_stub(options=options) as stub:
        token = made(stub, "an access token", rate_limit="spent")["accessToken"]
        url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls"
        refused = requests.post(url, headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS)
        assert (refused.headers["Retry-After"], refused.json()["messageParams"]) == ("3", {"seconds": "3"})
        client = made(stub, "an OAuth client")
        answer = requests.post(
            f"{stub.url}/genesys-cloud-login/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client["clientId"], client["clientSecret"]),
            timeout=SECONDS,
        ).json()
        assert answer["expires_in"] == 7
        forward(stub, 3)
        assert code(stub, token) == "missing.any.permissions"
        assert code(stub, answer["access_token"]) == "missing.any.permissions"
        forward(stub, 4)
        assert code(stub, answer["access_token"]) == "bad.credentials"


def test_every_edition_tells_the_seconds_that_it_keeps() -> None:
    """No token of ours lives longer or shorter than its `expires_in` says, whatever was chosen."""
    for policy in load_policies(seconds=Seconds(expires_in=7)).values():
        for operation in policy.operations.values():
            for creates in operation.accept.creates.values():
                if creates.lapses:
                    assert (operation.accept.body["expires_in"], creates.lapses.after) == (7, 7), operation.name


@pytest.mark.parametrize(
    ("after", "problem"),
    [("second", "no field with seconds 'second' - did you mean 'seconds'"), ("scope", "not a number of seconds")],
)
def test_seconds_that_nobody_is_told_are_refused_where_they_stand(tmp_path: Path, after: str, problem: str) -> None:
    """A limit recovers after what its denial says: a name that the denial has not, or that is no number."""
    written = (POLICIES / "genesys-cloud.yaml").read_text()
    written = written.replace("{after: seconds,", f"{{after: {after},").replace(
        '{seconds: "42"}', '{seconds: "42", scope: a}'
    )
    (tmp_path / "genesys-cloud.yaml").write_text(written)
    with pytest.raises(DocumentError, match=problem) as told:
        load_policies(tmp_path)
    assert f"genesys-cloud.yaml:{written[: written.index('recovers:')].count(chr(10)) + 1}" in str(told.value)


@pytest.mark.parametrize("grant", ["client_credentials", "authorization_code", "refresh_token"])
def test_a_token_expires_after_its_expires_in(timeless: RunningStub, grant: str) -> None:
    """Of each grant; a second before it is valid."""
    state = {"client_credentials": "an OAuth client", "authorization_code": "an authorization code"}
    client = made(timeless, state.get(grant, "a refresh token"))
    given = {
        "grant_type": grant,
        "code": client.get("authorizationCode"),
        "redirect_uri": client.get("redirectUri"),
        "refresh_token": client.get("refreshToken"),
    }
    basic = (client["clientId"], client["clientSecret"])
    login = f"{timeless.url}/genesys-cloud-login/oauth/token"
    token = requests.post(login, data=given, auth=basic, timeout=SECONDS).json()
    forward(timeless, token["expires_in"] - 1)
    assert code(timeless, token["access_token"]) != "bad.credentials"
    forward(timeless, 1)
    assert code(timeless, token["access_token"]) == "bad.credentials"


def test_the_division_message_names_the_division_that_is_missing() -> None:
    """The one that the agent is in, not the one where the permission is."""
    application = Application(load_policies(), World())
    states = ProviderStates(StubProvider(application.world))
    for own, other in (("home", "other"), ("other", "home")):
        role = {"permissions": ["conversation:agentlessCall:add"], "division": own}
        token = states.set_up("an access token", {"role": role})["accessToken"]
        agent = states.set_up("an agent", {"division": other})["agentId"]
        path = f"/genesys-cloud/api/v2/conversations/calls/user/{agent}"
        refused = application.answer(Call("POST", path, {"authorization": f"Bearer {token}"}))
        assert refused.code == "missing.any.division.permissions"
        assert f"in at least one of the following division(s): [{other}]" in refused.body.decode()


@pytest.mark.parametrize("wrong", ["1", True, -1, None, 1e300, [1]])
def test_a_time_that_cannot_pass_is_refused(timeless: RunningStub, wrong: object) -> None:
    """It names what is expected."""
    answer = requests.post(f"{timeless.url}/clock", json={"forward": wrong}, timeout=SECONDS)
    assert answer.status_code == 400
    assert "forward" in answer.json()["error"]


def test_the_time_may_be_asked_and_stand(timeless: RunningStub) -> None:
    """No time is a time that may pass, and asking changes nothing."""
    forward(timeless, 0)
    before = requests.get(f"{timeless.url}/clock", timeout=SECONDS).json()["seconds"]
    forward(timeless, 0)
    assert requests.get(f"{timeless.url}/clock", timeout=SECONDS).json()["seconds"] == before


def test_nobody_moves_the_clock_of_a_stub_without_states() -> None:
    """As nobody mints its tokens."""
    with running_stub(options=["--quiet"]) as stub:
        assert requests.post(f"{stub.url}/clock", json={"forward": 1}, timeout=SECONDS).status_code == 404


@given(after=some.floats(1, 1000), steps=some.lists(some.floats(0, 500), max_size=6))
def test_a_record_lapses_once_and_when_it_is_due(after: float, steps: list[float]) -> None:
    """Whatever is changed meanwhile; before, it is as it was."""
    world = World(clock=Clock(standing))
    world.add("token", "t", {"status": "valid", "note": 0})
    world.lapse("token", "t", after, {"status": "expired"})
    world.lapse("token", "t", 0, {"status": "too soon"})
    for at, step in enumerate(steps):
        world.clock.forward(step)
        world.change("token", "t", {"note": at})
        record = world.find("token", "t")
        assert record is not None
        assert (record["status"], record["note"]) == ("expired" if world.clock.now() >= after else "valid", at)
