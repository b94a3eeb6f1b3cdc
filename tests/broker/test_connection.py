"""Which broker, with which credentials: from the environment that all Pact tools share."""

import pytest

from outdial.broker.connection import Connection
from outdial.broker.errors import BrokerError
from tests.broker.provider_double import ProviderDouble, pact
from tests.broker.recorded_broker import JOURNEY, Fault, RecordedBroker, certificate, recorded_broker
from tests.broker.workspace import Workspace

URL = "PACT_BROKER_BASE_URL"
TOKEN, USER, PASSWORD = "PACT_BROKER_TOKEN", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD"


def test_without_a_broker_the_message_names_both_ways_to_get_one(workspace: Workspace) -> None:
    """Nothing set is the first thing that everyone sees: start one, or name one."""
    done = workspace.run("broker", "publish")
    assert done.code == 4
    assert "`outdial broker start`" in done.err
    assert "set PACT_BROKER_BASE_URL to your Pact Broker or PactFlow" in done.err


@pytest.mark.parametrize(
    ("variables", "authorization"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({TOKEN: "t"}, "Bearer t", id="token"),
        pytest.param({USER: "u", PASSWORD: "p"}, "Basic dTpw", id="basic"),
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
        pytest.param({TOKEN: "t0p", USER: "u", PASSWORD: "p4ss"}, "both set", id="token and basic"),
        pytest.param({URL: "https://u:p4ss@b.example", TOKEN: "t0p"}, "given twice", id="address and token"),
        pytest.param({USER: "u"}, "PACT_BROKER_PASSWORD is not set", id="no password"),
        pytest.param({PASSWORD: "p4ss"}, "PACT_BROKER_USERNAME is not set", id="no user"),
        pytest.param({URL: "b.example"}, "invalid PACT_BROKER_BASE_URL 'b.example'", id="no scheme"),
        pytest.param({URL: "ftp://u:p4ss@b.example"}, "invalid PACT_BROKER_BASE_URL", id="another scheme"),
        pytest.param({URL: "http://b.example:port"}, "invalid PACT_BROKER_BASE_URL", id="no port number"),
        pytest.param({"PACT_BROKER_HTTP_RETRIES": "many"}, "invalid PACT_BROKER_HTTP_RETRIES 'many'", id="no number"),
        pytest.param({"OUTDIAL_BROKER_SECONDS": "-1"}, "invalid OUTDIAL_BROKER_SECONDS '-1'", id="below zero"),
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


def test_a_connection_does_not_show_its_credentials() -> None:
    """A traceback or a log that prints the object prints no secret, in no spelling."""
    connection = Connection.from_environment({URL: "https://b.example", USER: "u", PASSWORD: "p4s/s"})
    assert "p4s/s" not in repr(connection)
    assert connection.mask("p4s/s p4s%2Fs dTpwNHMvcw==") == "*** *** ***"


def run_all(workspace: Workspace, broker: RecordedBroker, provider: ProviderDouble, **variables: str) -> None:
    """Run each command once at `broker`; all must pass."""
    workspace.commit(pact("web-shop", "orders-api"))
    broker.serve_pact("web-shop", "orders-api", "1.0.1", "p1", *JOURNEY)
    versions = ("--consumer-version", "1.0.1", "--provider-version", "p1")
    to = ("--to", "production")
    for command, words in {
        "publish": (),
        "verify": provider.options,
        "can-i-deploy": to,
        "record-deployment": to,
    }.items():
        done = workspace.run("broker", command, *versions, *words, PACT_BROKER_BASE_URL=broker.url, **variables)
        assert done.code == 0, done.text
    assert broker.held() == "pacts of web-shop, 1 result, a deployment"


def test_a_broker_may_be_below_a_path(workspace: Workspace, provider: ProviderDouble) -> None:
    with recorded_broker("/tools/pact") as broker:
        run_all(workspace, broker, provider)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_certificate_of_a_company_is_trusted_when_named(
    workspace: Workspace, provider: ProviderDouble, tmp_path_factory: pytest.TempPathFactory, variable: str
) -> None:
    """The official client and our own requests read the same variables."""
    authority, context = certificate(tmp_path_factory.mktemp("tls"))
    with recorded_broker(tls=context) as broker:
        run_all(workspace, broker, provider, **{variable: authority})


def test_a_redirect_to_a_login_page_names_both_fixes(workspace: Workspace, broker: RecordedBroker) -> None:
    """The query of the address may hold a session, and is not shown."""
    workspace.commit(pact("web-shop", "orders-api"))
    broker.faults = [Fault("GET /", status=302, headers={"location": "https://login.example/in?session=t0p"})]
    done = workspace.run("broker", "publish", PACT_BROKER_BASE_URL=broker.url)
    assert (done.code, "t0p" in done.text) == (2, False)
    assert "redirects (302) to https://login.example/in\nfix: if the broker moved" in done.err
    assert "set PACT_BROKER_TOKEN" in done.err
