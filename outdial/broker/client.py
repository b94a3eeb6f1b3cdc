"""Runs the real client, `pact broker …`: credentials by environment, output scrubbed, time bounded."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from outdial.broker.connection import Connection
from outdial.broker.faults import fault_in
from outdial.broker.outcome import BrokerError

PACT = Path(sys.executable).with_name("pact")
"""The binary of pact-python-cli, in the same environment as this interpreter."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second attempt; each further pause is twice as long, up to the longest."""

Value = TypeVar("Value")


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


def call(connection: Connection, doing: str, *words: str) -> ClientOutput:
    """Run `pact broker <words>` once, asking for JSON. `doing` is for errors.

    The binary's own retries are off: it would repeat operations that must not be repeated.
    Raises: BrokerError when it does not end within `connection.seconds`.
    """
    command = [str(PACT), "broker", *words, "--output", "json", "--retries", "0"]
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


def repeated(connection: Connection, operation: Callable[[], Value]) -> Value:
    """`operation`'s value, tried again after passing faults. Only for what may safely be repeated."""
    for attempt in range(connection.retries):
        try:
            return operation()
        except BrokerError as error:
            if not error.transient:
                raise
            time.sleep(min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE))
    return operation()
