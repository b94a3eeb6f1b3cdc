"""One look at the broker's index before a client runs: is it there, does it let us in, is it a broker?"""

import ssl
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions
from urllib3.util import Retry

from broker.client import FIRST_PAUSE, LONGEST_PAUSE
from broker.connection import Connection
from broker.faults import fault_in
from broker.outcome import BrokerError

NEEDED_LINKS = ("pb:publish-contracts", "pb:provider-pacts-for-verification", "pb:pacticipant-version")


def require_broker(connection: Connection) -> None:
    """Return when the broker answers its index as a broker does.

    Passing faults are tried again `connection.retries` times, with growing pauses or as Retry-After says:
    reading the index changes nothing, so this is always safe.
    Raises: BrokerError that says what stands in the way.
    """
    doing = f"asking {connection.url}"
    try:
        answer = _index(connection)
        body = answer.json() if answer.status_code == 200 else None
    except requests.exceptions.SSLError as error:
        raise fault_in("certificate", doing) from error
    except requests.exceptions.JSONDecodeError as error:
        raise fault_in("is not a Pact Broker", doing) from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise fault_in("error decoding response body", doing) from error
    except requests.exceptions.ConnectionError as error:
        raise fault_in(_why_unreachable(error), doing) from error

    if answer.is_redirect:
        target = connection.scrub(answer.headers["location"])
        raise BrokerError(
            f"{doing}: it redirects ({answer.status_code}) to {target}",
            "set PACT_BROKER_BASE_URL to where it leads; credentials are never sent after a redirect",
        )
    if answer.status_code == 404:
        raise fault_in("is not a Pact Broker", doing)
    if answer.status_code != 200:
        raise fault_in(f"failed: {answer.status_code}", doing)
    links = body.get("_links", {}) if isinstance(body, dict) else {}
    if not links:
        raise fault_in("is not a Pact Broker", doing)
    missing = [name for name in NEEDED_LINKS if name not in links]
    if missing:
        raise BrokerError(
            f"{doing}: this broker is too old, it has no {', '.join(missing)}",
            "use Pact Broker 2.86 or newer",
        )


def _index(connection: Connection) -> requests.Response:
    retry = Retry(
        total=connection.retries,
        redirect=0,
        allowed_methods={"GET"},
        status_forcelist={408, 429, 500, 502, 503, 504},
        backoff_factor=FIRST_PAUSE,
        backoff_max=LONGEST_PAUSE,
        retry_after_max=int(LONGEST_PAUSE),
        raise_on_status=False,
        raise_on_redirect=False,
    )
    with requests.Session() as session:
        session.mount(connection.url, _SystemTrust(max_retries=retry))
        return session.get(
            connection.url,
            headers={"Accept": "application/hal+json, application/json"},
            auth=_Credentials(connection.authorization()),
            timeout=connection.seconds,
            allow_redirects=False,
        )


def _why_unreachable(error: requests.exceptions.ConnectionError) -> str:
    """In the words of the fault table; urllib3 hides the reason of the last attempt in its own error."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, exceptions.NewConnectionError):
        return "no connection"
    return "no answer within" if isinstance(reason, exceptions.TimeoutError) else "connection lost"


class _SystemTrust(HTTPAdapter):
    """Trusts what the clients trust, the system's store and SSL_CERT_FILE, not only requests' own bundle."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=ssl.create_default_context())


class _Credentials(requests.auth.AuthBase):
    """Sends our header or none; without this, requests would look for credentials in ~/.netrc."""

    def __init__(self, authorization: str | None) -> None:
        self.authorization = authorization

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.authorization:
            request.headers["Authorization"] = self.authorization
        return request
