"""One verification: the rows of pacts, then the journeys of their editions."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar, get_args

from outdial.documents import DocumentError, suggest
from outdial.documents.evidence import Basis
from outdial.pact_files import PACTS, Interaction, read_pacts
from outdial.pact_files.join import BY_TESTS, OURS
from outdial.pact_files.selection import selector
from outdial.pact_files.shards import Shard
from outdial.provider import POLICIES
from outdial.tables import TABLES, load_suite
from outdial.verification.completeness import place, require_complete
from outdial.verification.journeys import play_journeys
from outdial.verification.reasons import Reasons
from outdial.verification.result import Finding
from outdial.verification.stub_process import running_stub
from outdial.verification.target import target_at
from outdial.verification.verify import NothingToVerify, verify
from provider_states import load_policies

BASES: tuple[str, ...] = get_args(Basis)
ELSEWHERE = ("published", "observed")
"""Bases that decide by default against a provider other than our stub."""


class BadGate(Exception):
    """Raised for an unknown basis. The message lists the valid ones."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of one verification. `rows` counts all rows, `selected` those selected, `never` those skipped.

    `never` are rows whose state no organisation can arrange; they are verified against our stub only. `notes` tell
    parts of the pacts that were left out.
    """

    findings: tuple[Finding, ...]
    journeys: tuple[Finding, ...]
    rows: int
    selected: int
    never: int
    notes: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Return whether every row and journey that decides holds."""
        return not any(each.failed for each in (*self.findings, *self.journeys))


def verify_pacts(
    pacts: Sequence[Path] = (PACTS,), provider_url: str | None = None, state_url: str | None = None, *,
    login_url: str | None = None, tables: Path | None = None, policies: Path = POLICIES, gate: str | None = None,
    select: str = "", shard: Shard | None = None, exit_first: bool = False, timeout: float = 60.0,
    deadline: float = 600.0, on_finding: Callable[[Finding, int], None] = lambda _finding, _total: None,
    on_phase: Callable[[str], None] = lambda _phase: None,
) -> Verification:  # fmt: skip
    """Verify pact files, or folders of them, against the stub or a provider of your own.

    The committed pacts, or any with `tables`, must be those of their tables. `gate` names the bases that decide
    (default: all; against another provider published,observed). `on_finding` gets each result and the number of rows.
    Raises exceptions that carry an `exit_code`: `BadPact`, `BadAddress`, `BadGate`, `BadSelection`, `DocumentError`,
    `IncompletePacts`, `NothingToVerify`, `ProviderUnreachable`, `StubFailed`, `Unfinished`, `VerifierDied`.
    """
    started = time.monotonic()
    read = read_pacts(pacts)
    every = [each for pact in read for each in pact.interactions]
    bases = _bases(gate, ELSEWHERE if provider_url else BASES)
    target = target_at(provider_url, state_url, every, login_url)
    if not select and (tables or all(PACTS in (path.resolve(), path.resolve().parent) for path in pacts)):
        require_complete(read, load_suite(tables or TABLES), whole=any(path.is_dir() for path in pacts))
    selects = selector(select)
    chosen = [each for each in every if selects(f"{each.pact.name}/{each.case_id}")]
    if not chosen and "journey" not in select:
        raise _nothing(select, every)
    selected, never = len(chosen), 0
    if target:
        target.require()
        never = sum(each.comments.get("arrange") == "never" for each in chosen)
        chosen = [each for each in chosen if each.comments.get("arrange") != "never"]
    if shard:
        chosen = shard.part(chosen)
    reasons = None if target else Reasons(load_policies(policies))
    places = cache(lambda: _places(tables or TABLES))
    findings: list[Finding] = []
    journeys: list[Finding] = []
    with ExitStack() as stack:
        where = target or stack.enter_context(running_stub(policies)).target
        left = deadline - (time.monotonic() - started)
        verified = stack.enter_context(closing(verify(chosen, where, timeout=timeout, deadline=left)))
        for row, result in verified if chosen else ():
            decides = row.source.get("pending") is not True and (row.basis in bases or row.basis not in BASES)
            found = replace(result, gates=decides)
            if reasons and (problem := reasons.problem(row)):
                found = replace(found, problems=(*found.problems, problem))
            if not found.passed:
                why = reasons.refusal(row) if reasons else ""
                found = replace(found, place=places().get(row.case_id, ""), refused_by=why)
            findings.append(found)
            on_finding(found, len(chosen))
            if exit_first and found.failed:
                break
        seconds = time.monotonic() - started
        ours = {each.provider for each in read if each.interactions[0].metadata.get(OURS) == BY_TESTS}
        stopped = exit_first and any(each.failed for each in findings)
        if ours and where.state_url and not stopped and (shard is None or shard.number == 1):
            on_phase("play journeys")
            left = max(deadline - (time.monotonic() - started), 1.0)
            journeys += play_journeys(
                sorted(ours), where, bases=bases, login_url=login_url, select=select, timeout=timeout, deadline=left
            )
    order = {(each.consumer, each.provider, each.case_id): at for at, each in enumerate(chosen)}
    findings.sort(key=lambda each: order[each.consumer, each.provider, each.case_id])
    if not chosen and not journeys and not shard:
        raise _nothing(select, every)
    if not shard and not any(each.gates for each in (*findings, *journeys)):
        raise NothingToVerify(f"--gate {','.join(bases)}: none of {len(findings)} rows decides")
    notes = tuple(note for pact in read for note in pact.notes)
    return Verification(tuple(findings), tuple(journeys), len(every), selected, never, notes, seconds)


def _bases(gate: str | None, default: Sequence[str]) -> Sequence[str]:
    """Return the bases that decide. Raises `BadGate`."""
    if gate is None or gate == "all":
        return default if gate is None else BASES
    for each in gate.split(","):
        if each not in BASES:
            raise BadGate(f"invalid --gate {each!r}{suggest(each, [*BASES, 'all'])}")
    return gate.split(",")


def _nothing(select: str, every: Sequence[Interaction]) -> NothingToVerify:
    names = sorted({each.case_id.rpartition("/")[2] for each in every})
    nearest = suggest(select, names).partition(" Valid:")[0]
    return NothingToVerify(f"-k {select!r} selects none of {len(every)} rows{nearest}")


def _places(tables: Path) -> Mapping[str, str]:
    """Return the place of each row; none where the tables cannot be read, since pacts are verified without them."""
    try:
        return {row.case_id: place(row) for row in load_suite(tables)}
    except DocumentError:
        return {}
