"""The space of facts of one endpoint: which facts its operations can ask for, and the values that each can have."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

from outdial.provider.facts import PARTS, SUFFIX, Facts, known_values
from outdial.provider.kinds import NAMES_NOTHING_HAS, KnownFields
from outdial.provider.policy import Operation
from outdial.provider.rule import FactTest
from outdial.reasoning.naming import RealValues, split, variable
from outdial.reasoning.search import FactValues

STRANGERS = ("this", "that")
"""Two texts that are neither each other nor any text that a rule names."""
AND_MORE, OTHER_CASE = "the same text and more", "the same text in another case"
NEARLY: dict[str, Callable[[str], str]] = {AND_MORE: "{}-and-more".format, OTHER_CASE: str.swapcase}
"""Texts that are nearly the usual one, where a rule can take them for it."""
ANY_TEXT = {"anything", "anything else", *NEARLY}


class View:
    """The facts of one operation, read from values in the space."""

    def __init__(self, space: "Space", operation: Operation, values: FactValues) -> None:
        self._space = space
        self._operation = operation
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[variable(self._operation, name)]

    def names(self, part: str) -> frozenset[str]:
        return frozenset(name for name in self._space.fields(part) if self._values[f"{part}.{name}"] is not None)


class Space:
    """The facts of some operations of one endpoint; `baseline` are the values of a request that is accepted."""

    def __init__(
        self, operations: Sequence[Operation], guards: Sequence[FactTest], baseline: RealValues | None
    ) -> None:
        self.operations = operations
        self.kinds = operations[0].kinds
        self.baseline = baseline
        self._asked: dict[str, list[Any]] = {}
        self._fields: dict[str, set[str]] = {}
        self._listed: list[frozenset[str]] = []
        self._keys: set[str] = set()
        for guard in guards:
            self._ask(guard.candidates())
        for operation in operations:
            self._collect(operation)

    def view(self, operation: Operation, values: FactValues) -> Facts:
        """An operation's facts."""
        return View(self, operation, values)

    def fields(self, part: str) -> list[str]:
        """The fields of a part that matter to any rule, most of all one that nobody knows."""
        named = self._fields.get(part, set())
        if part != "body" or not self._listed:
            return sorted(named)
        # A field that every list has, and no other rule asks for, makes no difference. The fields that make one
        # come last: a search tries other values of the last ones first.
        differing = frozenset.union(*self._listed) - frozenset.intersection(*self._listed)
        return [*sorted((named | {NAMES_NOTHING_HAS}) - differing), *sorted(differing)]

    @property
    def asked(self) -> list[str]:
        """The facts that rules and guards ask for, unknown fields among them."""
        return list(dict.fromkeys([*self._asked, *(f"body.{name}" for name in self.fields("body"))]))

    @cached_property
    def subjects(self) -> list[str]:
        """Every subject of the endpoint, as `kind(finding fact)`."""
        found = [
            variable(operation, f"{name}.").removesuffix(".")
            for operation in self.operations
            for name in operation.subjects
        ]
        return sorted(set(found))

    def domain(self, name: str) -> list[Any]:
        """The values of a fact, that of the baseline first; None is one unless the fact always has a value."""
        asked = self._asked.get(name, [])
        known = self._known(name)
        first = [self.baseline[name]] if self.baseline is not None and name in self.baseline else []
        if known is not None:
            absent = [] if name.startswith("request.") or name.endswith(").exists") else [None]
            return _distinct([*first, *known, *absent])
        if name.endswith((".scopes", ".permissions")):
            # Permissions of a token and of its user are the same, so the names asked of either matter to both.
            alike = [each for key, values in self._asked.items() for each in values if key[-7:] == name[-7:]]
            return _distinct([*first, *self._sets(name, [*first, *alike]), None])
        if name == "request.bytes":
            limits = sorted({0, *asked})
            return _distinct([*first, *((low + high) // 2 for low, high in pairwise(limits)), *limits])
        texts = [value for value in asked if value not in ANY_TEXT]
        compared = name in self._keys or not name.startswith(("body.", "header.")) or STRANGERS[0] in texts
        strangers = STRANGERS if compared else STRANGERS[:1]
        absent = [] if name.startswith("path.") else [None]
        usual = next((value for value in first if isinstance(value, str)), STRANGERS[0])
        texts += [nearly(usual) for marker, nearly in NEARLY.items() if marker in asked]
        return _distinct([*first, *(value for value in texts if value is not None), *strangers, *absent])

    def _known(self, name: str) -> tuple[Any, ...] | None:
        if name.endswith(SUFFIX):
            return None
        subject = split(name)
        if subject is None:
            return known_values(name, {}, self.kinds)
        kind, _, attribute = subject
        return known_values(f"it.{attribute}", {"it": (kind, "")}, self.kinds)

    def _sets(self, name: str, asked: list[Any]) -> list[frozenset[Any]]:
        """Every set of the names asked for, the smaller first; permissions all in one division, as roles grant them."""
        elements = {each for value in asked if value for each in value}
        if name.endswith(".scopes"):
            return _subsets(elements)
        divisions = [value for value in self.kinds["agent"].attributes["division"].values or () if value]
        names = {permission for permission, _ in elements}
        return [frozenset((each, division) for each in some) for division in divisions for some in _subsets(names)]

    def _collect(self, operation: Operation) -> None:
        tests: list[FactTest] = [operation.when] if operation.when else []
        tests += [rule.when for rule in operation.rules if rule.when]
        for part in [*tests, *operation.rules]:
            rule = getattr(part, "rule", part)
            if isinstance(rule, KnownFields):
                self._listed.append(frozenset(rule.fields))
                continue
            found = part.candidates()
            self._ask({variable(operation, fact): values for fact, values in found.items()})
        for _, by in operation.subjects.values():
            self._note_field(by)
            self._keys.add(by)

    def _ask(self, candidates: Mapping[str, tuple[Any, ...]]) -> None:
        for fact, values in candidates.items():
            self._asked.setdefault(fact, []).extend(values)
            self._note_field(fact)

    def _note_field(self, fact: str) -> None:
        part, _, rest = fact.partition(".")
        if part in PARTS and rest:
            self._fields.setdefault(part, set()).add(rest.partition(".")[0])


def _subsets(elements: set[str]) -> list[frozenset[Any]]:
    """Those with the name that nothing has come last."""
    ordered = sorted(elements)
    found = [frozenset(some) for size in range(len(ordered) + 1) for some in combinations(ordered, size)]
    return sorted(found, key=lambda some: NAMES_NOTHING_HAS in some)


def _distinct(values: Sequence[Any]) -> list[Any]:
    """The values, each once; True and 1 are two."""
    found: dict[Any, Any] = {}
    for value in values:
        found.setdefault((type(value), repr(value) if isinstance(value, dict | list | tuple) else value), value)
    return list(found.values())
