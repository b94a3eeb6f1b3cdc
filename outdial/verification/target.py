"""The address of a provider and of its state URL."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from outdial.pact_files import Interaction

CHECK_SECONDS = 5


class BadAddress(Exception):
    """Raised for an invalid address, or one that does not fit the pacts. The message says what would fit."""

    exit_code: ClassVar[int] = 4


class ProviderUnreachable(Exception):
    """Raised when the provider or its state URL fails in a way that no row can be verified."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Target:
    """A provider under verification. With `prefixed`, each edition is served below `base_url` under its name."""

    base_url: str
    state_url: str | None
    prefixed: bool = True

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
    provider_url: str | None, state_url: str | None, rows: Sequence[Interaction], login_url: str | None = None
) -> Target | None:
    """Return the target at these addresses, not connected to yet; None without addresses. Raises `BadAddress`."""
    if provider_url is None:
        if state_url or login_url:
            raise BadAddress(f"{'--state-url' if state_url else '--login-url'} needs --provider-url")
        return None
    if state_url is None and any(each.states for each in rows):
        raise BadAddress("--provider-url needs --state-url: rows have provider states, which that URL sets up")
    for option, url in (("--provider-url", provider_url), ("--state-url", state_url), ("--login-url", login_url)):
        if url is not None:
            _require_complete(option, url)
    if len(providers := sorted({each.provider for each in rows})) > 1:
        named = ", ".join(providers)
        raise BadAddress(f"--provider-url is one provider, the pacts are of several: {named}; name one pact")
    return Target(provider_url.rstrip("/"), state_url, prefixed=False)


def _require_complete(option: str, url: str) -> None:
    """Raise `BadAddress` unless a URL is complete and holds no user or password. The password is not shown."""
    usable = is_complete(url)
    if usable and "@" in urlsplit(url).netloc:
        raise BadAddress(f"invalid {option}: no user or password is sent to a provider; remove the part before @")
    if not usable:
        value = "" if "@" in url else f" {url!r}"
        raise BadAddress(f"invalid {option}{value}: expected a complete URL, for example http://127.0.0.1:8650/api")


def is_complete(url: str) -> bool:
    """Return whether a URL is of HTTP, with a host that can be looked up and a port that can be asked."""
    try:
        parts = urlsplit(url)
        str(parts.hostname).encode("idna")
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
