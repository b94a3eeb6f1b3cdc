"""The stub as a server: addresses and description, on loopback, stopped by a signal, with states only when asked."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from outdial.verification.stub_process import RunningStub, running_stub
from provider_states import load_policies
from tests.command import outdial
from tests.conftest import SECONDS, made

OWN = ["--states", "--quiet"]
ROLE = {"permissions": ["conversation:agentlessCall:add"]}
CALL = {"phoneNumber": "+13175550142"}


def log_in(login: str, stub: RunningStub) -> requests.Response:
    """A token by client credentials, for an application that may place calls for agents."""
    client = made(stub, "an OAuth client", role=ROLE)
    asked, basic = {"grant_type": "client_credentials"}, (client["clientId"], client["clientSecret"])
    return requests.post(f"{login}/oauth/token", data=asked, auth=basic, timeout=SECONDS)


def test_each_edition_is_served_and_described_below_its_name(stub: RunningStub) -> None:
    """Several at once, with every code that a rule answers; an unknown edition is told which there are."""
    for provider, policy in load_policies().items():
        paths = requests.get(f"{stub.url}/{provider}/openapi.json", timeout=SECONDS).json()["paths"]
        assert set(paths) == {operation.path for operation in policy.operations.values()}
        for operation in policy.operations.values():
            answers = paths[operation.path][operation.method.lower()]["responses"]
            for rule in operation.rules:
                assert rule.deny.code in answers[str(rule.deny.status)]["x-error-codes"]
    unknown = requests.get(f"{stub.url}/nobody/x", timeout=SECONDS)
    assert (unknown.status_code, unknown.json()["providers"]) == (404, sorted(load_policies()))


def test_the_description_says_what_is_sent_and_what_is_answered(stub: RunningStub) -> None:
    """Parameters of path and query, bodies as JSON or as a form, and the form of what comes back."""

    def operation(provider: str, method: str, path: str) -> Any:
        described = requests.get(f"{stub.url}/{provider}/openapi.json", timeout=SECONDS).json()
        return described["paths"][path][method]

    def content(answer: dict[str, Any], media_type: str = "application/json") -> Any:
        return answer["content"][media_type]["schema"]

    reading = operation("genesys-cloud", "get", "/api/v2/conversations/calls/{conversationId}")
    [parameter] = reading["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("conversationId", "path", True)
    assert "requestBody" not in reading
    assert content(reading["responses"]["200"])["anyOf"][0]["properties"]["id"] == {"type": "string"}
    placing = operation("genesys-cloud", "post", "/api/v2/conversations/calls")
    sent = content(placing["requestBody"])
    assert (sent["properties"]["phoneNumber"]["type"], sent["additionalProperties"]) == ("string", False)
    assert content(placing["responses"]["403"])["properties"]["status"] == {"type": "integer"}
    asking = operation("genesys-cloud-login", "post", "/oauth/token")
    form = content(asking["requestBody"], "application/x-www-form-urlencoded")
    assert form["required"] == ["grant_type"]
    assert {"client_credentials", "authorization_code"} < set(form["properties"]["grant_type"]["enum"])
    assert {"code_verifier", "redirect_uri"} < form["properties"].keys(), "what only a condition reads"
    tokens = content(asking["responses"]["200"])["anyOf"]
    assert {"refresh_token" in each["properties"] for each in tokens} == {True, False}
    polling = operation("nice-cxone", "get", "/agent-sessions/{sessionId}/get-next-event")
    assert [(each["name"], each["in"]) for each in polling["parameters"]][1:] == [("timeout", "query")]
    assert "content" not in polling["responses"]["304"]


def test_what_is_not_in_this_stub_is_told_apart_from_what_the_provider_does_not_have(stub: RunningStub) -> None:
    """501 with the operations there are; 404 in the provider's shape for what its definition is known not to have."""
    for provider, policy in load_policies().items():
        missing = requests.get(f"{stub.url}/{provider}/api/v2/routing/queues", timeout=SECONDS)
        assert missing.status_code == 501
        assert set(missing.json()["operations"]) == {each.request for each in policy.operations.values()}
    near = requests.post(f"{stub.url}/genesys-cloud/api/v2/conversation/calls", timeout=SECONDS)
    assert "did you mean 'POST /api/v2/conversations/calls'?" in near.json()["message"]
    for path in ("/api/v2/outbound/calls", "/api/v2/users/u/impersonate"):
        reported = requests.post(f"{stub.url}/genesys-cloud{path}", timeout=SECONDS)
        assert (reported.status_code, reported.json()["code"]) == (404, "not.found")


@pytest.mark.parametrize("base_path", ["/", "/a/b/"])
def test_one_edition_and_its_login_host_are_served_at_a_base_path(base_path: str) -> None:
    """A client that is given one address logs in there, places a call there, and `selfUri` leads back there."""
    with running_stub(options=[*OWN, "--base-path", base_path]) as stub:
        api = stub.url + base_path.rstrip("/")
        assert stub.addresses["editions"] == {"genesys-cloud": api, "genesys-cloud-login": api}
        bearer = {"Authorization": f"Bearer {log_in(api, stub).json()['access_token']}"}
        path = f"/api/v2/conversations/calls/user/{made(stub, 'an agent')['agentId']}"
        placed = requests.post(api + path, json=CALL, headers=bearer, timeout=SECONDS)
        assert placed.status_code == 202
        assert placed.json()["selfUri"] == f"{api}/api/v2/conversations/calls/{placed.json()['id']}"
        assert requests.get(placed.json()["selfUri"], headers=bearer, timeout=SECONDS).json()["id"]
        assert requests.post(f"{stub.url}/genesys-cloud{path}", timeout=SECONDS).status_code in {404, 501}
        assert requests.get(f"{api}/oauth/authorize", timeout=SECONDS).json()["error"] == "invalid_request"


def test_a_login_port_keeps_the_login_host_apart() -> None:
    """As with the vendor, who logs in at the API's host is told that there is nothing."""
    with running_stub(options=[*OWN, "--base-path", "/", "--login-port", "0"]) as stub:
        api, login = (stub.addresses["editions"][name] for name in ("genesys-cloud", "genesys-cloud-login"))
        assert (log_in(login, stub).status_code, log_in(api, stub).status_code) == (200, 501)


def test_a_stub_without_states_mints_nothing_moves_no_clock_and_is_quiet() -> None:
    """Anyone may reach it. SIGTERM is how it is meant to end: with success."""
    with running_stub(options=["--quiet"]) as stub:
        assert (stub.addresses["states"], stub.url.rpartition(":")[0]) == (None, "http://127.0.0.1")
        for path in ("/provider-states", "/clock", "/world", "/reset"):
            answer = requests.post(stub.url + path, json={"state": "an access token", "forward": 1}, timeout=SECONDS)
            assert (answer.status_code, "accessToken" in answer.text) == (404, False)
        requests.post(f"{stub.url}/genesys-cloud/api/v2/conversations/calls", timeout=SECONDS)
        stub.process.terminate()
        assert stub.process.wait(5) == 0
        assert stub.said() == "stopped\n"


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
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=SECONDS)
    assert said.startswith(f"listening on {addresses['url']}\n")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--base-path", "api"], 4, "invalid path 'api': expected one that starts with /"),
        (["--base-path", "/", "--edition", "genesys-clod"], 4, "did you mean 'genesys-cloud'?"),
        (["--login-port", "8651"], 4, "--login-port needs --base-path"),
        (["--port", "99999"], 4, "invalid port '99999'"),
        (["--log", "xml"], 4, "invalid --log 'xml'"),
        (["--port", "0", "--host", "999.1.1.1"], 2, "expected an address of this machine in --host"),
        (["--policies", "{}"], 4, "no policy here"),
    ],
)
def test_wrong_options_are_one_clear_message(tmp_path: Path, options: list[str], code: int, said: str) -> None:
    """Nothing is served."""
    ended = outdial("stub", *(each.format(tmp_path) for each in options))
    assert ended.code == code
    assert said in ended.err
    assert ended.err.count("\n") <= 3


def test_a_port_in_use_and_a_file_that_cannot_be_written_are_one_clear_line(tmp_path: Path) -> None:
    """Which address or file, and what to do; exit code 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = outdial("stub", "--port", port)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.err
    assert "--port" in ended.err
    ended = outdial("stub", "--port", "0", "--quiet", "--ready-file", tmp_path / "nowhere" / "ready.json")
    assert ended.code == 2
    assert "nowhere" in ended.err
    assert "Traceback" not in ended.err
