"""Levers: what a person can do to change facts, as data (`levers.yaml`)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from outdial.documents import Document, Strict
from outdial.documents.template import fill
from outdial.explain.situation import OTHER_TEXT, Ground, placeholder

LEVERS = Path(__file__).parent / "levers.yaml"
Who = Literal["caller", "developer", "administrator", "agent"]
ANY, ABSENT = "any", "absent"
OBJECT = "{…}"
"""In place of a field that holds another."""
WORDS: Mapping[Any, str] = {"home": "the home division", "other": "the other division", True: "yes", False: "no"}


class LeverKind(Strict):
    """One lever: `sets` are patterns of facts with the value that they get."""

    lever: str
    sets: dict[str, str | bool | int]
    who: Who
    says: str
    from_: Literal["absent", "present"] | None = Field(None, alias="from")
    asks: tuple[str, ...] | None = None


class Levers(Strict):
    """All levers, and what it costs when each kind of person has to act."""

    cost: dict[Who, int]
    levers: tuple[LeverKind, ...]


@dataclass(frozen=True, slots=True)
class ChangeStep:
    """One lever pulled: the facts that it sets, who has to act, and what they have to do."""

    lever: str
    who: Who
    text: str
    cost: int
    sets: tuple[tuple[str, Any], ...]


@cache
def levers(path: Path = LEVERS) -> Levers:
    """The levers that there are."""
    return Document.read(path).parse(Levers)


def steps_for(fact: str, ground: Ground) -> Iterator[ChangeStep]:
    """Yield each way to change a fact; a field comes with its required parts."""
    inside = ground.inside(fact) if fact.startswith(("body.", "form.")) and ground.possible(fact) == (None,) else []
    for each in inside or [fact]:
        yield from _steps_for(each, ground)


def _steps_for(fact: str, ground: Ground) -> Iterator[ChangeStep]:
    known = ground.possible(fact)
    if known is None:
        return
    for kind in levers().levers:
        if kind.from_ is not None and (kind.from_ == ABSENT) != (known == (None,)):
            continue
        if kind.asks is not None and not any(value in kind.asks for value in known):
            continue
        for pattern, wanted in kind.sets.items():
            name = _bound(pattern, fact)
            if name is None:
                continue
            chosen = next((each for each, value in kind.sets.items() if value == ANY and "*" not in each), fact)
            if chosen != fact:  # what is chosen of it is chosen with it: one lever is pulled once
                yield from (_step(kind, chosen, name, value, ground) for value in ground.listed(chosen))
                continue
            for value in _values(fact, wanted, known, ground):
                yield _step(kind, fact, name, value, ground)


def _bound(pattern: str, fact: str) -> str | None:
    """Return the text for `*`, or the fact's last part without `*`; None if the pattern does not match."""
    found = _expression(pattern).fullmatch(fact)
    return None if found is None else found[1] if found.groups() else fact.rpartition(".")[2]


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", "([^:]+)" if ":" not in pattern else "(.+)"))


def _values(fact: str, wanted: Any, known: tuple[Any, ...], ground: Ground) -> tuple[Any, ...]:
    if wanted == ABSENT:
        return (None,)
    if wanted != ANY:
        domain = ground.domain(fact)
        domain = ground.listed(fact) if fact.startswith("request.") and fact != "request.bytes" else domain
        return (wanted,) if known != (wanted,) and wanted in (*domain, 0) else ()
    part = fact.partition(".")[0]
    good = ground.listed(fact) if part in ("request", "body", "form", "header") else ground.domain(fact)
    if not good and known == (None,):
        good = (OBJECT,) if len(ground.inside(fact)) > 1 else (placeholder(fact),)
    return tuple(value for value in good if value not in (None, OTHER_TEXT) and (value,) != known)


def _step(kind: LeverKind, fact: str, name: str, value: Any, ground: Ground) -> ChangeStep:
    sets = {each: wanted for each, wanted in kind.sets.items() if "*" not in each} | {fact: value}
    if fact.startswith(("body.", "form.")) and value is not None:
        steps = fact.split(".")
        for end in range(2, len(steps)):
            sets.setdefault(".".join(steps[:end]), OBJECT)
    shown = WORDS.get(value, str(value)) if not isinstance(value, int) or isinstance(value, bool) else str(value)
    shown = ground.shown(fact, shown) if kind.lever == "add-field" else shown
    text = fill(kind.says, {"name": name, "value": shown, "division": shown})
    kept = tuple(
        sorted((each, wanted) for each, wanted in sets.items() if each == fact or _is_there(each, wanted, ground))
    )
    return ChangeStep(kind.lever, kind.who, text, levers().cost[kind.who], kept)


def _is_there(fact: str, wanted: Any, ground: Ground) -> bool:
    """Return whether this operation has such a fact."""
    subject = fact.partition(".")[0]
    if subject in ("token", "request"):
        return True
    if subject == "basic":
        return ground.possible(fact) == (None,)
    if subject in ("body", "form"):
        return ground.knowledge.sent.value(fact) is None
    return ground.has(fact) and wanted in ground.domain(fact)
