"""`make record-deployment`: tell the broker what runs where, so that the next gate compares with it."""

import sys
from collections.abc import Sequence

from broker.client import Said, call
from broker.connection import Connection
from broker.faults import fault_in
from broker.outcome import BrokerError

LOOK_FIRST = (
    "see at the broker whether it is recorded (`pact broker describe-version`), and run this again only if it is "
    "not and nothing else was deployed meanwhile"
)


def record_deployment(connection: Connection, pacticipants: Sequence[str], version: str, environment: str) -> None:
    """Record that `version` of each pacticipant now runs in `environment`.

    Never tried again by itself: after a lost answer another deployment may have been recorded meanwhile,
    and a late repetition would replace it.
    Raises: BrokerError that says which are recorded.
    """
    done: list[str] = []
    for name in pacticipants:
        doing = f"recording {name} {version} in {environment}"
        try:
            said = call(
                connection,
                doing,
                *(
                    "record-deployment",
                    "--pacticipant",
                    name,
                    "--version",
                    version,
                    "--environment",
                    environment,
                ),
            )
            if said.returncode != 0:
                raise _refusal(said, doing, environment) or fault_in(said.text, doing, LOOK_FIRST)
        except BrokerError as error:
            state = f"recorded before that: {', '.join(done) or 'none'}"
            raise BrokerError(f"{error.cause}\n{state}", error.fix, code=error.exit_code) from error
        done.append(name)
        sys.stdout.write(f"recorded: {name} {version} runs in {environment}\n")


def _refusal(said: Said, doing: str, environment: str) -> BrokerError | None:
    if f"Environment {environment} does not exist" in said.text:
        return BrokerError(
            f"{doing}: the broker knows no environment '{environment}'",
            f"correct TO, or create it once: `pact broker create-environment --name {environment}`",
        )
    if "failed: 404" in said.text:
        return BrokerError(f"{doing}: the broker knows no such version", "`make publish` or `make verify-broker` first")
    return None
