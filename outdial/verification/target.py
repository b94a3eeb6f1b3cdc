"""Where a provider answers, and whether it does: looked at before anything is verified, and when answers stop."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

CHECK_SECONDS = 5


class BadAddress(Exception):
    """An address that cannot be one, or that does not fit the pacts; the message says which and what would."""

    exit_code: ClassVar[int] = 4


class ProviderUnreachable(Exception):
    """The provider or its state URL is at fault, so that no interaction can be checked; the message says how."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Target:
    """Where a provider answers. With `prefixed`, each provider is served below `base_url` under its own name.

    `heard` is where our own stub tells what it said; of other providers a relay keeps it.
    """

    base_url: str
    state_url: str
    prefixed: bool = True
    heard: str | None = None

    def url_of(self, provider: str) -> str:
        """The base URL of one provider."""
        return f"{self.base_url}/{provider}" if self.prefixed else self.base_url

    def require(self) -> None:
        """Raises `ProviderUnreachable` unless something listens at both addresses."""
        for what, url in (("the provider", self.base_url), ("the state URL", self.state_url)):
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            try:
                socket.create_connection((str(parts.hostname), port), CHECK_SECONDS).close()
            except OSError as error:
                raise ProviderUnreachable(f"{what} {url} does not answer: {error.strerror or error}") from None


def target_at(provider_url: str | None, state_url: str | None, providers: Sequence[str]) -> Target | None:
    """Where these providers are said to be, checked but not asked yet; None when nothing is said.

    Raises `BadAddress`.
    """
    if provider_url is None and state_url is None:
        return None
    if provider_url is None or state_url is None:
        raise BadAddress("--provider-url and --state-url go together: states make what the requests name")
    require_address("--provider-url", provider_url)
    require_address("--state-url", state_url)
    if len(set(providers)) > 1:
        named = ", ".join(sorted(set(providers)))
        raise BadAddress(
            f"--provider-url is one provider, the pacts are of {len(set(providers))}: {named}; name one pact"
        )
    return Target(provider_url.rstrip("/"), state_url, prefixed=False)


def require_address(option: str, url: str) -> None:
    """Raises `BadAddress` unless a URL is in full, of a host that can be looked up, and names no user.

    A user's password is not told.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        str(parts.hostname).encode("idna")
        named = "@" in parts.netloc
    except ValueError:
        usable = named = False
    if named:
        raise BadAddress(
            f"{option} names a user or a password, which is sent to no provider; leave out what is before @"
        )
    if not usable:
        told = "" if "@" in url else f"{url!r} "
        raise BadAddress(f"{option} {told}is no address; give it in full, like http://127.0.0.1:8650/api")
