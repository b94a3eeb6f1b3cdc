"""Which broker, with which credentials: from the environment that all Pact tools share."""

import pytest

from outdial.broker.connection import Connection
from outdial.broker.outcome import BrokerError
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
        pytest.param({URL: "b.example"}, "not an address: b.example", id="no scheme"),
        pytest.param({URL: "ftp://u:p4ss@b.example"}, "not an address", id="another scheme"),
        pytest.param({URL: "http://b.example:port"}, "not an address", id="no port number"),
        pytest.param({"PACT_BROKER_HTTP_RETRIES": "many"}, "PACT_BROKER_HTTP_RETRIES is many", id="no number"),
        pytest.param({"OUTDIAL_BROKER_SECONDS": "-1"}, "OUTDIAL_BROKER_SECONDS is -1", id="below zero"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(variables: dict[str, str], named: str) -> None:
    """The message names the variable and the fix, and repeats no credential."""
    with pytest.raises(BrokerError) as caught:
        Connection.from_environment({URL: "https://b.example"} | variables)
    assert named in str(caught.value)
    assert not {"t0p", "p4ss"} & set(str(caught.value).replace(":", " ").replace("@", " ").split())


def test_the_client_gets_our_credentials_and_no_others() -> None:
    """Whatever is in the environment, the client sees the address without credentials and one kind of login."""
    given = {URL: "https://u:p@b.example/", TOKEN: "", "PACT_BROKER_CAN_I_DEPLOY_DRY_RUN": "true", "PATH": "/bin"}
    seen = Connection.from_environment(given).client_environment(given)
    assert seen == {URL: "https://b.example", USER: "u", PASSWORD: "p", "PATH": "/bin", "PACT_DO_NOT_TRACK": "true"}


def test_a_connection_does_not_show_its_credentials() -> None:
    """A traceback or a log that prints the object prints no secret, in no spelling."""
    connection = Connection.from_environment({URL: "https://b.example", USER: "u", PASSWORD: "p4s/s"})
    assert "p4s/s" not in repr(connection)
    assert connection.scrub("p4s/s p4s%2Fs dTpwNHMvcw==") == "*** *** ***"
