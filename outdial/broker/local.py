"""Start, stop or reset a Pact Broker and its database on this machine, with Docker."""

import shutil
import subprocess
from argparse import Namespace

from outdial.broker.client import say
from outdial.broker.errors import BrokerError
from outdial.exit_codes import HOLDS
from outdial.folders import COMPOSE_FILE

ADDRESS = "http://localhost:9292"
ACTIONS = {
    "start": (("up", "--detach", "--wait"), f"the broker runs at {ADDRESS}: export PACT_BROKER_BASE_URL={ADDRESS}"),
    "stop": (("down",), "the broker is stopped; its data is kept"),
    "reset": (("down", "--volumes"), "the broker is stopped and its data deleted"),
}


def run(options: Namespace) -> int:
    """Run the action with `docker compose`. Raises: BrokerError when Docker, its plugin or its daemon is missing."""
    fix = (
        "install Docker with its compose plugin and start it, or use a broker elsewhere: set PACT_BROKER_BASE_URL, "
        "and PACT_BROKER_TOKEN where it needs one"
    )
    docker = shutil.which("docker")
    if docker is None:
        raise BrokerError("docker is not on the PATH: no broker can be started here", fix)
    for asked, missing in ((("compose", "version"), "compose plugin"), (("info",), "daemon")):
        if subprocess.run([docker, *asked], capture_output=True, check=False).returncode != 0:
            raise BrokerError(f"docker's {missing} does not answer: no broker can be started here", fix)
    words, done = ACTIONS[options.action]
    if subprocess.run([docker, "compose", "--file", str(COMPOSE_FILE), *words], check=False).returncode != 0:
        raise BrokerError(f"docker compose could not {options.action} the broker, see above", "correct that, run again")
    say(done)
    return HOLDS
