"""Read the broker's address and credentials from options and the environment variables that all Pact tools share."""

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from outdial.broker.errors import unusable
from outdial.verification.target import is_complete

URL, TOKEN, USERNAME, PASSWORD = (f"PACT_BROKER_{name}" for name in ("BASE_URL", "TOKEN", "USERNAME", "PASSWORD"))
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")  # in this order: systems set the second to their own store
DRY_RUN = "PACT_BROKER_CAN_I_DEPLOY_DRY_RUN"  # never handed on: with it the client says yes whatever the broker says


@dataclass(frozen=True, slots=True)
class Connection:
    """A broker's address and credentials; no credential appears in `repr`, on a command line or in output.

    `seconds` is the time limit of one call of the client, or of one request of our own.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    retries: int = 3
    seconds: float = 60

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Connection":
        """Read the variables; empty ones count as unset, white space around values is dropped (CI secrets end with it).

        Raises: BrokerError when no broker is named, or the address or the credentials cannot be right.
        """
        given = {name: value.strip() for name, value in environment.items() if value.strip()}
        if URL not in given:
            raise unusable(
                f"{URL} is not set: no broker to talk to",
                f"start one with `docker compose up` (compose.yaml) and `export {URL}=http://localhost:9292`, or set "
                f"{URL} to your Pact Broker or PactFlow, with {TOKEN}, or {USERNAME} and {PASSWORD}",
            )
        url, username, password = _parts(given[URL])
        token = given.get(TOKEN)
        if username and given.keys() & {TOKEN, USERNAME, PASSWORD}:
            cause = f"credentials are given twice: inside {URL} and in their own variables"
            raise unusable(cause, f"take them out of {URL}")
        if not username:
            username, password = given.get(USERNAME), given.get(PASSWORD)
        if token and (username or password):
            fix = "unset one: keep the token for PactFlow, user and password for a broker with basic authentication"
            raise unusable(f"{TOKEN} and {USERNAME}/{PASSWORD} are both set", fix)
        if bool(username) != bool(password):
            raise unusable(f"{PASSWORD if username else USERNAME} is not set, its counterpart is", "set both, or none")
        for name in (TOKEN, USERNAME, PASSWORD):
            if not given.get(name, "").isprintable():
                raise unusable(f"invalid {name}: it has a line break or control character inside", "set it to one line")
        ca_variable = next((name for name in CA_VARIABLES if name in given), "")
        try:
            ssl.create_default_context(cafile=given.get(ca_variable))
        except OSError:
            raise unusable(
                f"invalid {ca_variable} {given[ca_variable]!r}: expected a PEM file of certificates",
                "set it to the certificate of the authority that signed the broker's",
            ) from None
        retries, seconds = _number(given, "PACT_BROKER_HTTP_RETRIES", 3), _number(given, "OUTDIAL_BROKER_SECONDS", 60)
        return cls(url, token, username, password, given.get(ca_variable), retries, seconds)

    def client_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the official client, the only way by which credentials reach it."""
        ours = {
            **{URL: self.url, TOKEN: self.token, USERNAME: self.username, PASSWORD: self.password},
            **{"SSL_CERT_FILE": self.ca_file, "PACT_DO_NOT_TRACK": "true"},
        }
        kept = {name: value for name, value in environment.items() if name not in ours and name != DRY_RUN}
        return kept | {name: value for name, value in ours.items() if value is not None}

    def authorization(self) -> str | None:
        """Return the Authorization header of our own requests, None without credentials."""
        if self.token:
            return f"Bearer {self.token}"
        return f"Basic {self._basic()}" if self.username else None

    def mask(self, text: str) -> str:
        """Return `text` with every credential replaced, plain, URL-encoded or as Base64."""
        for secret in (self.token, self.password):
            if secret:
                text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return text.replace(self._basic(), "***") if self.username else text

    def _basic(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def _parts(url: str) -> tuple[str, str | None, str | None]:
    """Split `https://user:password@host/path/` into the bare address, user and password. Raises: BrokerError."""
    if not is_complete(url):
        shown = "a value with credentials" if "@" in url else repr(url)
        fix = "set it to one like https://broker.example/path"
        raise unusable(f"invalid {URL} {shown}: expected a full address", fix)
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    return bare, unquote(parts.username or "") or None, unquote(parts.password or "") or None


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    value = given.get(name, str(default))
    if not value.isdecimal() or int(value) > 3600:
        raise unusable(f"invalid {name} {value!r}: expected a number from 0 to 3600", f"leave it out for {default}")
    return int(value)
