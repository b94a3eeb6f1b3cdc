"""The request that somebody made, as it was pasted: what is a placeholder in it is present, and its value not known."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

PLACEHOLDER = re.compile(
    r"""<[^<>"'\s][^<>"']*>            # <TOKEN>
    | \{\{[^{}"']*\}\}                 # {{agent_id}}
    | \$\{\w[^{}"']*\} | \$\(.*?\)     # ${TOKEN}, $(command)
    | \$env:\w+ | \$[A-Za-z_]\w*       # $TOKEN
    | %[A-Za-z_]{3,}%                  # %TOKEN%
    | (?<!\w)\{\w+\}                   # {userId}
    | \b(?:YOUR|MY)_\w+ | \b[A-Z]+(?:_[A-Z]+)+\b | \b[a-z]+(?:[_-][a-z]+)*[_-]here\b  # YOUR_TOKEN, AGENT_USER_ID
    """,
    re.VERBOSE,
)


class NotUnderstood(ValueError):
    """Raised for unusable input; the message says where and why, and never repeats possible secrets."""

    exit_code: ClassVar[int] = 4


def is_placeholder(text: object) -> bool:
    """Return whether a text is, or contains, a placeholder for a value that is not shown."""
    return isinstance(text, str) and PLACEHOLDER.search(text) is not None


@dataclass(frozen=True)
class PastedRequest:
    """A request as it was pasted. Header names keep their case; `headers_hidden` are names (in lower case) that may
    have been sent though they are not here: browsers leave them out of what they export.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    headers_hidden: frozenset[str] = frozenset()

    @cached_property
    def parts(self) -> SplitResult:
        """The URL in its parts. Raises `NotUnderstood`."""
        return split_url(self.url)

    @property
    def host(self) -> str:
        """Host, in lower case; empty when the URL is a path only."""
        try:
            return self.parts.hostname or ""
        except ValueError:
            return ""

    @property
    def path(self) -> str:
        """The path, as it was sent."""
        return self.parts.path or "/"

    @cached_property
    def sent(self) -> Mapping[str, str]:
        """Headers by their names in lower case; several of one name are joined."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            key = name.lower()
            found[key] = f"{found[key]}, {value}" if key in found else value
        return found


def split_url(url: str) -> SplitResult:
    """The parts of a URL. Raises `NotUnderstood`."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError:
        raise NotUnderstood("the URL is not one: its host or port cannot be read") from None
    if parts.scheme not in ("http", "https", ""):
        raise NotUnderstood("the URL is neither http nor https")
    return parts
