"""`--ask` and `can-call` against the stub behind a recording server; and `observe`."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from outdial.__main__ import main
from outdial.explain import ask as asking
from outdial.explain.ask import MOST, CannotAsk, ask, checked, reader
from outdial.provider import Answer
from tests.explain.server import Recording, serving

READS = ["user-basic-info", "authorization:readonly", "users:readonly"]
ADD, CALL, AGENTLESS = "conversation:conference:add", "conversation:call:add", "conversation:agentlessCall:add"
NUMBER = "+13175550142"
OTHER_HOSTS = [
    "https://a.example", "http://api.mypurecloud.com", "https://api.mypurecloud.com.a.example",
    "https://user:x@api.mypurecloud.com", "https://api.mypurecloud.com:8443", "https://127.0.0.1.a.example",
]  # fmt: skip
REFUSED_READS = (
    "401 ip.not.authorized; 403 missing.any.permissions; 404 not.found; 429 too.many.requests; 500; 200; 302"
)
SDK = Path(__file__).parent.parent.parent / "build" / "python-sdk" / "bin" / "python"


@pytest.fixture
def stub() -> Iterator[Recording]:
    """A fresh world."""
    with serving(Recording()) as recording:
        yield recording


def token(stub: Recording, monkeypatch: pytest.MonkeyPatch, **params: Any) -> dict[str, Any]:
    """Make a token of the stub, and put it into the environment."""
    values = dict(stub.states.set_up("an access token", params))
    monkeypatch.setenv("OUTDIAL_TOKEN", values["accessToken"])
    return values


def user(*permissions: str, granted: str = "home", **agent: Any) -> dict[str, Any]:
    """A user with a role that is granted in a division."""
    return {"role": {"permissions": list(permissions), "division": granted}, **agent}


USER: dict[str, Any] = {"grant": "authorization_code", "scopes": ["conversations", *READS]}
APP = {"grant": "client_credentials", "scopes": []}
WORLDS: dict[str, dict[str, Any]] = {
    "a user who may": {**USER, "user": user(ADD)},
    "a user without the permission": {**USER, "user": user("routing:queue:view")},
    "a user without any permission": {**USER, "user": user()},
    "the permission in another division": {**USER, "user": user(ADD, granted="other")},
    "the user in the other division too": {**USER, "user": user(ADD, granted="other", division="other")},
    "no scope": {**USER, "scopes": READS, "user": user(ADD)},
    "a scope to read only": {**USER, "scopes": ["conversations:readonly", *READS], "user": user(ADD)},
    "no station": {**USER, "user": user(ADD, station="none")},
    "a station that was lost": {**USER, "user": user(ADD, station="lost")},
    "busy": {**USER, "user": user(ADD, presence="Busy")},
    "expired": {**USER, "user": user(ADD), "status": "expired"},
    "revoked": {**USER, "user": user(ADD), "status": "revoked"},
    "saml": {**USER, "grant": "saml2_bearer", "user": user(ADD)},
    "an application for its agent": {**APP, "role": {"permissions": [AGENTLESS], "division": "home"}},
    "an application, other permission": {**APP, "role": {"permissions": [CALL], "division": "home"}},
    "an application without": {**APP, "role": {"permissions": [ADD], "division": "home"}},
    "an application, other division": {**APP, "role": {"permissions": [AGENTLESS], "division": "other"}},
    "an application, no role": {**APP, "role": {"permissions": [], "division": "home"}},
    "another user may": {**USER, "user": user(CALL), "for": "another"},
    "another user may not": {**USER, "user": user(ADD), "for": "another"},
}


@pytest.mark.parametrize("name", WORLDS)
def test_can_call_agrees_with_the_call(
    name: str, stub: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Yes where the call is then accepted, no where it is refused."""
    world = dict(WORLDS[name])
    other = world.pop("for", None) or world["grant"] == "client_credentials"
    values = token(stub, monkeypatch, **world)
    agent = dict(stub.states.set_up("an agent", {}))["agentId"] if other else values["userId"]
    code = main(["can-call", "--for", agent, "--to", NUMBER, "--host", stub.url])
    said = capsys.readouterr().out
    path = f"/api/v2/conversations/calls/user/{agent}" if other else "/api/v2/conversations/calls"
    assert all(each.startswith("GET ") for each in stub.asked)
    assert len(stub.asked) <= MOST
    headers = {"Authorization": f"Bearer {values['accessToken']}"}
    answer = requests.post(stub.url + path, json={"phoneNumber": NUMBER}, headers=headers, timeout=10)
    assert code == (0 if answer.ok else 1), said
    if not answer.ok:
        known = {"conversation.error.no.user.station", "providerapi.error.user.does.not.have.a.station"}
        assert answer.json()["code"] in said or answer.json()["code"] in known
    assert values["accessToken"] not in said


def test_what_cannot_be_read_stays_unknown(
    stub: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the scopes to read, it depends, and each line says what it needs."""
    values = token(stub, monkeypatch, grant="authorization_code", scopes=["conversations"], user=user(ADD))
    assert main(["can-call", "--for", values["userId"], "--host", stub.url]) == 3
    said = capsys.readouterr().out
    assert "not known: 403 app.not.authorized.for.scope; it needs the scope user-basic-info" in said


@pytest.mark.parametrize("answer", REFUSED_READS.split("; "))
def test_a_refused_read_leaves_its_facts_unknown(answer: str, stub: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reason, and without following a redirect."""
    token(stub, monkeypatch, **WORLDS["a user who may"])
    status, _, code = answer.partition(" ")
    with serving(Recording()) as elsewhere:
        headers = {"Location": f"{elsewhere.base}/x"} if status == "302" else {}
        stub.always = Answer(int(status), headers, json.dumps({"code": code} if code else []).encode())
        found = ask(reader(stub.url))
        assert elsewhere.asked == []
    assert found.facts == {}
    assert all(f"not known: {status}" in line for line in found.lines)


def test_a_late_answer_and_none_leave_the_facts_unknown(stub: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its reason."""
    token(stub, monkeypatch, **WORLDS["a user who may"])
    monkeypatch.setattr(asking, "SECONDS", 0.05)
    stub.late = 0.3
    assert all("no answer in time" in line for line in ask(reader(stub.url)).lines)
    assert all("no connection" in line for line in ask(reader("http://127.0.0.1:9")).lines)


@pytest.mark.parametrize("host", [*OTHER_HOSTS, "https://login.mypurecloud.com", ""])
def test_another_host_is_refused(host: str) -> None:
    """Before anything is sent."""
    with pytest.raises(CannotAsk):
        checked(host)


def test_the_token_comes_from_the_environment_only(
    stub: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it nothing is sent; a dry run lists and sends nothing either."""
    monkeypatch.delenv("OUTDIAL_TOKEN", raising=False)
    assert main(["can-call", "--for", "me", "--host", stub.url]) == 4
    assert "OUTDIAL_TOKEN" in capsys.readouterr().err
    assert main(["can-call", "--for", "5f", "--host", stub.url, "--dry-run"]) == 0
    assert len(capsys.readouterr().out.splitlines()) <= MOST
    assert stub.asked == []


def test_explain_asks_where_the_request_went(
    stub: Recording, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token is sent to that host and nowhere else; the facts say where they are from."""
    values = token(stub, monkeypatch, **WORLDS["no station"])
    command = f"curl -X POST {stub.url}/api/v2/conversations/calls -H 'Authorization: Bearer x' --json '{{\"phoneNumber\": \"{NUMBER}\"}}'"
    assert main(["explain", command, "--ask"]) == 1
    said = capsys.readouterr().out
    assert "the agent has no station" in said.splitlines()[0]
    assert "read from the API at" in said
    assert {each.headers["authorization"] for each in stub.calls} == {f"Bearer {values['accessToken']}"}
    assert values["accessToken"] not in said


def test_explain_lists_what_it_would_ask(stub: Recording, capsys: pytest.CaptureFixture[str]) -> None:
    """With --dry-run: the agent of the path and the queue of the body among them; nothing is sent."""
    body = '{"phoneNumber": "+13175550142", "callFromQueueId": "5f-6a"}'
    command = (
        f"curl -X POST {stub.url}/api/v2/conversations/calls/user/0b-1c -H 'Authorization: Bearer x' --json '{body}'"
    )
    assert main(["explain", command, "--ask", "--dry-run"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) <= MOST
    assert all(each.startswith("GET /api/v2/") for each in listed)
    assert {"GET /api/v2/users/0b-1c/station", "GET /api/v2/routing/queues/5f-6a"} <= set(listed)
    assert main(["explain", "--ask"]) == 4
    assert stub.asked == []


def test_station_role_and_queue_are_read(stub: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its id; a refusal names the permission that it needs."""
    reads = [*READS, "stations:readonly", "routing:readonly", "authorization:readonly"]
    held = [ADD, "authorization:role:view", "routing:queue:view"]
    values = token(stub, monkeypatch, **{**USER, "scopes": reads, "user": user(*held)})
    queue = dict(stub.states.set_up("a queue", {}))["queueId"]
    found = ask(reader(stub.url), queue=queue)
    read = {each.partition(": ")[0]: each for each in found.lines}
    assert "the station read from the API" in read[f"GET /api/v2/stations/{values['userId']}"]
    assert "the queue read from the API" in read[f"GET /api/v2/routing/queues/{queue}"]
    assert found.facts["agent"]["station"] == "associated"
    assert ADD in found.facts["token"]["permissions"]

    whole = reader(stub.url)

    def without_policies(path: str) -> tuple[int, Any]:
        status, body = whole(path)
        if path == "/api/v2/authorization/subjects/me":
            del body["grants"][0]["role"]["policies"]
        if path.startswith("/api/v2/authorization/roles/"):
            assert body["id"] == "role-in-home"
            body["permissionPolicies"] = [{"domain": "conversation", "entityName": "conference", "actionSet": ["add"]}]
        return status, body

    assert ask(without_policies).facts["token"]["permissions"] == [ADD]


def test_a_read_that_is_refused_names_the_permission(stub: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a queue; one that does not exist is not found."""
    scopes = [*READS, "routing:readonly"]
    token(stub, monkeypatch, **{**USER, "scopes": scopes, "user": user(ADD)})
    assert "it needs the permission routing:queue:view" in ask(reader(stub.url), queue="5f").lines[-1]
    token(stub, monkeypatch, **{**USER, "scopes": scopes, "user": user("routing:queue:view")})
    assert "the queue not known: 404 resource.not.found" in ask(reader(stub.url), queue="5f").lines[-1]


@pytest.mark.slow
@pytest.mark.skipif(not SDK.exists(), reason="the SDK is not installed: make build/python-sdk/installed")
def test_the_models_of_the_official_sdk_read_the_stubs_answers(
    stub: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every read of --ask, with the attributes that it uses."""
    reads = [*READS, "stations:readonly", "routing:readonly"]
    held = [ADD, "authorization:role:view", "routing:queue:view"]
    values = token(stub, monkeypatch, **{**USER, "scopes": reads, "user": user(*held)})
    queue, own = dict(stub.states.set_up("a queue", {}))["queueId"], values["userId"]
    script = Path(__file__).parent / "sdk_reads.py"
    port = stub.base.rpartition(":")[2]
    ended = subprocess.run(
        [SDK, script, port, values["accessToken"], own, queue], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "scopes": sorted(reads),
        "grant": "CODE",
        "users": [own] * 3,
        "stations": [own] * 3,
        "status": "ASSOCIATED",
        "divisions": ["home"] * 3,
        "policy": ["authorization", "role", ["view"]],
        "queue": queue,
        "role": ["role-in-home", []],
    }


def test_saved_answers_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--facts`, offline."""
    file = tmp_path / "facts.json"
    policies = [{"domain": "conversation", "entityName": "*", "actions": ["*"]}]
    division = {"id": "d"}
    token = {"authorizedScope": ["conversations"], "OAuthClient": {"authorizedGrantType": "CODE"}}
    grants = {"grants": [{"division": division, "role": {"policies": policies}}]}
    user = {"id": "u", "division": division, "station": {}}
    paths = ("tokens/me", "users/me?expand=station", "authorization/subjects/me")
    file.write_text(
        json.dumps({f"/api/v2/{path}": body for path, body in zip(paths, (token, user, grants), strict=True)})
    )
    command = f"curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer x' --json '{{\"phoneNumber\": \"{NUMBER}\"}}'"
    assert main(["explain", command, "--facts", str(file)]) == 1
    said = capsys.readouterr().out
    assert "the agent has no station" in said.splitlines()[0]
    assert f"scopes and grant read from {file}" in said
    assert "from the API" not in said


def test_observe_lists_first_and_sends_only_the_list(
    stub: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing without --send; entries with id, address, date, status and body."""
    out = tmp_path / "observed.yaml"
    command = ["observe", "genesys-cloud", "--host", stub.url, "--out", str(out)]
    assert main(command) == 0
    listed = capsys.readouterr().out.splitlines()
    assert stub.asked == []
    assert not out.exists()
    assert main([*command, "--send"]) == 0
    assert [each.replace(" /", f" {stub.base}/") for each in stub.asked] == [
        line.partition("  [")[0] for line in listed[:-1]
    ]
    assert not [each for each in stub.asked if each.startswith("POST") and not each.endswith("/oauth/token")]
    entries = {each["id"]: each for each in yaml.safe_load(out.read_text())}
    assert len(entries) == len(stub.asked)
    assert entries["me-unknown-token"]["status"] == 401
    assert entries["me-unknown-token"]["body"]["code"] == "bad.credentials"
    assert set(entries["me-no-token"]) == {
        "id", "address", "date", "kind", "request", "status", "headers", "body", "note",
    }  # fmt: skip


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_observe_refuses_other_hosts(host: str) -> None:
    """Neither the vendor's nor loopback."""
    assert main(["observe", "genesys-cloud", "--host", host, "--send"]) == 4
