"""What can go wrong between a client and a broker, each with one message: the cause and the fix.

Clients only print; what they print about a failed request is matched here, in one table.
"""

import re
from dataclasses import dataclass

from outdial.broker.outcome import BrokerError

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Fault:
    pattern: str
    """Found in what `pact broker` or the Verifier says; the pre-flight check speaks the same words."""
    cause: str
    fix: str
    transient: bool = False
    """It may pass by itself, so an operation that may be repeated is tried again, and so may the user."""


AGAIN = "run the same command again: what the broker already holds is not changed by that"

TOO_SLOW = Fault(
    r"no answer within",
    "the broker took too long to answer",
    "check its load; OUTDIAL_BROKER_SECONDS sets how long to wait for one answer, OUTDIAL_VERIFY_SECONDS for all of a "
    "verification",
)
"""Not tried again: a broker under load is not helped by more requests."""

FAULTS = (
    Fault(
        r"index: 401",
        "the broker does not accept the credentials (401 Unauthorized)",
        "set PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD, to what this broker knows",
    ),
    Fault(
        r"index: 400",
        "the broker does not understand the credentials (400 Bad Request): a broker with basic authentication "
        "answers so to a bearer token",
        "set PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD instead of PACT_BROKER_TOKEN",
    ),
    Fault(
        # every command reads the index first, with the same credentials
        r"failed: 401",
        "the broker lets these credentials read, but not do this (401 Unauthorized)",
        "use credentials that may: the read/write user of a broker with basic authentication, not the read-only "
        "one. Where reading is open to everybody, they may also be wrong or missing",
    ),
    Fault(
        r"failed: 403",
        "the credentials are known but may not do this (403 Forbidden)",
        "use credentials that may write: a read/write token in PactFlow, the read/write user elsewhere",
    ),
    Fault(
        r"failed: 404",
        "the broker has no such resource (404 Not Found)",
        "check PACT_BROKER_BASE_URL, also for a redirect on the way, and that the pacticipant and version "
        "named are published",
    ),
    Fault(
        r"failed: 409",
        "the broker refuses: what is sent contradicts what it holds (409 Conflict)",
        "publish under a new version: commit, or give --consumer-version",
    ),
    Fault(r"failed: 408", "the broker gave up waiting (408 Request Timeout)", "check its load", transient=True),
    Fault(r"failed: 429", "the broker asks for fewer requests (429 Too Many Requests)", "wait", transient=True),
    Fault(
        r"failed: 500",
        "the broker failed inside (500 Internal Server Error)",
        "look into the broker's log",
        transient=True,
    ),
    Fault(
        r"failed: 502",
        "a proxy stands before the broker and cannot reach it (502 Bad Gateway)",
        "check that the broker runs",
        transient=True,
    ),
    Fault(
        r"failed: 50[34]",
        "the broker is not available now (503 Service Unavailable, or 504 from a proxy)",
        "wait until it is up",
        transient=True,
    ),
    Fault(
        r"following redirect|failed: 30\d",
        "the broker's address redirects",
        "set PACT_BROKER_BASE_URL to the address it redirects to",
    ),
    Fault(
        r"error decoding response body|response body is cut off",
        "the broker's answer breaks off or is not JSON",
        "look for a proxy that cuts answers short",
        transient=True,
    ),
    Fault(
        r"valid HAL response body|is not a Pact Broker",
        "what answers at PACT_BROKER_BASE_URL does not answer like a Pact Broker",
        "check the address and whether a login page or proxy stands before it",
    ),
    Fault(
        r"certificate|SSLError",
        "the broker's certificate is not trusted",
        "set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to the PEM file of the authority that signed it",
    ),
    Fault(
        r"Failed to access|Failed to send JSON|error sending request|connection lost",
        "the connection to the broker was lost half-way",
        "check network and proxies",
        transient=True,
    ),
    Fault(
        r"no connection",
        "nobody answers at PACT_BROKER_BASE_URL",
        "start the broker (`outdial broker start` on a laptop) or correct the address",
        transient=True,
    ),
    TOO_SLOW,
)


def fault_in(said: str, doing: str, again: str = AGAIN) -> BrokerError:
    """The error for what a client `said`, scrubbed, while `doing` something ('publishing web-shop').

    `again` is the advice on repeating the command, given where that can help.
    """
    plain = ANSI.sub("", said)
    for fault in FAULTS:
        if re.search(fault.pattern, plain):
            fix = f"{fault.fix}, then {again}" if fault.transient or fault is TOO_SLOW else fault.fix
            return BrokerError(f"{doing}: {fault.cause}", fix, transient=fault.transient)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return BrokerError(
        f"{doing}: the client failed: {lines[-1] if lines else 'it said nothing'}",
        "check PACT_BROKER_BASE_URL and the broker's log",
    )
