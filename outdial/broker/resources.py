"""Read and write the broker's resources as it links them, for verification.

Pact's Verifier fetches and records by itself, but it records a provider that does not answer as one that breaks its
pacts, sends the compared values (tokens) along and does not name the pact of a result.
"""

import ssl
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from outdial.broker.connection import Connection
from outdial.broker.errors import BrokerError, fault_in

Json = dict[str, Any]
CONNECT_SECONDS = 10
MAY_PASS = {408, 429, 500, 502, 503, 504}
LONGEST_PAUSE = 30.0


class Resources:
    """A session at a broker whose index was read. A request is repeated after a passing fault, with growing pauses."""

    def __init__(self, connection: Connection) -> None:
        """Read the index. Raises: BrokerError."""
        self._connection, self._session = connection, requests.Session()
        repeated = Retry(
            connection.retries, read=1,  # a broker that hangs would cost a minute each time
            status_forcelist=MAY_PASS, allowed_methods=None, backoff_factor=0.5,
            backoff_max=LONGEST_PAUSE, respect_retry_after_header=False, raise_on_status=False,
        )  # fmt: skip
        self._session.mount(connection.url, HTTPAdapter(max_retries=repeated))
        system = ssl.get_default_verify_paths()
        self._trusted = connection.ca_file or system.cafile or system.capath or True
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
            raise fault_in(f"the broker has no {rel}", f"asking {self._connection.url}")
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

    def _answer(self, method: str, url: str, doing: str, body: Json | None = None) -> requests.Response:
        ours, theirs = urlsplit(self._connection.url), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise BrokerError(
                f"{doing}: {theirs.scheme}://{theirs.netloc} is not the broker in PACT_BROKER_BASE_URL",
                "set PACT_BROKER_BASE_URL to the address that the broker names in its links; credentials are sent "
                "nowhere else",
            )
        seconds = self._connection.seconds
        try:
            answer = self._session.request(
                method, url, json=body, headers={"Accept": "application/hal+json, application/json"},
                auth=self._authorize, timeout=(min(seconds, CONNECT_SECONDS), seconds), allow_redirects=False,
                verify=self._trusted,
            )  # fmt: skip
        except requests.exceptions.RequestException as error:
            raise fault_in(f"{type(error).__name__}: {error}", doing) from error
        if answer.is_redirect:
            target = urlsplit(answer.headers["location"])._replace(query="", fragment="").geturl()
            raise fault_in(f"failed: {answer.status_code} to {self._connection.mask(target)}", doing)
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
