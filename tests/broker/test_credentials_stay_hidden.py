"""Tokens and passwords appear nowhere: not in the process list, not in messages, not in what clients print."""

import base64
import json
import sys
from pathlib import Path

import pytest

from outdial.pact_files import read_interactions
from outdial.verification.heard import Heard, Said
from outdial.verification.result import Got
from outdial.verification.verifier import result_of
from tests.broker.provider_double import ProviderDouble, pact
from tests.broker.recorded_broker import JOURNEY, Fault, RecordedBroker
from tests.broker.workspace import ROOT, Workspace

SECRET = "hush-5d2e1f"
BASIC = base64.b64encode(f"ci:{SECRET}".encode()).decode()
LOGINS = {
    "token": ({"PACT_BROKER_TOKEN": SECRET}, f"Bearer {SECRET}"),
    "basic": ({"PACT_BROKER_USERNAME": "ci", "PACT_BROKER_PASSWORD": SECRET}, f"Basic {BASIC}"),
    "in the address": ({}, f"Basic {BASIC}"),
}
COMMANDS = ("publish", "verify", "can-i-deploy", "record-deployment")


@pytest.fixture(params=LOGINS)
def login(request: pytest.FixtureRequest, broker: RecordedBroker) -> dict[str, str]:
    """The variables for one way to log in; the broker accepts nothing else."""
    variables, broker.accepts = LOGINS[request.param]
    broker.serve_pact("web-shop", "orders-api", "1.0.1", "p1", *JOURNEY)
    inside = request.param == "in the address"
    url = broker.url.replace("http://", f"http://ci:{SECRET}@") if inside else broker.url
    return {"PACT_BROKER_BASE_URL": url} | variables


def run_all(workspace: Workspace, provider: ProviderDouble, login: dict[str, str]) -> list[str]:
    """What each of the commands printed."""
    extra = {"verify": provider.options, "can-i-deploy": ("--to", "production")}
    extra["record-deployment"] = extra["can-i-deploy"]
    versions = ("--consumer-version", "1.0.1", "--provider-version", "p1")
    return [workspace.run("broker", command, *versions, *extra.get(command, ()), **login).text for command in COMMANDS]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads the process list from /proc")
def test_no_process_has_them_on_its_command_line(
    workspace: Workspace, broker: RecordedBroker, provider: ProviderDouble, login: dict[str, str]
) -> None:
    """At every request that the broker gets, the command lines of all processes are read."""
    workspace.commit(pact("web-shop", "orders-api"))
    seen: set[str] = set()
    broker.at_request = lambda: seen.update(command_lines())
    printed = run_all(workspace, provider, login)

    assert [broker.accepts] * len(broker.seen) == [each.authorization for each in broker.seen]
    assert broker.held() == "pacts of web-shop, 1 result, a deployment", printed
    for client in ("broker publish", "broker can-i-deploy", "broker record-deployment", "outdial broker verify"):
        assert any(client in line for line in seen), f"{client} was not seen: this test would see nothing"
    assert [line for line in seen if SECRET in line or BASIC in line] == []
    assert [text for text in printed if SECRET in text or BASIC in text] == []
    assert provider.tokens
    assert [text for text in printed if "live-token" in text] == []


@pytest.mark.parametrize("status", [401, 409])
def test_no_message_repeats_them_even_when_the_broker_does(
    workspace: Workspace, broker: RecordedBroker, provider: ProviderDouble, login: dict[str, str], status: int
) -> None:
    """A proxy that echoes the request's headers in its error page must not put them into a CI log."""
    workspace.commit(pact("web-shop", "orders-api"))
    echoed = {"errors": {"contracts": [f"{broker.accepts} {SECRET}"]}, "notices": [{"type": "error", "text": SECRET}]}
    echo = json.dumps(echoed)
    headers = {"content-type": "application/json"}
    broker.faults = [
        Fault(at, status=status, body=echo, headers=headers)
        for at in ("POST /contracts", "GET /pacts", "GET /matrix", "POST /pacticipants")
    ]
    login |= {"PACT_BROKER_HTTP_RETRIES": "0"}
    printed = run_all(workspace, provider, login)
    assert all("fix: " in text for text in printed)
    assert "***" in printed[0]
    assert [text for text in printed if SECRET in text or BASIC in text] == []


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
    row = {"result": "Error", "mismatch": {"mismatches": [compared]}}
    [interaction, *_] = read_interactions([ROOT / "pacts"])
    found = result_of(interaction, row, [], Heard(), Said(200, Got(200), 0.0))
    assert SECRET not in str(found)
    assert any("$.access_token: not as expected" in problem for problem in found.problems)
