"""The stub as a server: prompt, quiet, on loopback, stopped by a signal, with states only when asked."""

import json
import socket
from typing import Any

import requests

from outdial.provider.server import listen
from outdial.verification.stub_process import RunningStub, running_stub
from provider_states import load_policies
from tests.conftest import Run


def test_each_edition_is_served_below_its_name(stub: RunningStub) -> None:
    """Several editions at once; an unknown one is told which there are."""
    for provider, policy in load_policies().items():
        described = requests.get(f"{stub.url}/{provider}/openapi.json", timeout=5).json()
        assert set(described["paths"]) == {operation.path for operation in policy.operations.values()}
    unknown = requests.get(f"{stub.url}/nobody/x", timeout=5)
    assert unknown.status_code == 404
    assert unknown.json()["providers"] == sorted(load_policies())


def test_a_request_that_people_report_and_the_vendor_does_not_have_is_answered_as_the_vendor_would(
    stub: RunningStub,
) -> None:
    """The edition's own 404; any other path may be the vendor's and is only not in this stub."""
    for path in ("/api/v2/outbound/calls", "/api/v2/users/u/impersonate"):
        answer = requests.post(f"{stub.url}/genesys-cloud{path}", timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (404, "not.found")
    assert requests.post(f"{stub.url}/genesys-cloud/api/v2/users/u/x", timeout=5).status_code == 501


def test_the_description_lists_every_code_that_a_rule_answers(stub: RunningStub) -> None:
    """The OpenAPI description comes from the data that decides."""
    described = requests.get(f"{stub.url}/genesys-cloud/openapi.json", timeout=5).json()
    answers = described["paths"]["/api/v2/conversations/calls"]["post"]["responses"]
    for rule in load_policies()["genesys-cloud"].operations["place-call"].rules:
        assert rule.deny.code in answers[str(rule.deny.status)]["x-error-codes"]


def test_the_description_says_what_is_sent_and_what_is_answered(stub: RunningStub) -> None:
    """Parameters of path and query, bodies as JSON or as a form, and the form of what comes back."""

    def operations(provider: str) -> dict[str, Any]:
        paths = requests.get(f"{stub.url}/{provider}/openapi.json", timeout=5).json()["paths"]
        return {f"{method} {path}": each for path, methods in paths.items() for method, each in methods.items()}

    def content(answer: dict[str, Any], media_type: str = "application/json") -> Any:
        assert list(answer["content"]) == [media_type]
        return answer["content"][media_type]["schema"]

    calls, login, nice = (operations(name) for name in ("genesys-cloud", "genesys-cloud-login", "nice-cxone"))
    reading = calls["get /api/v2/conversations/calls/{conversationId}"]
    assert [(each["name"], each["in"]) for each in reading["parameters"]] == [("conversationId", "path")]
    assert reading["parameters"][0]["required"]
    assert "requestBody" not in reading
    answered = content(reading["responses"]["200"])["anyOf"][0]["properties"]
    assert answered["id"] == {"type": "string"}
    assert answered["participants"]["items"]["properties"]["state"] == {"type": "string"}
    placing = calls["post /api/v2/conversations/calls"]
    assert placing["parameters"] == []
    assert placing["requestBody"]["required"]
    sent = content(placing["requestBody"])
    assert (sent["properties"]["phoneNumber"]["type"], sent["additionalProperties"]) == ("string", False)
    assert {"callerId", "priority", "externalContactId"} < sent["properties"].keys()
    refused = content(placing["responses"]["403"])
    assert set(refused["required"]) == set(refused["properties"])
    assert (refused["properties"]["status"], refused["properties"]["details"]) == (
        {"type": "integer"},
        {"type": "array"},
    )
    form = content(login["post /oauth/token"]["requestBody"], "application/x-www-form-urlencoded")
    assert form["required"] == ["grant_type"]
    assert {"client_credentials", "authorization_code"} < set(form["properties"]["grant_type"]["enum"])
    assert {"code_verifier", "redirect_uri"} < form["properties"].keys(), "what only a condition reads"
    assert "additionalProperties" not in form
    tokens = content(login["post /oauth/token"]["responses"]["200"])["anyOf"]
    assert {"refresh_token" in each["properties"] for each in tokens} == {True, False}
    dialling = content(nice["post /agent-sessions/{sessionId}/dial-phone"]["requestBody"])
    assert "additionalProperties" not in dialling, "no rule says which fields there are"
    polling = nice["get /agent-sessions/{sessionId}/get-next-event"]
    assert [(each["name"], each["in"]) for each in polling["parameters"]] == [
        ("sessionId", "path"),
        ("timeout", "query"),
    ]
    assert "content" not in polling["responses"]["304"]
    assert not [each for each in nice.values() if "content" in each["responses"].get("204", {})]


def test_a_client_is_known_by_nothing_but_base64(stub: RunningStub) -> None:
    """What is no Base64 is no credentials, though what is left of it would be."""
    state = {"state": "an OAuth client", "params": {}}
    credentials = requests.post(stub.state_url, json=state, timeout=5).json()["clientCredentials"]
    answered = [
        requests.post(
            f"{stub.url}/genesys-cloud-login/oauth/token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {sent}"},
            timeout=5,
        )
        for sent in (credentials, f"{credentials[:8]}!{credentials[8:]}")
    ]
    assert [each.status_code for each in answered] == [200, 400]
    assert not any("Server" in each.headers for each in answered), "the vendor's, and not ours to say"


def test_states_are_off_unless_asked_for() -> None:
    """A stub that anyone can reach must not mint tokens for them."""
    with running_stub(options=["--quiet"]) as stub:
        answer = requests.post(stub.state_url, json={"state": "an access token"}, timeout=5)
    assert stub.addresses["states"] is None
    assert stub.url.startswith("http://127.0.0.1:")
    assert answer.status_code == 404
    assert "accessToken" not in answer.text


def test_a_port_is_free_as_soon_as_a_stub_has_ended() -> None:
    """Though connections that it closed first are remembered by the system for a minute."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        accepted.close()
        assert client.recv(1) == b""
        address = listener.getsockname()
    with listen(*address):
        pass


def test_a_port_in_use_is_one_clear_line(run: Run) -> None:
    """Which address, why, and what to do; exit code 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run("stub", "--port", port)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.stderr
    assert "--port" in ended.stderr


def test_a_broken_policy_is_one_clear_line(run: Run, tmp_path: object) -> None:
    """The stub does not start on data that it cannot read."""
    ended = run("stub", "--policies", tmp_path)
    assert ended.returncode == 4
    assert "no policy here" in ended.stderr


def test_a_signal_stops_it_with_success() -> None:
    """SIGTERM is how it is meant to end."""
    with running_stub() as stub:
        requests.get(stub.url, timeout=5)
        stub.process.terminate()
        assert stub.process.wait(5) == 0


def test_it_survives_requests_that_are_no_http(stub: RunningStub) -> None:
    """Bytes that are no request, and one that never ends, cost nobody else an answer."""
    host, port = stub.url.removeprefix("http://").split(":")
    hanging = socket.create_connection((host, int(port)))
    hanging.sendall(b"POST /genesys-cloud/api/v2/conversations/calls HTTP/1.1\r\nContent-Length: 10\r\n\r\nx")
    with socket.create_connection((host, int(port)), timeout=5) as garbage:
        garbage.sendall(b"\x00\xff garbage\r\n\r\n")
        assert b"400" in garbage.recv(1000)
    assert requests.get(f"{stub.url}/genesys-cloud/x", timeout=5).status_code == 501
    hanging.close()


def test_a_state_change_over_http_returns_its_values(stub: RunningStub) -> None:
    """Any verifier gets ids and tokens as JSON, new ones each time; a mistake is a 4xx that names what is valid."""
    asked = {"state": "an agent", "params": {"station": "none"}, "action": "setup"}
    first, second = (requests.post(stub.state_url, json=asked, timeout=5).json() for _ in range(2))
    assert first["agentId"] != second["agentId"]
    for wrong, said in [
        ({"state": "an agnet"}, "did you mean 'an agent'?"),
        ({"state": "an agent", "params": {"station": "here"}}, "station"),
        ({"state": 5}, "no provider state 5"),
        ({"state": "an agent", "action": "explode"}, "Valid: setup, teardown"),
        ([], "expected a JSON object"),
    ]:
        answer = requests.post(stub.state_url, data=json.dumps(wrong), timeout=5)
        assert answer.status_code == 400
        assert said in answer.json()["error"]
