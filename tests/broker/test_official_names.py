"""The official client's documented commands, with `pact broker` replaced by `outdial broker`."""

from tests.broker.provider_double import pact
from tests.broker.recorded_broker import JOURNEY, RecordedBroker
from tests.broker.workspace import Workspace

TOKEN = "hush-77aa"


def test_the_documented_commands_of_the_official_client_work(workspace: Workspace, broker: RecordedBroker) -> None:
    """Address and token come as options; the token is never printed."""
    workspace.commit(pact("web-shop", "orders-api"))
    broker.accepts = f"Bearer {TOKEN}"
    broker.serve_pact("web-shop", "orders-api", "v1", "v1", *JOURNEY)
    where = ["--broker-base-url", broker.url, "--broker-token", TOKEN]
    short = ["-b", broker.url, "-k", TOKEN]
    commands = [
        ["publish", "./pacts", "--consumer-app-version", "v1", "--branch", "main", *where],
        ["publish", "pacts/web-shop-orders-api.json", "-a", "v1", "--branch", "main", *short],
        ["record-deployment", "--pacticipant", "web-shop", "--version", "v1", "--environment", "production", *where],
        ["can-i-deploy", "--pacticipant", "web-shop", "--version", "v1", "--to-environment", "production", *where],
        ["can-i-deploy", "-a", "web-shop", "-e", "v1", "--to-environment", "production", "-o", "table", *short],
    ]
    for command in commands:
        done = workspace.run("broker", *command)
        assert done.code == 0, f"{command}: {done.text}"
        assert TOKEN not in done.text
