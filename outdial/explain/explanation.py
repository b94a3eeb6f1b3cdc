"""An explanation: plain data, as text, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from outdial.definitions.catalogue import Published
from outdial.explain.case import State
from outdial.explain.evidence import Evidence
from outdial.explain.hiding import Hiding
from outdial.explain.names import Name
from outdial.explain.words import Silent, is_likely


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
    published: Published | None = None
    sources: tuple[str, ...] = ()
    hiding: Hiding | None = field(default=None, repr=False, compare=False)

    def text(self, *, verbose: bool = False) -> str:
        """Return the answer as text; `verbose` adds rules and sources."""
        from outdial.explain.text import lines_of

        lines = "\n".join(line.rstrip() for line in lines_of(self, verbose=verbose)) + "\n"
        return self.hiding.text(lines) if self.hiding else lines

    def as_json(self) -> dict[str, Any]:
        """Return the answer as documented in docs/explain.md."""
        document = asdict(self)
        document.pop("hiding")
        return dict((self.hiding or Hiding(None, None)).json(document))
