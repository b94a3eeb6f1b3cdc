"""The broker's resources, read and written as it links them: what verification needs and no client offers.

Pact's Verifier fetches and records by itself, but records a provider that is not there as one that breaks its pacts,
sends the values it compared (tokens) along, does not say which pact a result belongs to, and repeats 5xx answers for
two minutes. Everything else is left to the `pact broker` client.
"""

import ssl
import time
from typing import Any, Self
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions
from urllib3.util import Retry

from outdial.broker.connection import Connection
from outdial.broker.faults import fault_in
from outdial.broker.outcome import BrokerError

Json = dict[str, Any]
NEEDED_LINKS = ("pb:publish-contracts", "pb:provider-pacts-for-verification", "pb:pacticipant-branch-version")
ACCEPT = "application/hal+json, application/json"
CONNECT_SECONDS = 10
AT_ONCE = 8
"""Connections that are kept: pacts are fetched at once."""


class Resources:
    """A broker that has answered its index as a broker does."""

    def __init__(self, connection: Connection) -> None:
        """Read the index.

        Passing faults are tried again `connection.retries` times, with growing pauses or as Retry-After says.
        Raises: BrokerError that says what stands in the way.
        """
        self._connection = connection
        self._until = time.monotonic() + connection.verify_seconds
        self._session = requests.Session()
        retry = _Retry(
            total=connection.retries,
            redirect=0,
            other=0,
            allowed_methods=None,
            status_forcelist={408, 429, 500, 502, 503, 504},
            backoff_factor=0.5,
            backoff_max=30,
            retry_after_max=30,
            raise_on_status=False,
        )
        adapter = _Trust(connection.ca_file, max_retries=retry, pool_maxsize=AT_ONCE)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        doing = f"asking {connection.url}"
        answer = self._answer("GET", connection.url, doing)
        if answer.status_code in (400, 401):
            raise fault_in(f"index: {answer.status_code}", doing)
        if answer.status_code == 404:
            raise fault_in("is not a Pact Broker", doing)
        links = self._content(answer, doing).get("_links")
        if not isinstance(links, dict):
            raise fault_in("is not a Pact Broker", doing)
        if missing := [name for name in NEEDED_LINKS if name not in links]:
            raise BrokerError(
                f"{doing}: this broker is too old, it has no {', '.join(missing)}", "use Pact Broker 2.86 or newer"
            )
        self._links: dict[str, Json] = links

    def link(self, rel: str, **names: str) -> str:
        """Where the index says that a resource is."""
        href = str(self._links[rel]["href"])
        for name, value in names.items():
            href = href.replace(f"{{{name}}}", quote(value, safe=""))
        return href

    def get(self, url: str, doing: str) -> Json:
        """The resource. Raises: BrokerError."""
        return self._content(self._answer("GET", url, doing), doing)

    def find(self, url: str, doing: str) -> Json | None:
        """The resource, or None where the broker has none. Raises: BrokerError."""
        answer = self._answer("GET", url, doing)
        return None if answer.status_code == 404 else self._content(answer, doing)

    def send(self, method: str, url: str, body: Json, doing: str) -> Json:
        """What the broker answers; for requests that may be repeated. Raises: BrokerError."""
        return self._content(self._answer(method, url, doing, body), doing)

    def seconds_left(self) -> float:
        """Until the one limit for all of a verification. Raises: BrokerError when it has passed."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise fault_in("no answer within", f"after {self._connection.verify_seconds:g} seconds")
        return left

    def _answer(self, method: str, url: str, doing: str, body: Json | None = None) -> requests.Response:
        ours, theirs = urlsplit(self._connection.url), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise BrokerError(
                f"{doing}: {theirs.scheme}://{theirs.netloc} is not the broker in PACT_BROKER_BASE_URL",
                "set PACT_BROKER_BASE_URL to the address that the broker names in its links; credentials are sent "
                "nowhere else",
            )
        limit = min(self._connection.seconds, self.seconds_left())
        try:
            answer = self._session.request(
                method,
                url,
                json=body,
                headers={"Accept": ACCEPT},
                auth=_Credentials(self._connection.authorization()),
                timeout=(min(limit, CONNECT_SECONDS), limit),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise fault_in("certificate", doing) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise fault_in("error decoding response body", doing) from error
        except requests.exceptions.Timeout as error:
            raise fault_in("no answer within", doing) from error
        except requests.exceptions.ConnectionError as error:
            raise fault_in(_why_unreachable(error), doing) from error
        if answer.is_redirect:
            target = urlsplit(answer.headers["location"])._replace(query="", fragment="").geturl()
            raise BrokerError(
                f"{doing}: the broker's address redirects ({answer.status_code}) to {self._connection.scrub(target)}",
                "if the broker moved, set PACT_BROKER_BASE_URL to its new address; if that is a login page, set "
                "PACT_BROKER_TOKEN to an API token",
            )
        return answer

    def _content(self, answer: requests.Response, doing: str) -> Json:
        if not answer.ok:
            raise fault_in(f"failed: {answer.status_code} {self._connection.scrub(answer.text[:500])}", doing)
        try:
            content = answer.json()
        except (requests.exceptions.JSONDecodeError, RecursionError) as error:
            raise fault_in("is not a Pact Broker", doing) from error
        if not isinstance(content, dict):
            raise fault_in("is not a Pact Broker", doing)
        return content


def _why_unreachable(error: requests.exceptions.ConnectionError) -> str:
    """In the words of the fault table; urllib3 hides the reason in its own error."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, exceptions.NewConnectionError):
        return "no connection"
    return "no answer within" if isinstance(reason, exceptions.TimeoutError) else "connection lost"


class _Retry(Retry):
    """Retries that leave a timeout out: more requests do not help a broker under load."""

    def increment(self, *arguments: Any, **options: Any) -> Self:
        if isinstance(error := options.get("error"), exceptions.ReadTimeoutError):
            raise error
        return super().increment(*arguments, **options)


class _Trust(HTTPAdapter):
    """Trust in the authorities of `ca_file`, otherwise in those of the system, as the client has it."""

    def __init__(self, ca_file: str | None, **options: Any) -> None:
        self._context = ssl.create_default_context(cafile=ca_file)
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)


class _Credentials(requests.auth.AuthBase):
    """Sends our header or none; without this, requests would look for credentials in ~/.netrc."""

    def __init__(self, authorization: str | None) -> None:
        self.authorization = authorization

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.authorization:
            request.headers["Authorization"] = self.authorization
        return request
