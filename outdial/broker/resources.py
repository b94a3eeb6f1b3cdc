"""Read and write the broker's resources as it links them, for verification.

Pact's Verifier fetches and records by itself, but it records a provider that does not answer as one that breaks its
pacts, sends the compared values (tokens) along and does not name the pact of a result.
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
from outdial.broker.errors import BrokerError, fault_in

Json = dict[str, Any]
CONNECT_SECONDS = 10
AT_ONCE = 8  # connections; pacts are fetched in parallel


class Resources:
    """A session at a broker whose index was read."""

    def __init__(self, connection: Connection) -> None:
        """Read the index. Raises: BrokerError."""
        self._connection = connection
        self._until = time.monotonic() + connection.verify_seconds
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(connection))
        doing = f"asking {connection.url}"
        answer = self._answer("GET", connection.url, doing)
        if answer.status_code in (400, 401):
            raise fault_in(f"index: {answer.status_code}", doing)
        links = None if answer.status_code == 404 else self._content(answer, doing).get("_links")
        if not isinstance(links, dict):
            raise fault_in("is not a Pact Broker", doing)
        self._links: Json = links

    def link(self, rel: str, **names: str) -> str:
        """Return the address of a resource in the index. Raises: BrokerError when the broker is too old for it."""
        if rel not in self._links:
            raise BrokerError(
                f"asking {self._connection.url}: the broker has no {rel}", "use Pact Broker 2.86 or newer"
            )
        href = str(self._links[rel]["href"])
        for name, value in names.items():
            href = href.replace(f"{{{name}}}", quote(value, safe=""))
        return href

    def request(self, method: str, url: str, doing: str, body: Json | None = None) -> Json:
        """Return the answer of a request, which is repeated after a passing fault. Raises: BrokerError."""
        return self._content(self._answer(method, url, doing, body), doing)

    def find(self, url: str, doing: str) -> Json | None:
        """Return the resource, None when the broker has none. Raises: BrokerError."""
        answer = self._answer("GET", url, doing)
        return None if answer.status_code == 404 else self._content(answer, doing)

    def seconds_left(self) -> float:
        """Return the seconds left for the verification. Raises: BrokerError when there are none."""
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
                headers={"Accept": "application/hal+json, application/json"},
                auth=self._authorize,
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
            refused = isinstance(getattr(error.args[0], "reason", None), exceptions.NewConnectionError)
            raise fault_in("no connection" if refused else "connection lost", doing) from error
        if answer.is_redirect:
            target = urlsplit(answer.headers["location"])._replace(query="", fragment="").geturl()
            raise BrokerError(
                f"{doing}: the broker's address redirects ({answer.status_code}) to {self._connection.mask(target)}",
                "if the broker moved, set PACT_BROKER_BASE_URL to its new address; if that is a login page, set "
                "PACT_BROKER_TOKEN to an API token",
            )
        return answer

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add our header; without an `auth` requests would look for credentials in ~/.netrc."""
        if header := self._connection.authorization():
            request.headers["Authorization"] = header
        return request

    def _content(self, answer: requests.Response, doing: str) -> Json:
        if not answer.ok:
            raise fault_in(f"failed: {answer.status_code} {self._connection.mask(answer.text[:500])}", doing)
        try:
            content = answer.json()
        except (requests.exceptions.JSONDecodeError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise fault_in("is not a Pact Broker", doing)
        return content


class _Retry(Retry):
    """Retries that leave a timeout out: more requests do not help a broker under load."""

    def increment(self, *arguments: Any, **options: Any) -> Self:
        if isinstance(error := options.get("error"), exceptions.ReadTimeoutError):
            raise error
        return super().increment(*arguments, **options)


class _Adapter(HTTPAdapter):
    """Trust and retries like those of the official client."""

    def __init__(self, connection: Connection) -> None:
        self._context = ssl.create_default_context(cafile=connection.ca_file)
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
        super().__init__(max_retries=retry, pool_maxsize=AT_ONCE)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=self._context)
