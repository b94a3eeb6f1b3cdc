"""`make broker`: a Pact Broker with its database on this machine, where Docker is."""

import shutil
import subprocess
import sys
from pathlib import Path

from broker.connection import Connection
from broker.outcome import BrokerError, ExitCode
from broker.preflight import require_broker

ADDRESS = "http://localhost:9292"
ATTEMPTS = 7
"""With the growing pauses between them, about a minute for a broker that sets up its database."""


def start(compose_file: Path) -> ExitCode:
    """Start the containers of `compose_file` and wait until the broker answers.

    Raises: BrokerError when Docker, its compose plugin or its daemon is missing.
    """
    fix = (
        "install Docker with its compose plugin and start it, or use a broker elsewhere: set "
        "PACT_BROKER_BASE_URL, and PACT_BROKER_TOKEN where it needs one"
    )
    docker = shutil.which("docker")
    if docker is None:
        raise BrokerError("docker is not on the PATH: no broker can be started here", fix)
    for words, missing in ((("compose", "version"), "compose plugin"), (("info",), "daemon")):
        if subprocess.run([docker, *words], capture_output=True, check=False).returncode != 0:
            raise BrokerError(f"docker's {missing} does not answer: no broker can be started here", fix)
    done = subprocess.run([docker, "compose", "--file", str(compose_file), "up", "--detach"], check=False)
    if done.returncode != 0:
        raise BrokerError("docker compose could not start the broker, see above", "correct that and run again")
    require_broker(Connection(ADDRESS, retries=ATTEMPTS))
    sys.stdout.write(f"the broker runs at {ADDRESS}: export PACT_BROKER_BASE_URL={ADDRESS}\n")
    return ExitCode.OK
