"""Where the stub is reached: below each edition's name, or one edition at a base path, and how it says so."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from requests.auth import HTTPBasicAuth

from outdial.verification.stub_process import RunningStub, running_stub
from provider_states import load_policies
from tests.conftest import Run

SECONDS = 10
OWN = ["--states", "--quiet"]


def made(stub: RunningStub, state: str, **params: object) -> dict[str, str]:
    """The values of a provider state."""
    answer = requests.post(stub.state_url, json={"state": state, "params": params}, timeout=SECONDS)
    values: dict[str, str] = answer.json()
    return values


def log_in(login: str, stub: RunningStub) -> requests.Response:
    """A token by client credentials, for an application that may place calls for agents."""
    role = {"permissions": ["conversation:agentlessCall:add"]}
    client = made(stub, "an OAuth client", role=role)
    basic = HTTPBasicAuth(client["clientId"], client["clientSecret"])
    asked = {"grant_type": "client_credentials"}
    return requests.post(f"{login}/oauth/token", data=asked, auth=basic, timeout=SECONDS)


@pytest.mark.parametrize("base_path", ["/", "/gateway", "/a/b/"])
def test_one_edition_and_its_login_host_are_served_at_a_base_path(base_path: str) -> None:
    """A client that is given one address logs in there, places a call there, and `selfUri` leads back there."""
    with running_stub(options=[*OWN, "--base-path", base_path]) as stub:
        api = stub.url + base_path.rstrip("/")
        assert stub.addresses["editions"] == {"genesys-cloud": api, "genesys-cloud-login": api}
        bearer = {"Authorization": f"Bearer {log_in(api, stub).json()['access_token']}"}
        path = f"/api/v2/conversations/calls/user/{made(stub, 'an agent')['agentId']}"
        placed = requests.post(api + path, json={"phoneNumber": "+13175550142"}, headers=bearer, timeout=SECONDS)
        assert placed.status_code == 202
        assert placed.json()["selfUri"] == f"{api}/api/v2/conversations/calls/{placed.json()['id']}"
        assert requests.get(placed.json()["selfUri"], headers=bearer, timeout=SECONDS).json()["id"]
        assert requests.get(f"{api}/api/v2/routing/queues", timeout=SECONDS).status_code == 501
        assert requests.post(f"{stub.url}/genesys-cloud{path}", timeout=SECONDS).status_code in {404, 501}


def test_a_login_port_keeps_the_login_host_apart() -> None:
    """As with the vendor, who logs in at the API's host is told that there is nothing."""
    with running_stub(options=[*OWN, "--base-path", "/", "--login-port", "0"]) as stub:
        api, login = (stub.addresses["editions"][name] for name in ("genesys-cloud", "genesys-cloud-login"))
        assert api != login
        assert log_in(login, stub).status_code == 200
        assert log_in(api, stub).status_code == 501


def test_self_uri_leads_back_below_a_prefix(stub: RunningStub) -> None:
    """It is the address by which the client came, whatever it calls the host."""
    token = made(stub, "an access token", role={"permissions": ["conversation:agentlessCall:add"]})["accessToken"]
    url = f"{stub.url}/genesys-cloud/api/v2/conversations/calls"
    headers = {"Authorization": f"Bearer {token}", "Host": "pbx.example:1234"}
    call = {"phoneNumber": "+13175550142"}
    placed = requests.post(f"{url}/user/{made(stub, 'an agent')['agentId']}", json=call, headers=headers, timeout=5)
    expected = f"http://pbx.example:1234/genesys-cloud/api/v2/conversations/calls/{placed.json()['id']}"
    assert placed.json()["selfUri"] == expected


def test_what_is_not_in_this_stub_is_told_apart_from_what_the_provider_does_not_have(stub: RunningStub) -> None:
    """501 with the operations there are; 404 in the provider's shape for what its definition is known not to have."""
    for provider, policy in load_policies().items():
        missing = requests.get(f"{stub.url}/{provider}/api/v2/routing/queues", timeout=SECONDS)
        assert missing.status_code == 501
        assert set(missing.json()["operations"]) == {each.request for each in policy.operations.values()}
    near = requests.post(f"{stub.url}/genesys-cloud/api/v2/conversation/calls", timeout=SECONDS)
    assert "did you mean 'POST /api/v2/conversations/calls'?" in near.json()["message"]
    reported = requests.post(f"{stub.url}/genesys-cloud/api/v2/users/{'x'}/impersonate", timeout=SECONDS)
    assert (reported.status_code, reported.json()["code"]) == (404, "not.found")


def test_a_ready_file_is_whole_when_it_is_there(tmp_path: Path) -> None:
    """Who waits for the file reads addresses that answer; people read theirs on standard output."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "outdial", "stub", "--port", "0", "--quiet", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < until:
            time.sleep(0.01)
        addresses = json.loads(ready.read_text())
        assert requests.get(f"{addresses['editions']['genesys-cloud']}/openapi.json", timeout=SECONDS).ok
        assert addresses["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SECONDS)
    assert said.startswith(f"listening on {addresses['url']}\n")
    assert [each.name for each in tmp_path.iterdir()] == ["ready.json"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--base-path", "api"], "invalid path 'api': expected one that starts with /"),
        (["--base-path", "/", "--edition", "genesys-clod"], "did you mean 'genesys-cloud'?"),
        (["--login-port", "8651"], "--login-port needs --base-path"),
        (["--port", "99999"], "invalid port '99999'"),
        (["--log", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_wrong_options_are_one_clear_message(run: Run, options: list[str], said: str) -> None:
    """Nothing is served; exit code 4."""
    ended = run("stub", *options)
    assert ended.returncode == 4
    assert said in ended.stderr
    assert ended.stderr.count("\n") <= 3


def test_a_ready_file_that_cannot_be_written_is_one_clear_message(run: Run, tmp_path: Path) -> None:
    """It names the file, and nothing goes on running."""
    ended = run("stub", "--port", "0", "--ready-file", tmp_path / "nowhere" / "ready.json")
    assert ended.returncode == 2
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr
