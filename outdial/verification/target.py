"""The address of a provider and of its state URL."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

CHECK_SECONDS = 5


class BadAddress(Exception):
    """Raised for an invalid address, or one that does not fit the pacts. The message says what would fit."""

    exit_code: ClassVar[int] = 4


class ProviderUnreachable(Exception):
    """Raised when the provider or its state URL fails in a way that no row can be verified."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Target:
    """A provider under verification.

    With `prefixed`, each edition is served below `base_url` under its name. `heard` is the URL at which our own stub
    tells the answers it gave; a relay records those of other providers.
    """

    base_url: str
    state_url: str | None
    prefixed: bool = True
    heard: str | None = None

    def url_of(self, provider: str) -> str:
        """Return the base URL of one provider."""
        return f"{self.base_url}/{provider}" if self.prefixed else self.base_url

    def require(self) -> None:
        """Raise `ProviderUnreachable` unless both addresses accept a connection."""
        for what, url in (("the provider", self.base_url), ("the state URL", self.state_url)):
            if url is None:
                continue
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            try:
                socket.create_connection((str(parts.hostname), port), CHECK_SECONDS).close()
            except OSError as error:
                raise ProviderUnreachable(f"{what} {url} does not answer: {error.strerror or error}") from None


def target_at(
    provider_url: str | None, state_url: str | None, providers: Sequence[str], states: bool = True
) -> Target | None:
    """Return the target at these addresses, not connected to yet; None without addresses.

    `states` tells whether a row has a provider state, which needs a state URL. Raises `BadAddress`.
    """
    if provider_url is None and state_url is None:
        return None
    if provider_url is None:
        raise BadAddress("--state-url needs --provider-url")
    if state_url is None and states:
        raise BadAddress("--provider-url needs --state-url: rows have provider states, which that URL sets up")
    require_address("--provider-url", provider_url)
    if state_url:
        require_address("--state-url", state_url)
    if len(set(providers)) > 1:
        named = ", ".join(sorted(set(providers)))
        raise BadAddress(f"--provider-url is one provider, the pacts are of several: {named}; name one pact")
    return Target(provider_url.rstrip("/"), state_url, prefixed=False)


def require_address(option: str, url: str) -> None:
    """Raise `BadAddress` unless a URL is complete and holds no user or password. The password is not shown."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        str(parts.hostname).encode("idna")
        named = "@" in parts.netloc
    except ValueError:
        usable = named = False
    if named:
        raise BadAddress(f"invalid {option}: no user or password is sent to a provider; remove the part before @")
    if not usable:
        value = "" if "@" in url else f" {url!r}"
        raise BadAddress(f"invalid {option}{value}: expected a complete URL, for example http://127.0.0.1:8650/api")
