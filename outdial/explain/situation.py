"""A provider's facts, as they follow from facts that people know: what hangs together cannot come apart.

A token's user is none where its grant is client credentials; a user's token has the permissions of its user; what does
not exist has no attributes; a field is read from JSON only. So whatever values are put in, some real request in some
real organisation has these facts.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any

from outdial.explain.knowledge import AGENT, ANOTHER, APPLICATION, SETS, TOKEN_OF, Knowledge, divisions
from outdial.explain.sent import FORM, JSON
from outdial.provider.facts import PARTS, REQUEST_FACTS, SUFFIX, known_names, known_values
from outdial.provider.kinds import NAMES_NOTHING_HAS, Pattern, Same
from outdial.provider.policy import Operation
from outdial.provider.records import key_of
from outdial.provider.request_facts import challenge
from outdial.provider.rule import FactTest, RuleBase
from outdial.reasoning.search import FactValues

OTHER_TEXT = "another text"
NO_VALUES = {"anything", "anything else", "?", "this", "that", NAMES_NOTHING_HAS, None}
"""Among the values that a rule can tell apart: those that stand for any other text."""
READ_FROM = {
    "body": (("request.media_type", JSON), ("request.body", "object")),
    "form": (("request.media_type", FORM), ("request.body", "broken")),
    "token": (("request.scheme", "bearer"),),
    "basic": (("request.scheme", "basic"),),
}
"""What a request has to be for its parts to be read."""
BODIES = {"body": "object", "form": "broken"}
MEDIA_TYPES = {"body": JSON, "form": FORM}


class Ground:
    """The facts that people can know of a request to one operation: their domains, and what is known of them."""

    def __init__(self, operation: Operation, known: Knowledge, path: Mapping[str, str]) -> None:
        self.operation = operation
        self.subjects = operation.subjects
        self.knowledge = known
        self._path = path
        self._domains: dict[str, tuple[Any, ...]] = {}
        self._possible: dict[str, tuple[Any, ...] | None] = {}

    @cached_property
    def path_names(self) -> list[str]:
        """The names of the steps of the path."""
        return re.findall(r"\{(\w+)\}", self.operation.path)

    @cached_property
    def compared(self) -> Mapping[str, str]:
        """For each attribute of a record that cannot be listed: the fact that a rule compares it with."""
        found: dict[str, str] = {}
        for rule in self.operation.rules:
            if isinstance(rule, Same):
                for one, other in ((rule.fact, rule.as_), (rule.as_, rule.fact)):
                    if self._is_attribute(one) and self._listed_values(one) is None:
                        found[one] = other
        return found

    @cached_property
    def valued(self) -> frozenset[str]:
        """The attributes of records that have values which can be told apart: all are listed, or rules name some."""
        names = [name for name in known_names(self.subjects, self.operation.kinds) if not name.endswith(SETS)]
        return frozenset(
            name for name in names if self._is_list(name) or self._listed_values(name) is not None or self.listed(name)
        )

    def shown(self, fact: str, value: Any) -> Any:
        """Return a value as a person should see it: an example of a rule is nobody's value, and stays a placeholder."""
        rules = (rule for rule in self.operation.rules if isinstance(rule, Pattern) and rule.field == fact)
        return placeholder(fact) if value in [rule.example for rule in rules] else value

    def has(self, fact: str) -> bool:
        """Return whether a record of the operation has such an attribute."""
        return fact in known_names(self.subjects, self.operation.kinds)

    @cached_property
    def agent(self) -> str | None:
        """The subject that is an agent."""
        return next((name for name, (kind, _) in self.subjects.items() if kind == "agent"), None)

    @cached_property
    def divisions(self) -> tuple[str, ...]:
        """The divisions in which a role can be granted."""
        return divisions(self.operation.kinds)

    def _listed_values(self, fact: str) -> tuple[Any, ...] | None:
        return known_values(fact, self.subjects, self.operation.kinds)

    def _is_list(self, fact: str) -> bool:
        """Return whether a fact is a list of a record, such as a queue of events: it may be empty, and is None then."""
        first, _, attribute = fact.partition(".")
        kind = self.operation.kinds[self.subjects[first][0]] if first in self.subjects else None
        return kind is not None and attribute in kind.attributes and kind.attributes[attribute].default == ()

    def _is_attribute(self, fact: str) -> bool:
        return fact.partition(".")[0] in self.subjects and not fact.endswith(".id")

    @cached_property
    def names_of(self) -> Mapping[str, tuple[str, ...]]:
        """The names that each rule asks for, of scopes or permissions or fields, by its id."""
        return {rule.id: getattr(rule, "names", ()) for rule in self.operation.rules}

    @cached_property
    def _asked(self) -> Mapping[str, tuple[Any, ...]]:
        tests: list[RuleBase | FactTest] = [*self.operation.rules]
        tests += [rule.when for rule in self.operation.rules if rule.when]
        tests += [self.operation.when] if self.operation.when else []
        found: dict[str, list[Any]] = {}
        for test in tests:
            for fact, values in test.candidates().items():
                found.setdefault(fact, []).extend(value for value in values if value not in NO_VALUES)
        for fact in {*found, *(by for _, by in self.subjects.values())}:
            for implied, value in READ_FROM.get(fact.partition(".")[0], ()):
                found.setdefault(implied, []).append(value)
        return {fact: tuple(dict.fromkeys(values)) for fact, values in found.items()}

    @cached_property
    def fields(self) -> Mapping[str, frozenset[str]]:
        """The fields at the top of each part that were sent, or that a rule asks for."""
        asked = [*self._asked, *(by for _, by in self.subjects.values())]
        found = {part: set(self.knowledge.sent.fields(part)) for part in PARTS}
        for fact in asked:
            part, _, rest = fact.partition(".")
            if part in found and rest != NAMES_NOTHING_HAS:
                found[part].add(rest.partition(".")[0])
        return {part: frozenset(names) for part, names in found.items()}

    def inside(self, fact: str) -> list[str]:
        """The fields inside a field that rules ask for, and itself where they do."""
        asked = {*(each.removesuffix(SUFFIX) for each in self._asked), *(by for _, by in self.subjects.values())}
        return sorted(each for each in asked if each == fact or each.startswith(f"{fact}."))

    def listed(self, fact: str) -> tuple[Any, ...]:
        """The values of a fact that rules name; of a field, good ones."""
        return self._asked.get(fact, ())

    def domain(self, fact: str) -> tuple[Any, ...]:
        """Every value that can make a difference, what passes most rules first."""
        if fact not in self._domains:
            self._domains[fact] = self._domain(fact)
        return self._domains[fact]

    def _domain(self, fact: str) -> tuple[Any, ...]:
        name, colon, _ = fact.partition(":")
        part, _, rest = name.partition(".")
        if colon:
            return (*self.divisions, None) if name.endswith(".permissions") else (True, False)
        if name == TOKEN_OF:
            return (AGENT, ANOTHER)
        if part == "request":
            return REQUEST_FACTS[rest] or (1,)
        if part in PARTS:
            return (*self.listed(fact), placeholder(fact), *([] if part == "path" else [None]))
        if name in self.compared:
            return (True, False)
        return self._listed_values(name) or (*self.listed(fact), OTHER_TEXT, *([None] if self._is_list(fact) else []))

    def possible(self, fact: str) -> tuple[Any, ...] | None:
        """The values of a fact by what is known; None where nothing is."""
        if fact not in self._possible:
            self._possible[fact] = self._known(fact)
        return self._possible[fact]

    def _known(self, fact: str) -> tuple[Any, ...] | None:
        if fact.startswith("path."):
            return (self._path.get(fact.removeprefix("path."), placeholder(fact)),)
        return self.knowledge.possible(fact, self.domain(fact))

    def view(self, values: FactValues, names: Collection[str] = ()) -> "Situation":
        """The facts of the operation; `names` are the elements of sets that are of interest."""
        return Situation(self, values, names)


def placeholder(fact: str) -> str:
    """The text that stands for the value of a field."""
    return f"<{fact.rpartition('.')[2]}>"


class Situation:
    """Answers for every fact of one operation."""

    def __init__(self, ground: Ground, values: FactValues, names: Collection[str]) -> None:
        self._ground = ground
        self._values = values
        self._names = names

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

    def names(self, part: str) -> Any:
        """The fields that are there; they are looked at one by one."""
        return _Elements(self._ground.fields[part], lambda name: self[f"{part}.{name}"] is not None)

    def _field(self, part: str, rest: str) -> Any:
        if part == "basic" and self._values["request.scheme"] != "basic":
            return None
        if part in MEDIA_TYPES and self._values["request.media_type"] != MEDIA_TYPES[part]:
            return None
        if part in BODIES and self._values["request.body"] != BODIES[part]:
            return None
        outer, dot, _ = rest.rpartition(".")
        if dot and self._field(part, outer) is None:
            return None
        return self._values[f"{part}.{rest}"]

    def _token(self, attribute: str) -> Any:
        if self._values["request.scheme"] != "bearer":
            return None
        status = self._values["token.status"]
        if attribute == "status" or status == "unknown":
            return status if attribute == "status" else None
        if attribute == "user":
            return self._user()
        if attribute == "acts_on_behalf":
            return self._values["token.grant"] == APPLICATION and self._values["token.acts_on_behalf"]
        if attribute == "permissions":
            return self._held("token" if self._stands_for_no_agent() else AGENT, attribute)
        return self._held("token", attribute) if attribute in SETS else self._values[f"token.{attribute}"]

    def _user(self) -> str | None:
        if self._values["token.grant"] == APPLICATION:
            return None
        if self._ground.agent is None or self._by(self._ground.agent) == TOKEN_OF:
            return "the agent"
        key = self[self._by(self._ground.agent)]
        return str(key) if self._values[TOKEN_OF] == AGENT and key is not None else "another user"

    def _stands_for_no_agent(self) -> bool:
        """Return whether the token's permissions are not those of the agent for whom the call is."""
        if self._values["token.grant"] == APPLICATION:
            return True
        asked = self._ground.agent is not None and self._by(self._ground.agent) != TOKEN_OF
        return asked and bool(self._values[TOKEN_OF] != AGENT)

    def _by(self, subject: str) -> str:
        return self._ground.subjects[subject][1]

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
        return self._values[name] if name in self._ground.valued else f"some {attribute}"

    def _held(self, holder: str, attribute: str) -> "_Elements":
        fact = f"{holder}.{attribute}"
        if attribute == "scopes":
            return _Elements(self._names, lambda name: bool(self._values[f"{fact}:{name}"]))
        pairs = [(name, division) for name in self._names for division in self._ground.divisions]
        return _Elements(pairs, lambda pair: self._values[f"{fact}:{pair[0]}"] == pair[1])


class _Elements(AbstractSet[Any]):
    """A set of which each element is a fact, asked for only when it matters."""

    def __init__(self, known: Collection[Any], there: Callable[[Any], bool]) -> None:
        self._known = known
        self._there = there

    def __bool__(self) -> bool:
        return True

    def __contains__(self, element: object) -> bool:
        return self._there(element)

    def __iter__(self) -> Iterator[Any]:
        return (each for each in self._known if self._there(each))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __le__(self, other: AbstractSet[Any]) -> bool:
        return not any(each not in other and self._there(each) for each in self._known)

    def __ge__(self, other: AbstractSet[Any]) -> bool:
        return all(self._there(each) for each in other)

    def __rand__(self, other: AbstractSet[Any]) -> frozenset[Any]:
        return frozenset(each for each in other if self._there(each))

    __and__ = __rand__
