"""A Pact Broker with its database on this machine, where Docker is: start, stop, reset."""

import shutil
import subprocess
from pathlib import Path

from outdial.broker.console import say
from outdial.broker.outcome import BrokerError, ExitCode
from outdial.folders import COMPOSE_FILE

ADDRESS = "http://localhost:9292"
ACTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "start": (("up", "--detach", "--wait"), f"the broker runs at {ADDRESS}: export PACT_BROKER_BASE_URL={ADDRESS}"),
    "stop": (("down",), "the broker is stopped; what it holds is kept"),
    "reset": (("down", "--volumes"), "the broker is stopped, and what it held is gone"),
}
"""What Docker is asked, and what is so afterwards. `--wait` waits for the health checks."""


def manage(action: str, compose_file: Path = COMPOSE_FILE) -> ExitCode:
    """Start, stop or reset the containers of `compose_file`.

    Raises: BrokerError when Docker, its compose plugin or its daemon is missing, or it cannot.
    """
    fix = (
        "install Docker with its compose plugin and start it, or use a broker elsewhere: set "
        "PACT_BROKER_BASE_URL, and PACT_BROKER_TOKEN where it needs one"
    )
    docker = shutil.which("docker")
    if docker is None:
        raise BrokerError("docker is not on the PATH: no broker can be started here", fix)
    for asked, missing in ((("compose", "version"), "compose plugin"), (("info",), "daemon")):
        if subprocess.run([docker, *asked], capture_output=True, check=False).returncode != 0:
            raise BrokerError(f"docker's {missing} does not answer: no broker can be started here", fix)
    words, done = ACTIONS[action]
    if subprocess.run([docker, "compose", "--file", str(compose_file), *words], check=False).returncode != 0:
        raise BrokerError(f"docker compose could not {action} the broker, see above", "correct that and run again")
    say(done)
    return ExitCode.OK
