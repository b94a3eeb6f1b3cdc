"""Runs the real client, `pact broker …`: credentials by environment, output scrubbed, time bounded."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outdial.broker.connection import Connection
from outdial.broker.faults import fault_in
from outdial.broker.outcome import BrokerError

PACT = Path(sys.executable).with_name("pact")
"""The binary of pact-python-cli, in the same environment as this interpreter."""


@dataclass(frozen=True, slots=True)
class ClientOutput:
    """A finished client call. Its text is scrubbed."""

    returncode: int
    text: str

    def documents(self) -> Iterator[dict[str, Any]]:
        """The JSON objects it printed, a line each, between lines for people."""
        for line in self.text.splitlines():
            if line.startswith("{"):
                try:
                    document = json.loads(line)
                except json.JSONDecodeError:
                    continue
                yield document


def call(connection: Connection, doing: str, *words: str, repeat: bool = True) -> ClientOutput:
    """Run `pact broker <words>` and ask for JSON. `doing` names the step in errors.

    The client repeats a request after a passing fault, unless `repeat` is False.
    Raises: BrokerError after `connection.seconds`, repetitions included.
    """
    attempts = 1 + connection.retries if repeat else 0  # the client's --retries counts attempts
    command = [str(PACT), "broker", *words, "--output", "json", "--retries", str(attempts)]
    try:
        done = subprocess.run(
            command,
            env=connection.client_environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=connection.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise fault_in("no answer within", doing) from error
    except FileNotFoundError as error:
        raise BrokerError(f"{doing}: {PACT} is missing", "run `make setup`") from error
    return ClientOutput(done.returncode, connection.scrub(f"{done.stdout}\n{done.stderr}"))


def require(connection: Connection, doing: str, *words: str) -> None:
    """Run it and be content with any success. Raises: BrokerError."""
    said = call(connection, doing, *words)
    if said.returncode != 0:
        raise fault_in(said.text, doing)
