"""An explanation: plain data, as text, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from textwrap import wrap
from typing import Any

from outdial.definitions import PublishedOperation
from outdial.explain.case import State
from outdial.explain.evidence import Evidence
from outdial.explain.names import Name
from outdial.explain.words import Silent, is_likely

WIDTH = 118
SHOWN = 3
FLAGS = {"grant": "--grant", "scopes": "--scope", "permissions": "--permission"}


@dataclass(frozen=True)
class RuleState:
    """A rule of the operation: the answer when it refuses, and its state. `facts` are those that have to change."""

    rule: str
    status: int
    code: str
    state: State
    basis: str
    source: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One action, and who has to do it."""

    who: str
    text: str


@dataclass(frozen=True)
class Need:
    """An unknown fact with the value that it has to have, also in words."""

    fact: str
    value: Any
    text: str


@dataclass(frozen=True)
class Way:
    """One change after which the request is accepted, if one fact of each group in `provided` is so."""

    operation: str
    steps: tuple[Step, ...]
    cost: int = 0
    note: str = ""
    provided: tuple[tuple[Need, ...], ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    curl: str = ""

    @property
    def conditions(self) -> list[str]:
        """The unknown conditions in words, without facts that nearly always hold."""
        groups = (group for group in self.provided if not any(is_likely(each.fact) for each in group))
        return [" or ".join(each.text for each in group[:2]) for group in groups]


@dataclass(frozen=True)
class Explanation:
    """The answer for one request at one edition. `accepted` is None where it depends on unknown facts.

    `why` and `notes` are sentences, `wrong` unpublished names, `next` refusals that may follow, `probes` commands that
    read unknown facts.
    """

    edition: str
    request: str
    accepted: bool | None
    headline: str
    why: tuple[str, ...] = ()
    wrong: tuple[Name, ...] = ()
    next: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    notes: tuple[str, ...] = ()
    never_connects: tuple[Silent, ...] = ()
    untold: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    response: Evidence | None = None
    lead: RuleState | None = None
    blockers: tuple[RuleState, ...] = ()
    rules: tuple[RuleState, ...] = ()
    published: PublishedOperation | None = None
    sources: tuple[str, ...] = ()

    def text(self, *, verbose: bool = False) -> str:
        """Return the answer as text; `verbose` adds rules and sources."""
        return "\n".join(line.rstrip() for line in _lines(self, verbose=verbose)) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return the answer as documented in docs/explain.md."""
        document = asdict(self)
        if found := self.published:
            keys = ("method", "path", "name", "summary", "scopes", "codes", "body")
            grants = {"any_of": found.permissions.any_of or (), "all_of": found.permissions.all_of or ()}
            document["published"] = {key: getattr(found, key) for key in keys} | grants
            document["published"]["success"] = list(found.responses)
        if self.response:
            del document["response"]["message"]
        return document


def _lines(found: Explanation, *, verbose: bool) -> Iterator[str]:
    """Yield the answer in the order in which a person needs it."""
    yield from _paragraph(found.headline)
    for at, why in enumerate(found.why):
        yield from _paragraph(why if at else f"Why: {why}", "     " if at else "", "     ")
    plain = [each.name for each in found.wrong if each.instead == "is not a field"]
    wrong = [str(each) for each in found.wrong if each.name not in plain]
    wrong += [f"not fields of this request: {', '.join(plain)}"] if plain else []
    yield from _listed("Also wrong" if found.accepted is False else "Wrong", wrong, 6)
    yield from _listed("May stand in the way next", found.next, SHOWN)
    yield from _ways(found)
    for note in found.notes:
        yield from _paragraph(note)
    silent = [f"{each.says} ({each.source})" for each in found.never_connects]
    yield from _numbered("If the call never connects, check:", silent)
    if untold := found.untold[:4]:
        flags = ", ".join(FLAGS.get(each, f"--{each.replace(' ', '_').replace('_', ' ', 1)}=…") for each in untold)
        yield from _paragraph(f"Unknown: {', '.join(untold)}. State with {flags}. (--verbose: rules and sources)")
    if found.probes:
        yield "Or read from the API: --ask with the token in OUTDIAL_TOKEN, or by hand (--facts FILE):"
        yield from (f"  {each}" for each in found.probes)
    if verbose:
        yield from _verbose(found)


def _ways(found: Explanation) -> Iterator[str]:
    ways = [each for each in found.ways if each.steps]
    free = next((each for each in found.ways if not each.steps), None)
    if free and not ways and (found.wrong or found.accepted is not None):
        if found.wrong:
            yield "With the names above corrected:"
        yield from _provided(free)
    elif len(ways) == 1:
        yield from _numbered("What to do:", [f"{step.who}: {step.text}" for step in ways[0].steps])
        yield from _provided(ways[0])
    elif ways:
        yield "Do one of these:"
    for at, way in enumerate(ways if len(ways) > 1 else (), 1):
        people = groupby(way.steps, key=lambda step: step.who)
        steps = "; ".join(f"{who}: {'; '.join(step.text for step in own)}" for who, own in people)
        yield from _paragraph(f"{at}. {steps}{f' [{way.note}]' if way.note else ''}", "  ", "     ")
        yield from _provided(way)
    curl = next((each.curl for each in found.ways if each.curl), "")
    if curl and (ways or found.wrong):
        yield from (f"  {line}" for line in curl.split("\n"))


def _provided(way: Way) -> Iterator[str]:
    if shown := way.conditions:
        yield from _paragraph(f"provided that {'; '.join(shown[:SHOWN])}", "     ", "     ")


def _verbose(found: Explanation) -> Iterator[str]:
    yield ""
    if published := found.published:
        yield from _paragraph(f"Published: {published.request} ({published.name}): {published.summary}")
        for status, codes in published.codes.items():
            yield from _paragraph(f"{status}: {', '.join(codes) or '(no code is published)'}", "  ", "       ")
    if found.rules:
        yield f"Rules of {found.edition}:"
    for each in found.rules:
        answer = f"{each.status} {each.code}".strip()
        line = f"{each.rule}: {each.state}, {answer}; {each.basis}: {each.source}"
        yield from _paragraph(line, "  ", "      ")
    for source in found.sources:
        yield from _paragraph(f"Source: {source}")


def _numbered(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield title
    for at, each in enumerate(items, 1):
        yield from _paragraph(f"{at}. {each}", "  ", "     ")


def _listed(title: str, items: Sequence[str], most: int) -> Iterator[str]:
    if items:
        yield f"{title}:"
    for each in items[:most]:
        yield from _paragraph(f"- {each}", "  ", "    ")
    if len(items) > most:
        yield f"  - … {len(items) - most} more (--json)"


def _paragraph(text: str, first: str = "", rest: str = "  ") -> Iterator[str]:
    yield from wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
