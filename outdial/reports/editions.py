"""Editions: which providers are accounts of the same API, and how each is called."""

from collections.abc import Iterable

PUBLISHED = "published"


def api_of(provider: str) -> str:
    """The API of a pacticipant: `genesys-cloud` for `genesys-cloud.owner-id`, and for `genesys-cloud` itself."""
    return provider.partition(".")[0]


def edition_of(provider: str) -> str:
    """Return the suffix of an edition; the vendor's own has none."""
    return provider.partition(".")[2] or PUBLISHED


def editions_of(api: str, providers: Iterable[str]) -> list[str]:
    """The pacticipants of one API: the published one first, whether or not there is one, then the others by name."""
    return [api, *sorted(provider for provider in providers if api_of(provider) == api and provider != api)]
