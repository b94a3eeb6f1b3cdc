"""Knowledge about a refused request: each fact is true, false or unknown. Untold facts are unknown.

Facts are those that people can know and change. The provider's facts follow from them (`situation`): a token's user is
none where its grant is client credentials, a set of scopes is one fact for each scope.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from outdial.documents.strict import suggest
from outdial.explain.request import NotUnderstood, is_placeholder
from outdial.explain.sent import HIDDEN, Sent
from outdial.provider.facts import PARTS, known_values
from outdial.provider.records import Kinds

SETS = ("scopes", "permissions")
"""Attributes that are sets; each of their elements is a fact: `token.scopes:conversations`."""
TOKEN_OF = "token.user"
AGENT, ANOTHER = "agent", "another user"
APPLICATION = "client_credentials"


class Knowledge:
    """The request that was sent, and what is said besides: `said` has the values that each fact may have, None where
    it is said that nothing is known.
    """

    def __init__(self, sent: Sent, said: Mapping[str, tuple[Any, ...] | None], complete: Iterable[str] = ()) -> None:
        self.sent = sent
        self.said = dict(said)
        self.complete = frozenset(complete)
        """Sets of which all elements are said."""

    def possible(self, fact: str, domain: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Return the possible values of a fact; None if nothing is known."""
        if fact in self.said:
            return self.said[fact]
        if fact.partition(":")[0] in self.complete:
            return (None,) if fact.partition(":")[0].endswith(".permissions") else (False,)
        if fact.partition(".")[0] not in {"request", *PARTS} - {"path"}:
            return None
        value = self.sent.value(fact)
        if value is HIDDEN:
            return None
        if is_placeholder(value):
            return (*(each for each in domain if each is not None and not str(each).startswith("<")), value)
        return (value,)

    def learned(self, facts: Mapping[str, tuple[Any, ...]]) -> "Knowledge":
        """Return the same with the values that facts are now known to have."""
        return Knowledge(self.sent, {**self.said, **facts}, self.complete)

    def of(self, sent: Sent) -> "Knowledge":
        """Return the same of another request."""
        return Knowledge(sent, self.said, self.complete)


def knowledge(sent: Sent, given: Mapping[str, Mapping[str, Any]], kinds: Kinds) -> Knowledge:
    """Return the knowledge from a request and from told records: `{"agent": {"station": "none"}}`.

    Raises `NotUnderstood` for a record, attribute or value that there is not.
    """
    said: dict[str, tuple[Any, ...] | None] = {}
    complete: set[str] = set()
    for kind, attributes in given.items():
        if kind not in kinds:
            raise NotUnderstood(f"given: no such record{suggest(kind, list(kinds))}")
        for attribute, value in attributes.items():
            fact = f"{kind}.{attribute}"
            if attribute in SETS:
                complete.add(fact)
                where = attributes.get("division") if kind == "token" else None
                said |= {f"{fact}:{name}": _held(attribute, where, kinds) for name in _names(fact, value)}
            elif not (kind == "token" and attribute == "division"):
                said[fact] = (_value(fact, value, kinds),)
    [grant] = said.get("token.grant") or (None,)
    if "token.permissions" in complete and "agent.permissions" not in complete and grant != APPLICATION:
        complete.add("agent.permissions")  # a user's token has the permissions of its user
        for fact, value in list(said.items()):
            if fact.startswith("token.permissions:"):
                said[f"agent.{fact.partition('.')[2]}"] = value
    return Knowledge(sent, said, complete)


def divisions(kinds: Kinds) -> tuple[str, ...]:
    """The divisions in which a role can be granted."""
    return tuple(str(value) for value in kinds[AGENT].attributes["division"].values or ())


def _held(attribute: str, division: Any, kinds: Kinds) -> tuple[Any, ...]:
    if attribute == "scopes":
        return (True,)
    if division is None:
        return divisions(kinds)
    if division not in divisions(kinds):
        raise NotUnderstood(f"the division is not known{suggest(str(division), list(divisions(kinds)))}")
    return (division,)


def _names(fact: str, value: Any) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise NotUnderstood(f"{fact}: expected a list of names")
    return [name for name in names if name != "none"]


def _values(fact: str, kinds: Kinds) -> tuple[Any, ...] | None:
    """The values that are known of a fact; None where it may have any."""
    kind, _, attribute = fact.partition(".")
    known = kinds[kind].attributes
    if attribute not in ("exists", *known):
        valid = [name for name in known if name not in SETS]
        raise NotUnderstood(f"{kind} has no such attribute{suggest(attribute, [*valid, *SETS, 'exists'])}")
    if fact == TOKEN_OF:
        return (AGENT, ANOTHER)
    values = known_values(fact, {kind: (kind, "")}, kinds)
    return (True, False) if values is None and known[attribute].secret else values


def _value(fact: str, value: Any, kinds: Kinds) -> Any:
    values = _values(fact, kinds)
    if values is None:
        return value
    for each in values:
        if each == value or str(each).lower() == str(value).lower():
            return each
    raise NotUnderstood(f"{fact} is never that{suggest(str(value), [str(each).lower() for each in values])}")
