"""Facts of a request: what people know and can change, and the provider's facts that follow from them.

Each fact is known, one of some values, or unknown. Dependent facts change together: a client-credentials token never
has a user, a user's token has the permissions of its user, a missing record has no attributes, a field of the body is
read from JSON only.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from outdial.documents.strict import suggest
from outdial.explain.request import FORM, HIDDEN, JSON, NotUnderstood, Request, is_placeholder
from outdial.explain.search import FactValues
from outdial.provider.facts import PARTS, REQUEST_FACTS, SUFFIX, known_values
from outdial.provider.kinds import NAMES_NOTHING_HAS, AskedScopes, FieldTypes, KnownFields, Pattern, Same
from outdial.provider.policy import Operation
from outdial.provider.records import Kinds, key_of
from outdial.provider.request_facts import challenge
from outdial.provider.rule import FactTest, RuleBase

SETS = ("scopes", "permissions")
"""Attributes that are sets; each of their elements is a fact: `token.scopes:conversations`."""
TOKEN_OF = "token.user"
AGENT, ANOTHER = "agent", "another user"
APPLICATION = "client_credentials"
OTHER_TEXT = "another text"
NO_VALUES = {"anything", "anything else", "?", "this", "that", NAMES_NOTHING_HAS, None}
"""Values in rules that stand for any other text."""
READ_FROM: Mapping[str, Mapping[str, str]] = {
    "body": {"request.media_type": JSON, "request.body": "object"},
    "form": {"request.media_type": FORM, "request.body": "broken"},
    "token": {"request.scheme": "bearer"},
    "basic": {"request.scheme": "basic"},
}
"""Values of the request's facts with which a part is read."""


@dataclass(frozen=True)
class Knowledge:
    """A request, and stated facts with their possible values (None: unknown). Sets in `complete` are stated in full."""

    request: Request
    said: Mapping[str, tuple[Any, ...] | None] = field(default_factory=dict)
    complete: frozenset[str] = frozenset()

    def learned(self, facts: Mapping[str, tuple[Any, ...]]) -> "Knowledge":
        """Return the same with the values that facts are now known to have."""
        return replace(self, said={**self.said, **facts})


def knowledge(request: Request, given: Mapping[str, Mapping[str, Any]], kinds: Kinds) -> Knowledge:
    """Combine a request with stated records: `{"agent": {"station": "none"}}`.

    Raises `NotUnderstood` for an unknown record, attribute or value.
    """
    said: dict[str, tuple[Any, ...] | None] = {}
    complete: set[str] = set()
    for kind, attributes in given.items():
        if kind not in kinds:
            raise NotUnderstood(f"invalid given: unknown record{suggest(kind, list(kinds))}")
        known, division = divisions(kinds), attributes.get("division") if kind == "token" else None
        if division not in (None, *known):
            raise NotUnderstood(f"invalid division{suggest(str(division), list(known))}")
        for attribute, value in attributes.items():
            fact = f"{kind}.{attribute}"
            if attribute in SETS:
                names = [value] if isinstance(value, str) else value
                if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
                    raise NotUnderstood(f"invalid {fact}: expected a list of names")
                complete.add(fact)
                held = (True,) if attribute == "scopes" else known if division is None else (division,)
                said |= {f"{fact}:{name}": held for name in names if name != "none"}
            elif fact != "token.division":
                said[fact] = (_value(fact, value, kinds),)
    [grant] = said.get("token.grant") or (None,)
    if "token.permissions" in complete and "agent.permissions" not in complete and grant != APPLICATION:
        complete.add("agent.permissions")  # a user's token has the permissions of its user
        own = {fact: value for fact, value in said.items() if fact.startswith("token.permissions:")}
        said |= {f"agent.{fact.partition('.')[2]}": value for fact, value in own.items()}
    return Knowledge(request, said, frozenset(complete))


def divisions(kinds: Kinds) -> tuple[str, ...]:
    """Return the divisions in which a role can be granted."""
    return tuple(str(value) for value in kinds[AGENT].attributes["division"].values or ())


def _value(fact: str, value: Any, kinds: Kinds) -> Any:
    """Return the value among those that the fact can have."""
    kind, _, attribute = fact.partition(".")
    known = kinds[kind].attributes
    if attribute not in ("exists", *known):
        valid = [*(name for name in known if name not in SETS), *SETS, "exists"]
        raise NotUnderstood(f"invalid attribute of {kind}{suggest(attribute, valid)}")
    values = (AGENT, ANOTHER) if fact == TOKEN_OF else known_values(fact, {kind: (kind, "")}, kinds)
    if values is None:
        values = (True, False) if known[attribute].secret else (value,)
    found = {str(each).lower(): each for each in values}
    if str(value).lower() not in found:
        raise NotUnderstood(f"invalid {fact}{suggest(str(value), list(found))}")
    return found[str(value).lower()]


class Ground:
    """The facts of a request to one operation that people can know: their domains and possible values."""

    def __init__(self, operation: Operation, known: Knowledge, path: Mapping[str, str]) -> None:
        self.operation = operation
        self.subjects = operation.subjects
        self.knowledge = known
        self._path = path
        self.domain = cache(self._domain)
        self.possible = cache(self._possible)
        self.keys = [by for _, by in self.subjects.values()]
        self.agent_key = next((by for kind, by in self.subjects.values() if kind == AGENT), TOKEN_OF)

    @cached_property
    def compared(self) -> Mapping[str, str]:
        """For each attribute of a record that cannot be listed: the fact that a rule compares it with."""
        same = [rule for rule in self.operation.rules if isinstance(rule, Same)]
        pairs = [pair for rule in same for pair in ((rule.fact, rule.as_), (rule.as_, rule.fact))]
        return {
            one: other
            for one, other in pairs
            if one.partition(".")[0] in self.subjects and not one.endswith(".id") and self._values_of(one) is None
        }

    def shown(self, fact: str, value: Any) -> Any:
        """Return a value as a person should see it: an example of a rule stays a placeholder."""
        for rule in self.operation.rules:
            if isinstance(rule, Pattern) and (rule.field, rule.example) == (fact, value):
                return placeholder(fact)
            if isinstance(rule, FieldTypes) and fact.removeprefix("body.") in rule.fields and value in ("1", 1):
                return placeholder(fact) if value == "1" else f"<number:{fact.removeprefix('body.')}>"
        return value

    def _values_of(self, fact: str) -> tuple[Any, ...] | None:
        return known_values(fact, self.subjects, self.operation.kinds)

    @cached_property
    def _asked(self) -> Mapping[str, tuple[Any, ...]]:
        guards = [self.operation.when, *(rule.when for rule in self.operation.rules)]
        tests: list[RuleBase | FactTest | None] = [*self.operation.rules, *guards]
        found: dict[str, list[Any]] = {}
        for test in tests:
            for fact, values in test.candidates().items() if test else ():
                found.setdefault(fact, []).extend(value for value in values if value not in NO_VALUES)
        for fact in {*found, *self.keys}:
            for implied, value in READ_FROM.get(fact.partition(".")[0], {}).items():
                found.setdefault(implied, []).append(value)
        return {fact: tuple(dict.fromkeys(values)) for fact, values in found.items()}

    @cached_property
    def fields(self) -> Mapping[str, frozenset[str]]:
        """The fields at the top of each part that were sent, or that a rule asks for."""
        found = {part: set(self.knowledge.request.fields(part)) for part in PARTS}
        for fact in [*self._asked, *self.keys]:
            part, _, rest = fact.partition(".")
            if part in found and rest != NAMES_NOTHING_HAS:
                found[part].add(rest.partition(".")[0])
        return {part: frozenset(names) for part, names in found.items()}

    def inside(self, fact: str) -> list[str]:
        """Return the fields inside a field that rules ask for, and itself where they do."""
        asked = {*(each.removesuffix(SUFFIX) for each in self._asked), *self.keys}
        return sorted(each for each in asked if each == fact or each.startswith(f"{fact}."))

    def listed(self, fact: str) -> tuple[Any, ...]:
        """Return the values of a fact that rules name; of a field, good ones."""
        return self._asked.get(fact, ())

    def _domain(self, fact: str) -> tuple[Any, ...]:
        """Return every value that can make a difference, what passes most rules first."""
        name, colon, _ = fact.partition(":")
        part, _, rest = name.partition(".")
        if colon:
            return (*divisions(self.operation.kinds), None) if name.endswith(".permissions") else (True, False)
        if name == TOKEN_OF:
            return (AGENT, ANOTHER)
        if part == "request":
            return REQUEST_FACTS[rest] or (1,)
        if part in PARTS:
            return (*self.listed(fact), placeholder(fact), *([] if part == "path" else [None]))
        if name in self.compared:
            return (True, False)
        if name == "token.grant":  # a user's own token first: most operations are for users
            return tuple(sorted(self._values_of(name) or (), key=lambda grant: grant != "authorization_code"))
        known = self.operation.kinds[self.subjects[part][0]].attributes if part in self.subjects else {}
        is_list = rest in known and known[rest].default == ()  # such as a queue of events; None is an empty one
        return self._values_of(name) or (*self.listed(fact), OTHER_TEXT, *([None] if is_list else []))

    def _possible(self, fact: str) -> tuple[Any, ...] | None:
        """Return the possible values of a fact; None if nothing is known."""
        known, name = self.knowledge, fact.partition(":")[0]
        part, _, rest = fact.partition(".")
        if part == "path":
            return (self._path.get(rest, placeholder(fact)),)
        if fact in known.said:
            return known.said[fact]
        if name in known.complete:
            return (None,) if name.endswith(".permissions") else (False,)
        value = known.request.value(fact) if part in ("request", *PARTS) else HIDDEN
        if is_placeholder(value):
            good = (each for each in self.domain(fact) if each is not None and not str(each).startswith("<"))
            return (*good, value)
        return None if value is HIDDEN else (value,)


def placeholder(fact: str) -> str:
    """Return the text that stands for the value of a field."""
    return f"<{fact.rpartition('.')[2]}>"


class View:
    """The provider's facts of one operation as a rule reads them, from values of the facts that people know."""

    def __init__(self, ground: Ground, values: FactValues, rule: RuleBase | None = None) -> None:
        self._ground = ground
        self._values = values
        self._rule = rule

    def __getitem__(self, name: str) -> Any:
        if name.endswith(SUFFIX):
            text = self[name.removesuffix(SUFFIX)]
            return challenge(text) if isinstance(text, str) else None
        part, _, rest = name.partition(".")
        if part in PARTS:
            return self._field(part, rest)
        if part == "request":
            return self._values[name]
        return self._token(rest) if part == "token" else self._of_subject(part, rest)

    def names(self, part: str) -> frozenset[str]:
        """Return the fields that are there, without those that the rule allows: they make no difference to it."""
        allowed = self._rule.fields if isinstance(self._rule, KnownFields) else ()
        names = self._ground.fields[part].difference(allowed)
        return frozenset(name for name in sorted(names) if self[f"{part}.{name}"] is not None)

    def _field(self, part: str, rest: str) -> Any:
        if any(self._values[fact] != value for fact, value in READ_FROM.get(part, {}).items()):
            return None
        outer, dot, _ = rest.rpartition(".")
        return None if dot and self._field(part, outer) is None else self._values[f"{part}.{rest}"]

    def _token(self, attribute: str) -> Any:
        if self._values["request.scheme"] != "bearer":
            return None
        status = self._values["token.status"]
        if attribute == "status" or status == "unknown":
            return status if attribute == "status" else None
        if attribute not in ("user", "acts_on_behalf", "permissions"):
            return self._held("token", attribute) if attribute in SETS else self._values[f"token.{attribute}"]
        is_application = self._values["token.grant"] == APPLICATION
        if attribute == "acts_on_behalf":
            return is_application and self._values["token.acts_on_behalf"]
        asked = self._ground.agent_key  # the fact that names the agent
        if attribute == "permissions":
            own = is_application or (asked != TOKEN_OF and self._values[TOKEN_OF] != AGENT)
            return self._held("token" if own else AGENT, attribute)
        if is_application or asked == TOKEN_OF:
            return None if is_application else "the agent"
        key = self[asked]
        return str(key) if self._values[TOKEN_OF] == AGENT and key is not None else ANOTHER

    def _of_subject(self, subject: str, attribute: str) -> Any:
        kind, by = self._ground.subjects[subject]
        key = key_of(self[by])
        if attribute == "id":
            return key
        own = kind == "agent" and key is not None and by != TOKEN_OF and key == self[TOKEN_OF]
        exists = key is not None and (own or by == TOKEN_OF or self._values[f"{subject}.exists"])
        if attribute == "exists" or not exists:
            return exists if attribute == "exists" else None
        name = f"{subject}.{attribute}"
        if attribute in SETS:
            return self._held(AGENT if kind == "agent" else subject, attribute)
        if name in self._ground.compared:
            other = self[self._ground.compared[name]]
            return other if other is not None and self._values[name] else OTHER_TEXT
        return self._values[name]

    def _held(self, holder: str, attribute: str) -> frozenset[Any]:
        """Return the scopes, or the permissions with their divisions, that the rule asks for and the holder has."""
        names: Collection[str] = names_of(self._rule)
        if isinstance(self._rule, AskedScopes):
            names = str(self[self._rule.field] or "").split()
        held = {name: self._values[f"{holder}.{attribute}:{name}"] for name in names}
        return frozenset((name, value) if attribute == "permissions" else name for name, value in held.items() if value)


def names_of(rule: RuleBase | None) -> tuple[str, ...]:
    """Return the scopes, permissions or fields that a rule asks for."""
    return getattr(rule, "names", ())
