"""Run the official client, `pact broker …`: credentials in the environment, output masked, time limited."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outdial.broker.connection import Connection
from outdial.broker.errors import BrokerError, fault_in

PACT = Path(sys.executable).with_name("pact")  # of pact-python-cli, installed beside this interpreter


@dataclass(frozen=True, slots=True)
class ClientOutput:
    """A finished call of the client, secrets masked."""

    returncode: int
    text: str

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects among the printed lines."""
        for line in self.text.splitlines():
            if line.startswith("{"):
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue


def call(connection: Connection, doing: str, *words: str, repeat: bool = True, waiting: float = 0) -> ClientOutput:
    """Run `pact broker <words>` and ask for JSON. `doing` names the step in errors.

    The client repeats a request after a passing fault, unless `repeat` is False.
    Raises: BrokerError after `connection.seconds` and the seconds of `waiting`, repetitions included.
    """
    attempts = 1 + connection.retries if repeat else 0  # the client's --retries counts attempts
    command = [str(PACT), "broker", *words, "--output", "json", "--retries", str(attempts)]
    try:
        done = subprocess.run(
            command, env=connection.client_environment(os.environ), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=connection.seconds + waiting, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise fault_in("no answer within", doing) from error
    except FileNotFoundError as error:
        raise BrokerError(f"{doing}: {PACT} is missing", "run `make setup`") from error
    return ClientOutput(done.returncode, connection.mask(f"{done.stdout}\n{done.stderr}"))


def say(line: str) -> None:
    """Print a line; a closed reader (`outdial broker publish | head`) does not stop the work half-way."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
