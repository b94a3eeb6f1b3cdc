"""Tokens and passwords appear nowhere: not in the process list, not in messages, not in what clients print."""

import base64
import json
import sys
from pathlib import Path

import pytest

from tests.broker.double.server import BrokerDouble, Fault
from tests.broker.provider_double import ProviderDouble, pact
from tests.broker.workspace import Workspace
from verification.verifier import verified

SECRET = "hush-5d2e1f"
BASIC = base64.b64encode(f"ci:{SECRET}".encode()).decode()
LOGINS = {
    "token": ({"PACT_BROKER_TOKEN": SECRET}, f"Bearer {SECRET}"),
    "basic": ({"PACT_BROKER_USERNAME": "ci", "PACT_BROKER_PASSWORD": SECRET}, f"Basic {BASIC}"),
    "in the address": ({}, f"Basic {BASIC}"),
}
COMMANDS = ("publish", "verify-broker", "can-i-deploy", "record-deployment")


@pytest.fixture(params=LOGINS)
def login(request: pytest.FixtureRequest, broker: BrokerDouble) -> dict[str, str]:
    """The variables for one way to log in; the broker accepts nothing else."""
    variables, broker.accepts = LOGINS[request.param]
    inside = request.param == "in the address"
    url = broker.url.replace("http://", f"http://ci:{SECRET}@") if inside else broker.url
    return {"PACT_BROKER_BASE_URL": url} | variables


def run_all(workspace: Workspace, provider: ProviderDouble, login: dict[str, str]) -> list[str]:
    """What each of the commands printed."""
    extra = {
        "verify-broker": ("--provider-url", provider.url, "--state-url", provider.state_url),
        "record-deployment": ("--to", "production"),
    }
    return [workspace.run(command, *extra.get(command, ()), **login).text for command in COMMANDS]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads the process list from /proc")
def test_no_process_has_them_on_its_command_line(
    workspace: Workspace, broker: BrokerDouble, provider: ProviderDouble, login: dict[str, str]
) -> None:
    """At every request that the broker gets, the command lines of all processes are read."""
    workspace.commit(pact("web-shop", "orders-api"))
    broker.held.environments["production"] = {"uuid": "6c4d898d-6c4d-4141-8bf2-b28a5f00d061", "name": "production"}
    seen: set[str] = set()
    broker.at_request = lambda: seen.update(command_lines())
    printed = run_all(workspace, provider, login)

    assert [broker.accepts] * len(broker.seen) == [each.authorization for each in broker.seen]
    assert broker.held.summary() == "pacts of web-shop, 1 result, a deployment", printed
    for client in ("broker publish", "broker can-i-deploy", "broker record-deployment", "verifier_process"):
        assert any(client in line for line in seen), f"{client} was not seen: this test would see nothing"
    assert [line for line in seen if SECRET in line or BASIC in line] == []
    assert [text for text in printed if SECRET in text or BASIC in text] == []


@pytest.mark.parametrize("status", [401, 409])
def test_no_message_repeats_them_even_when_the_broker_does(
    workspace: Workspace, broker: BrokerDouble, provider: ProviderDouble, login: dict[str, str], status: int
) -> None:
    """A proxy that echoes the request's headers in its error page must not put them into a CI log."""
    workspace.commit(pact("web-shop", "orders-api"))
    echoed = {"errors": {"contracts": [f"{broker.accepts} {SECRET}"]}, "notices": [{"type": "error", "text": SECRET}]}
    echo = json.dumps(echoed).encode()
    headers = {"content-type": "application/json"}
    broker.faults = [
        Fault(at, status=status, body=echo, headers=headers)
        for at in ("POST /contracts", "POST /pacts/provider/orders-api/for", "GET /matrix", "POST /pacticipants")
    ]
    login |= {"PACT_BROKER_HTTP_RETRIES": "0"}
    printed = run_all(workspace, provider, login)
    assert all("fix: " in text for text in printed)
    assert "***" in printed[0]
    assert [text for text in printed if SECRET in text or BASIC in text] == []


def test_the_providers_live_tokens_are_not_printed(
    workspace: Workspace, broker: BrokerDouble, provider: ProviderDouble
) -> None:
    """Provider states mint tokens, and the Verifier logs what it sends: none of that reaches the output."""
    workspace.commit(pact("web-shop", "orders-api"))
    url = {"PACT_BROKER_BASE_URL": broker.url}
    workspace.run("publish", **url)
    done = workspace.run("verify-broker", "--provider-url", provider.url, "--state-url", provider.state_url, **url)
    assert (done.code, len(provider.tokens)) == (0, 1)
    assert "live-token" not in done.text


def command_lines() -> list[str]:
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it ended between listing and reading
    assert any(sys.executable in line for line in lines)
    return lines


def test_a_token_that_the_verifier_compared_is_not_repeated() -> None:
    """A provider's answer may hold a live token; a mismatch at its place says where, and not what."""
    compared = {"path": "$.access_token", "mismatch": f"Expected '{SECRET}' to be the same type as 5"}
    row = {"interactionKey": "login", "result": "Error", "mismatch": {"mismatches": [compared]}}
    found = verified({"result": False, "interactionResults": [row]}, [])
    assert SECRET not in str(found)
    assert "$.access_token: not as expected" in found.interactions[0].mismatches[0]
