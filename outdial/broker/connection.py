"""Where the broker is and how to authenticate, from the environment that all Pact tools share."""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from outdial.broker.outcome import Unusable

CREDENTIAL_VARIABLES = ("PACT_BROKER_TOKEN", "PACT_BROKER_USERNAME", "PACT_BROKER_PASSWORD")
OVERRULING_VARIABLES = ("PACT_BROKER_CAN_I_DEPLOY_DRY_RUN",)
"""Removed from the clients' environment: with them the binary says yes whatever the broker says."""

RETRIES, SECONDS, VERIFY_SECONDS = 3, 60.0, 300.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A broker's address and credentials, which never appear in `repr`, on a command line or in output."""

    url: str
    token: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    retries: int = RETRIES
    """How often an operation that may safely be repeated is tried again after a passing fault."""
    seconds: float = SECONDS
    """How long one client call may take before it is stopped."""
    verify_seconds: float = VERIFY_SECONDS
    """How long a verification may take, all providers and all requests to the broker together."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Connection":
        """Read PACT_BROKER_BASE_URL and credentials; empty values count as not set, as CI systems leave them.

        Raises: BrokerError when no broker is named, or the address or the credentials cannot be right.
        """
        given = {name: value.strip() for name, value in environment.items() if value.strip()}
        if "PACT_BROKER_BASE_URL" not in given:
            raise Unusable(
                "PACT_BROKER_BASE_URL is not set: no broker to talk to",
                "start one here with `outdial broker start` and `export PACT_BROKER_BASE_URL=http://localhost:9292`, "
                "or set PACT_BROKER_BASE_URL to your Pact Broker or PactFlow, with PACT_BROKER_TOKEN, or "
                "PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD",
            )
        token, username, password = (given.get(name) for name in CREDENTIAL_VARIABLES)
        url, in_url = without_credentials(given["PACT_BROKER_BASE_URL"])
        if in_url and (token or username or password):
            raise Unusable(
                "credentials are given twice: inside PACT_BROKER_BASE_URL and in their own variables",
                "take them out of PACT_BROKER_BASE_URL",
            )
        if in_url:
            username, password = in_url
        if token and (username or password):
            raise Unusable(
                "PACT_BROKER_TOKEN and PACT_BROKER_USERNAME/PACT_BROKER_PASSWORD are both set",
                "keep one: the token for PactFlow, user and password for a broker with basic authentication",
            )
        if bool(username) != bool(password):
            missing = "PACT_BROKER_PASSWORD" if username else "PACT_BROKER_USERNAME"
            raise Unusable(f"{missing} is not set, its counterpart is", "set both, or neither")
        return cls(
            url,
            token,
            username,
            password,
            retries=int(number(given, "PACT_BROKER_HTTP_RETRIES", RETRIES)),
            seconds=number(given, "OUTDIAL_BROKER_SECONDS", SECONDS),
            verify_seconds=number(given, "OUTDIAL_VERIFY_SECONDS", VERIFY_SECONDS),
        )

    def client_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment for a real client: the only way by which credentials reach it."""
        mine = {
            "PACT_BROKER_BASE_URL": self.url,
            "PACT_BROKER_TOKEN": self.token,
            "PACT_BROKER_USERNAME": self.username,
            "PACT_BROKER_PASSWORD": self.password,
            "PACT_DO_NOT_TRACK": "true",
        }
        dropped = {*mine, *OVERRULING_VARIABLES}
        kept = {name: value for name, value in environment.items() if name not in dropped}
        return kept | {name: value for name, value in mine.items() if value is not None}

    def authorization(self) -> str | None:
        if self.token:
            return f"Bearer {self.token}"
        if self.username:
            return f"Basic {self._basic()}"
        return None

    def scrub(self, text: str) -> str:
        """`text` without anything that could be used to log in, in any spelling a client may print."""
        for secret in (self.token, self.password):
            if secret:
                text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text.replace(self._basic(), "***") if self.username else text

    def _basic(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def without_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """Split `https://user:password@host/path/` into the bare address and the credentials in it, if any."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        shown = url if "@" not in url else "a value with credentials in it"
        raise Unusable(
            f"PACT_BROKER_BASE_URL is not an address: {shown}",
            "give it in full, like https://broker.example or http://localhost:9292",
        )
    where = f"[{host}]" if ":" in host else host
    bare = urlunsplit((parts.scheme, where if port is None else f"{where}:{port}", parts.path.rstrip("/"), "", ""))
    if parts.username:
        return bare, (unquote(parts.username), unquote(parts.password or ""))
    return bare, None


def number(given: Mapping[str, str], name: str, default: float) -> float:
    value = given.get(name)
    if value is None:
        return default
    try:
        parsed = float(value)
    except ValueError:
        parsed = math.nan
    if not 0 <= parsed <= 3600:
        raise Unusable(f"{name} is {value}: not a number from 0 to 3600", f"leave it out for {default:g}")
    return parsed
