"""Which broker, with which credentials: from the environment that all Pact tools share. No credential is shown."""

import base64
import json

import pytest

from outdial.broker.connection import Connection
from outdial.broker.errors import BrokerError
from tests.broker.doubles import JOURNEY, Broker, Fault, Provider, certificate, pact, recorded_broker
from tests.broker.workspace import Workspace
from tests.command import Done

URL = "PACT_BROKER_BASE_URL"
TOKEN, USER, PASSWORD = "PACT_BROKER_TOKEN", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD"
SECRET = "hush-5d2e1f"
BASIC = base64.b64encode(f"ci:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("variables", "authorization"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({TOKEN: "t"}, "Bearer t", id="token"),
        pytest.param({TOKEN: "", USER: "u", PASSWORD: "p"}, "Basic dTpw", id="an empty variable is not set"),
        pytest.param({URL: "https://u:p@b.example/x/"}, "Basic dTpw", id="inside the address"),
        pytest.param({TOKEN: "t\r\n"}, "Bearer t", id="a line break at the end"),
    ],
)
def test_credentials_become_one_authorization(variables: dict[str, str], authorization: str | None) -> None:
    """Token or user and password; empty values count as unset, as CI systems hand over missing secrets."""
    assert Connection.from_environment({URL: "https://b.example"} | variables).authorization() == authorization


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        pytest.param({URL: ""}, "set PACT_BROKER_BASE_URL to your Pact Broker or PactFlow", id="nothing"),
        pytest.param({TOKEN: "t0p", USER: "u", PASSWORD: "p4ss"}, "both set", id="token and basic"),
        pytest.param({URL: "https://u:p4ss@b.example", TOKEN: "t0p"}, "given twice", id="address and token"),
        pytest.param({USER: "u"}, "PACT_BROKER_PASSWORD is not set", id="no password"),
        pytest.param({PASSWORD: "p4ss"}, "PACT_BROKER_USERNAME is not set", id="no user"),
        pytest.param({URL: "b.example"}, "invalid PACT_BROKER_BASE_URL 'b.example'", id="no scheme"),
        pytest.param({URL: "ftp://u:p4ss@b.example"}, "invalid PACT_BROKER_BASE_URL", id="another scheme"),
        pytest.param({"PACT_BROKER_HTTP_RETRIES": "many"}, "invalid PACT_BROKER_HTTP_RETRIES 'many'", id="no number"),
        pytest.param({TOKEN: "t0p\nX-Header: y"}, "invalid PACT_BROKER_TOKEN", id="a line break inside"),
        pytest.param({"REQUESTS_CA_BUNDLE": "/no/such.pem"}, "invalid REQUESTS_CA_BUNDLE", id="no file"),
        pytest.param({"SSL_CERT_FILE": __file__}, "invalid SSL_CERT_FILE", id="no certificates"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(variables: dict[str, str], named: str) -> None:
    """The message names the variable and the fix, and repeats no credential."""
    with pytest.raises(BrokerError) as caught:
        Connection.from_environment({URL: "https://b.example"} | variables)
    assert named in str(caught.value)
    assert not {"t0p", "p4ss"} & set(str(caught.value).replace(":", " ").replace("@", " ").split())


def run_all(workspace: Workspace, broker: Broker, provider: Provider, **variables: str) -> list[Done]:
    """Run each command once at `broker`."""
    workspace.commit(pact())
    broker.serve_pact("web-shop", "orders-api", "1.0.1", "p1", *JOURNEY)
    versions = ("--consumer-version", "1.0.1", "--provider-version", "p1")
    to = ("--to", "production")
    commands = {"publish": (), "verify": provider.options, "can-i-deploy": to, "record-deployment": to}
    given = {URL: broker.url} | variables
    return [workspace.run("broker", command, *versions, *words, **given) for command, words in commands.items()]


def test_a_connection_shows_no_credentials_in_any_spelling() -> None:
    """Neither its `repr`, which a traceback may print, nor a text that it masks."""
    connection = Connection.from_environment({URL: "https://b.example", USER: "u", PASSWORD: "p4s/s"})
    assert "p4s/s" not in repr(connection)
    assert connection.mask("p4s/s p4s%2Fs dTpwNHMvcw==") == "*** *** ***"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_broker_may_be_below_a_path_and_have_the_certificate_of_a_company(
    workspace: Workspace, provider: Provider, tmp_path_factory: pytest.TempPathFactory, variable: str
) -> None:
    """The official client and our own requests read the same variables."""
    authority, context = certificate(tmp_path_factory.mktemp("tls"))
    with recorded_broker("/tools/pact", context) as broker:
        ended = run_all(workspace, broker, provider, **{variable: authority})
    assert [done.code for done in ended] == [0, 0, 0, 0], ended
    assert broker.held() == "pacts of web-shop, 1 result, a deployment"


@pytest.mark.parametrize("way", ["token", "address"])
def test_credentials_reach_every_request_and_no_output_even_when_the_broker_repeats_them(
    workspace: Workspace, broker: Broker, provider: Provider, way: str
) -> None:
    """Of the official client and of our own. A proxy may echo the request's headers in its error page."""
    login, broker.accepts = {TOKEN: SECRET}, f"Bearer {SECRET}"
    if way == "address":
        login, broker.accepts = {URL: broker.url.replace("http://", f"http://ci:{SECRET}@")}, f"Basic {BASIC}"
    printed = [done.text for done in run_all(workspace, broker, provider, **login)]
    assert [broker.accepts] * len(broker.seen) == [each.authorization for each in broker.seen]
    assert broker.held() == "pacts of web-shop, 1 result, a deployment", printed
    told = {"errors": {"contracts": [f"{broker.accepts} {SECRET}"]}, "notices": [{"type": "error", "text": SECRET}]}
    broker.faults = [
        Fault(at, status=409, body=json.dumps(told), headers={"content-type": "application/json"})
        for at in ("POST /contracts", "GET /pacts", "GET /matrix", "POST /pacticipants")
    ]
    echoed = [done.text for done in run_all(workspace, broker, provider, PACT_BROKER_HTTP_RETRIES="0", **login)]
    assert all("fix: " in text for text in echoed)
    assert "***" in echoed[0]
    assert not [text for text in printed + echoed if SECRET in text or BASIC in text or "live-token" in text]


def test_the_client_gets_credentials_by_environment_only(
    workspace: Workspace, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others on the machine can read a command line."""
    client = workspace.folder / "client"
    client.write_text('#!/bin/sh\necho "got $* by $(echo "$PACT_BROKER_TOKEN" | rev)" >&2\nexit 1\n')
    client.chmod(0o755)
    monkeypatch.setattr("outdial.broker.official_client.PACT", client)
    workspace.commit(pact())
    done = workspace.run("broker", "publish", **{URL: broker.url, TOKEN: SECRET})
    assert "the client failed: got broker publish" in done.err
    assert f"by {SECRET[::-1]}" in done.err
    assert "***" not in done.err
