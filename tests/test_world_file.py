"""A world from a file: a team's test organisation, written once, with the ids that its application is given."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
import yaml

from outdial.documents import Document, DocumentError
from outdial.provider import World
from outdial.tables.vocabulary import STATES
from outdial.verification.stub_process import RunningStub, running_stub
from provider_states import ProviderStates, make_world
from tests.conftest import ROOT, SECONDS

ORGANISATION = """\
world:
  - state: an agent
    called: {agentId: agent-of-mine}
  - state: an OAuth client
    params: {role: {permissions: [conversation:agentlessCall:add]}}
    called: {clientId: my-application, clientSecret: my-secret}
  - state: an access token
    params:
      grant: authorization_code
      scopes: [conversations]
      user: {station: none, role: {permissions: [conversation:conference:add]}}
    called: {accessToken: token-of-a-user, userId: user-of-mine}
  - state: a destination number
    params: {placeable: false}
    called: {phoneNumber: "+13175550199"}
"""
WORKED_OUT = {"clientCredentials", "redirectUri", "orgName"}


def written(folder: Path, text: str) -> Path:
    """A file with some text."""
    path = folder / "world.yaml"
    path.write_text(text)
    return path


def in_a_world(path: Path, world: World) -> list[Mapping[str, str]]:
    """What the states of a file return."""
    return make_world(Document.read(path), ProviderStates(world))


def test_an_application_uses_the_ids_that_it_is_configured_with(tmp_path: Path) -> None:
    """Log in with a client of the file, place a call for its agent, and be refused by what it says of its users."""
    with running_stub(options=["--quiet", "--world", str(written(tmp_path, ORGANISATION))]) as stub:
        login = f"{stub.url}/genesys-cloud-login/oauth/token"
        basic, asked = ("my-application", "my-secret"), {"grant_type": "client_credentials"}
        token = requests.post(login, data=asked, auth=basic, timeout=SECONDS).json()["access_token"]
        calls = f"{stub.url}/genesys-cloud/api/v2/conversations/calls"
        for path, bearer, number, status, code in (
            ("/user/agent-of-mine", token, "+13175550142", 202, None),
            ("/user/agent-of-mine", token, "+13175550199", 400, "conversation.error.outbound.call.cannot.be.placed"),
            ("", "token-of-a-user", "+13175550142", 409, "conversation.error.no.user.station"),
        ):
            call, headers = {"phoneNumber": number}, {"Authorization": f"Bearer {bearer}"}
            got = requests.post(calls + path, json=call, headers=headers, timeout=SECONDS)
            assert (got.ok, got.json().get("code")) == (status == 202, code)


def test_a_running_stub_is_given_a_world(stub: RunningStub) -> None:
    """`POST /world` answers what each state returns, chosen or new, in the order of the request."""
    answer = requests.post(stub.url + "/world", data=ORGANISATION, timeout=SECONDS)
    assert answer.status_code == 200
    made = answer.json()
    assert made[0] == {"agentId": "agent-of-mine"}
    assert made[2] == {"accessToken": "token-of-a-user", "userId": "user-of-mine"}
    assert len(made[1]["clientCredentials"]) > 10
    assert requests.put(stub.url + "/world", timeout=SECONDS).status_code == 405
    wrong = requests.post(stub.url + "/world", data="world: [{state: an agnet}]", timeout=SECONDS)
    assert wrong.status_code == 400
    assert "the request:1: no provider state 'an agnet' - did you mean 'an agent'?" in wrong.json()["error"]


@pytest.mark.parametrize(
    ("wrong", "right", "line", "said"),
    [
        ("an agent", "an agnet", 2, "no provider state 'an agnet' - did you mean 'an agent'?"),
        ("agentId:", "agentID:", 3, "an agent returns no 'agentID' - did you mean 'agentId'?"),
        ("station: none", "station: nowhere", 11, "'nowhere'"),
        ("role: {permissions: [conversation:ag", "rolle: {permissions: [conversation:ag", 5, "did you mean 'role'?"),
        ("clientId: my-application", "clientCredentials: x", 6, "is worked out of other values"),
        ("called: {agentId", "caled: {agentId", 3, "did you mean 'called'?"),
        ("grant: authorization_code", "grant: client_credentials", 7, "a client_credentials token has no user"),
        ("world:", "world: {", 1, "not valid YAML"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_nearest_name(
    tmp_path: Path, wrong: str, right: str, line: int, said: str
) -> None:
    """And nothing of the file is made."""
    path, world = written(tmp_path, ORGANISATION.replace(wrong, right, 1)), World()
    with pytest.raises(DocumentError) as problem:
        in_a_world(path, world)
    assert said in str(problem.value)
    assert abs(int(str(problem.value).removeprefix(f"{path}:").split(":")[0]) - line) <= 1
    assert len(world) == 0


@pytest.mark.parametrize("name", sorted(STATES))
def test_every_state_can_be_called_by_what_it_returns(name: str, tmp_path: Path) -> None:
    """Whatever a state returns can be chosen, unless it is worked out of what can: a new state needs no code."""
    params = {"user": {}, "grant": "authorization_code"} if name == "an access token" else {}
    chosen = {value: f"my-{value}" for value in STATES[name].returns if value not in WORKED_OUT}
    text = yaml.safe_dump({"world": [{"state": name, "params": params, "called": chosen}]})
    [made] = in_a_world(written(tmp_path, text), World())
    assert {**made, **chosen} == made


def test_the_world_of_the_page_can_be_made(tmp_path: Path) -> None:
    """The file of docs/stub.md, as it stands there."""
    [text] = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "stub.md").read_text(), re.M | re.S)
    assert len(in_a_world(written(tmp_path, text), World())) == text.count("state:")
