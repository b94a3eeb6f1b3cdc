"""Lists of names that a vendor publishes: scopes, permissions, fields, headers, grants, paths, names in an SDK."""

from typing import Literal, get_args

from outdial.documents import Strict

NameKind = Literal["scope", "permission", "field", "header", "grant", "path", "code", "body", "sdk"]
NAME_KINDS: tuple[NameKind, ...] = get_args(NameKind)


class NotLookedUp(LookupError):
    """A name of which the data cannot say whether it exists; the message says what to do."""


class NameList(Strict):
    """Names of one kind. Unless it is `complete`, only a name in `absent` is known not to exist."""

    source: str
    complete: bool
    names: tuple[str, ...]
    absent: tuple[str, ...] = ()
