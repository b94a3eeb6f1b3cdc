"""The smallest changes by which a refused request is accepted, and the changed request as a cURL command.

A lever is something that a person can do about a fact (`levers.yaml`). When a request is refused, the search names the
known facts of which one must change; each lever on one of them is tried, the cheapest set of levers first (a tree of
hitting sets, Reiter 1987). So an accepted set is as cheap as any, and no lever in it can be left out.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from outdial.documents import Document, Strict
from outdial.documents.template import fill
from outdial.explain.case import Case, Solution
from outdial.explain.facts import OTHER_TEXT, Ground, placeholder
from outdial.explain.request import FORM, is_placeholder
from outdial.explain.search import Conflict
from outdial.provider.facts import known_names

LIMIT = 2_000
"""Sets of levers that are tried before the search is given up."""
Who = Literal["caller", "developer", "administrator", "agent"]
OBJECT = "{…}"
"""Value of a field that holds another."""
WORDS = {"home": "the home division", "other": "the other division", "True": "yes", "False": "no"}


class Lever(Strict):
    """One lever: `sets` are patterns of facts with the value that they get."""

    lever: str
    sets: dict[str, str | bool | int]
    who: Who
    says: str
    from_: Literal["absent", "present"] | None = Field(None, alias="from")
    asks: tuple[str, ...] | None = None


class Levers(Strict):
    """All levers, and the cost of an action of each kind of person."""

    cost: dict[Who, int]
    levers: tuple[Lever, ...]


LEVERS = Document.read(Path(__file__).parent / "levers.yaml").parse(Levers)


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """One lever pulled: the facts that it sets, who has to act, and the action in words."""

    lever: str
    who: Who
    text: str
    cost: int
    sets: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Change:
    """Levers after which the request is accepted, `provided` that of each group of unknown facts one is so."""

    steps: tuple[ChangeStep, ...]
    cost: int
    case: Case
    solution: Solution
    provided: tuple[tuple[tuple[str, Any], ...], ...]


def smallest_changes(case: Case) -> list[Change]:
    """Return all changes that cost the least: one without steps for an accepted request, none if nothing helps."""
    order = count()
    steps_on = cache(lambda fact: tuple(steps_for(fact, case.ground)))
    tried: set[frozenset[ChangeStep]] = set()
    heap: list[tuple[int, int, frozenset[ChangeStep]]] = [(0, next(order), frozenset())]
    found: list[Change] = []
    while heap:
        cost, _, steps = heappop(heap)
        if (found and cost > found[0].cost) or len(tried) > LIMIT:
            break
        if any({*change.steps} <= steps for change in found):
            continue
        facts = facts_set(steps)
        changed = case.changed(facts)
        solution = changed.solve(changed.accepted)
        if isinstance(solution, dict):
            ordered = sorted(steps, key=lambda each: (each.cost, each.lever in ("add-field", "add-scope"), each.text))
            found.append(Change(tuple(ordered), cost, changed, solution, changed.provided(solution)))
            continue
        # Every conflict has to be solved; the one with the fewest levers leads there fastest.
        others = (changed.solve([changed.holds(rule)]) for rule in changed.rules)
        conflicts = [solution, *(each for each in others if isinstance(each, Conflict))]
        helping = [[step for fact in sorted(each.known) for step in steps_on(fact)] for each in conflicts]
        for step in min(([each for each in some if _fits(each, facts, steps)] for some in helping), key=len):
            larger = steps | {step}
            if larger not in tried:
                tried.add(larger)
                heappush(heap, (cost + step.cost, next(order), larger))
    return found


def _fits(step: ChangeStep, facts: Mapping[str, Any], pulled: frozenset[ChangeStep]) -> bool:
    """Return whether a lever is not pulled yet, and undoes none that is."""
    return step not in pulled and all(facts.get(each, value) == value for each, value in step.sets)


def facts_set(steps: Iterable[ChangeStep]) -> dict[str, Any]:
    """Return the facts that levers set."""
    return {fact: value for step in steps for fact, value in step.sets}


def steps_for(fact: str, ground: Ground) -> Iterator[ChangeStep]:
    """Yield each way to change a fact; a field comes with its required parts."""
    inside = ground.inside(fact) if fact.startswith(("body.", "form.")) and ground.possible(fact) == (None,) else []
    for each in inside or [fact]:
        known = ground.possible(each) or ()
        state = "absent" if known == (None,) else "present"
        for lever in LEVERS.levers if known else ():
            if lever.from_ in (None, state) and (lever.asks is None or any(value in lever.asks for value in known)):
                yield from _pulled(lever, each, known, ground)


def _pulled(lever: Lever, fact: str, known: tuple[Any, ...], ground: Ground) -> Iterator[ChangeStep]:
    for pattern, wanted in lever.sets.items():
        if pattern.endswith("*") and fact.startswith(pattern[:-1]):
            name, chosen = fact.removeprefix(pattern[:-1]), fact
        elif pattern == fact:  # a lever is pulled once, with each value of the fact that it chooses
            name = fact.rpartition(".")[2]
            chosen = next((each for each, value in lever.sets.items() if value == "any"), fact)
        else:
            continue
        for value in _values(fact, wanted, known, ground) if chosen == fact else ground.listed(chosen):
            yield _step(lever, chosen, name, value, ground)


def _values(fact: str, wanted: Any, known: tuple[Any, ...], ground: Ground) -> tuple[Any, ...]:
    """Return the values that a lever can give to a fact: the wanted one, or every good one."""
    if wanted == "absent":
        return (None,)
    if wanted != "any":
        is_listed = fact.startswith("request.") and fact != "request.bytes"
        domain = ground.listed(fact) if is_listed else ground.domain(fact)
        return (wanted,) if known != (wanted,) and wanted in (*domain, 0) else ()
    good = ground.listed(fact) if fact.startswith(("request.", "body.", "form.", "header.")) else ground.domain(fact)
    if not good and known == (None,):
        good = (OBJECT,) if len(ground.inside(fact)) > 1 else (placeholder(fact),)
    return tuple(value for value in good if value not in (None, OTHER_TEXT) and (value,) != known)


def _step(lever: Lever, fact: str, name: str, value: Any, ground: Ground) -> ChangeStep:
    sets = {each: wanted for each, wanted in lever.sets.items() if "*" not in each} | {fact: value}
    if fact.startswith(("body.", "form.")) and value is not None:
        steps = fact.split(".")
        sets = {".".join(steps[:end]): OBJECT for end in range(2, len(steps))} | sets
    shown = WORDS.get(str(value), str(value))
    shown = ground.shown(fact, shown) if lever.lever == "add-field" else shown
    text = fill(lever.says, {"name": name, "value": shown, "division": shown})
    kept = sorted((each, wanted) for each, wanted in sets.items() if each == fact or _is_there(each, wanted, ground))
    return ChangeStep(lever.lever, lever.who, text, LEVERS.cost[lever.who], tuple(kept))


def _is_there(fact: str, wanted: Any, ground: Ground) -> bool:
    """Return whether this operation has such a fact."""
    part = fact.partition(".")[0]
    if part in ("body", "form"):
        return ground.knowledge.request.value(fact) is None
    if part in ("token", "request", "basic"):
        return part != "basic" or ground.possible(fact) == (None,)
    return fact in known_names(ground.subjects, ground.operation.kinds) and wanted in ground.domain(fact)


LONG = 100
"""Characters of a field that is cut where the body is too long."""
NUMBER = re.compile(r'"<number:(\w+)>"')
"""A placeholder for a number stands without quotes."""
AUTHORIZATION = {"bearer": "Bearer <ACCESS_TOKEN>", "basic": "Basic <CLIENT_ID:SECRET as base64>"}


class Changed:
    """The request of a case, with the values that a search found."""

    def __init__(self, case: Case, solution: Solution) -> None:
        self.ground = case.ground
        self._changes = case.changes
        self._values = {**case.changes, **solution}

    def __getitem__(self, fact: str) -> Any:
        """Return a fact: as found, else as known, else the first that it can have."""
        if fact in self._values:
            return self._values[fact]
        possible = self.ground.possible(fact)
        return (self.ground.domain(fact) if possible is None else possible)[0]

    @property
    def path(self) -> str:
        """The path, its steps filled."""
        return re.sub(r"\{(\w+)\}", lambda name: str(self[f"path.{name[1]}"]), self.ground.operation.path)

    def fields(self, part: str) -> dict[str, Any]:
        """Return the fields of a body or form as they are changed."""
        sent = self.ground.knowledge.request.fields(part)
        found: dict[str, Any] = {}
        for name in [*sent, *sorted(self.ground.fields[part] - set(sent))]:
            if (value := self[f"{part}.{name}"]) is not None:
                found[name] = {} if value == OBJECT else value
        if "request.bytes" in self._changes:
            found = {name: "<shorter>" if len(json.dumps(each)) > LONG else each for name, each in found.items()}
        for fact in sorted(each for each in self._values if each.startswith(f"{part}.")):
            steps, value = fact.split(".")[1:], self._values[fact]
            if len(steps) > 1 and steps[0] in found:
                _put(found, steps, {} if value == OBJECT else value)
        return found

    def shown(self, part: str) -> dict[str, Any]:
        """Return the fields with the placeholders that were sent and are not changed."""
        changed = {".".join(fact.split(".")[:2]) for fact in self._changes}
        found = self.fields(part)
        for name, value in found.items():
            fact = f"{part}.{name}"
            sent = self.ground.knowledge.request.value(fact)
            found[name] = self.ground.shown(fact, value) if fact in changed else sent if is_placeholder(sent) else value
        return found

    def curl(self, host: str, lists: frozenset[str]) -> str:
        """Return the cURL command; `lists` are the fields that take a list."""
        scheme, media_type, content = (self[f"request.{each}"] for each in ("scheme", "media_type", "body"))
        headers = {"Authorization": AUTHORIZATION[scheme]} if scheme in AUTHORIZATION else {}
        headers |= {"Content-Type": media_type} if media_type and content != "none" else {}
        for name in sorted(self.ground.fields["header"]):
            if name.startswith("x-") and (value := self[f"header.{name}"]) is not None:
                headers[name] = value if str(value).startswith("<") else f"<{name}>"
        lines = [f"curl -X {self.ground.operation.method} {_quoted(f'https://{host}{self.path}')}"]
        lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in headers.items()]
        if content == "object":
            fields = self.shown("body")
            fields |= {name: [fields[name]] for name in lists & set(fields) if isinstance(fields[name], str)}
            body = NUMBER.sub(r"<\1>", json.dumps(fields, ensure_ascii=False))
            lines.append(f"-d {_quoted(body)}")
        elif (media_type, content) == (FORM, "broken"):
            form = {name: "<code>" if name == "code" else value for name, value in self.shown("form").items()}
            lines += [f"--data-urlencode {_quoted(f'{name}={value}')}" for name, value in form.items()]
        return " \\\n  ".join(lines)


def _put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = target.get(step)
        target[step] = target = dict(inner) if isinstance(inner, Mapping) else {}
    if value is None:
        target.pop(steps[-1], None)
    else:
        target[steps[-1]] = value


def _quoted(text: str) -> str:
    """Return a text in quotes of a shell."""
    return f"'{text}'" if "'" not in text else shlex.quote(text)
