"""Facts: what a rule may ask about a request, by name, and which names and values exist.

`request.*` is about the request as a whole, `path.* query.* body.* form.* header.* basic.*` are its parts, `token.*`
is the bearer token's record, and every other first word is a subject that the operation `finds` in the world.
`<text fact>.s256` is the PKCE challenge of that text. A fact that does not apply is None.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from outdial.provider.records import Kinds

REQUEST_FACTS: dict[str, tuple[Any, ...]] = {
    "scheme": (None, "bearer", "basic"),
    "media_type": ("application/json", "text/plain", "application/x-www-form-urlencoded", None),
    "body": ("object", "other", "broken", "none"),
    "bytes": (),
}
PARTS = ("path", "query", "body", "form", "header", "basic")
SUFFIX = ".s256"
SECRETS = frozenset({"basic.secret", "form.client_secret", "form.code_verifier"})
"""Facts that are secret whatever the kinds of records."""
Subjects = Mapping[str, tuple[str, str]]
"""What an operation finds: each subject's kind of record, and the fact that holds its key."""


class Facts(Protocol):
    """Anything that answers for facts: a request in a world, or an assumption about one."""

    def __getitem__(self, name: str) -> Any: ...

    def names(self, part: str) -> frozenset[str]:
        """Return the fields that are present (not null) at the top of a part: body, form or header."""
        ...


def known_values(name: str, finds: Subjects, kinds: Kinds) -> tuple[Any, ...] | None:
    """Return every value that a fact can have, None when they cannot be listed. Raises `KeyError` for no such fact."""
    first, _, rest = name.partition(".")
    if name.endswith(SUFFIX):
        return known_values(name.removesuffix(SUFFIX), finds, kinds)
    if first in PARTS and rest:
        return None
    if first == "request":
        return REQUEST_FACTS[rest] or None
    if first == "token":
        values = kinds["token"].attributes[rest].values
        return (*values, "unknown") if rest == "status" and values else values
    kind = finds[first][0]
    if rest == "exists":
        return (True, False)
    return None if rest == "id" else kinds[kind].attributes[rest].values


def known_names(finds: Subjects, kinds: Kinds) -> list[str]:
    """Return every fact an operation's rules can ask for, apart from the request's own fields."""
    found = [f"request.{name}" for name in REQUEST_FACTS] + [f"token.{name}" for name in kinds["token"].attributes]
    for subject, (kind, _) in finds.items():
        found += [f"{subject}.{name}" for name in ("exists", "id", *kinds[kind].attributes)]
    return found


def secret_facts(finds: Subjects, kinds: Kinds) -> frozenset[str]:
    """Return facts that are never shown: keys that are secrets, wherever they stand, and secret attributes."""
    found = set(SECRETS)
    for subject, (kind, by) in finds.items():
        if kinds[kind].key == "secret":
            found |= {by, f"{subject}.id"}
        found |= {f"{subject}.{name}" for name, each in kinds[kind].attributes.items() if each.secret}
    return frozenset(found)
