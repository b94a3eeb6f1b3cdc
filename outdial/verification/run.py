"""One verification: the rows of pacts, then the journeys of their editions."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from outdial.documents import DocumentError, suggest
from outdial.pact_files import PACTS, Interaction, read_pacts
from outdial.pact_files.join import BY_TESTS, OURS
from outdial.pact_files.selection import selector
from outdial.pact_files.shards import Shard
from outdial.provider import POLICIES
from outdial.tables import TABLES, load_suite
from outdial.verification.completeness import place, require_complete
from outdial.verification.gate import BASES, ELSEWHERE, Gate
from outdial.verification.journeys import JourneyResult, play_journeys
from outdial.verification.reasons import Reasons
from outdial.verification.report import Finding
from outdial.verification.stub_process import running_stub
from outdial.verification.target import BadAddress, require_address, target_at
from outdial.verification.verify import NothingToVerify, verify
from provider_states import load_policies


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of one verification. `rows` counts all rows, `selected` those selected, `never` those skipped.

    `never` are rows whose state no organisation can arrange; they are verified against our stub only. `notes` tell
    parts of the pacts that were left out.
    """

    findings: tuple[Finding, ...]
    journeys: tuple[JourneyResult, ...]
    rows: int
    selected: int
    never: int
    notes: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Return whether every row and journey that decides holds."""
        return not any(each.failed for each in self.findings) and not any(each.failed for each in self.journeys)


def verify_pacts(
    pacts: Sequence[Path] = (PACTS,),
    provider_url: str | None = None,
    state_url: str | None = None,
    *,
    login_url: str | None = None,
    tables: Path | None = None,
    policies: Path = POLICIES,
    gate: str | None = None,
    select: str = "",
    shard: Shard | None = None,
    exit_first: bool = False,
    timeout: float = 60.0,
    deadline: float = 600.0,
    on_finding: Callable[[Finding, int], None] = lambda _finding, _total: None,
    on_phase: Callable[[str], None] = lambda _phase: None,
) -> Verification:
    """Verify pact files, or folders of them, against the stub or a provider of your own.

    The committed pacts, or any with `tables`, must be those of their tables. `gate` names the bases that decide
    (default: all; against another provider published,observed). `on_finding` gets each result and the number of rows.
    Raises exceptions that carry an `exit_code`: `BadPact`, `BadAddress`, `BadGate`, `BadSelection`, `DocumentError`,
    `IncompletePacts`, `NothingToVerify`, `ProviderUnreachable`, `StubFailed`, `Unfinished`, `VerifierDied`.
    """
    started = time.monotonic()
    read = read_pacts(pacts)
    deciding = Gate.read(gate) if gate else Gate(ELSEWHERE if provider_url else BASES)
    every = [each for pact in read for each in pact.interactions]
    target = target_at(provider_url, state_url, [each.provider for each in read], any(each.states for each in every))
    if login_url:
        require_address("--login-url", login_url)
        if target is None:
            raise BadAddress("--login-url needs --provider-url and --state-url")
    if not select and (tables or all(path.resolve() == PACTS or path.resolve().parent == PACTS for path in pacts)):
        require_complete(read, load_suite(tables or TABLES), whole=any(path.is_dir() for path in pacts))
    selects = selector(select)
    chosen = [each for each in every if selects(f"{each.pact.name}/{each.case_id}")]
    if not chosen and "journey" not in select:
        raise _nothing(select, every)
    selected, never = len(chosen), 0
    if target:
        arranged = [each for each in chosen if each.comments.get("arrange") != "never"]
        never, chosen = len(chosen) - len(arranged), arranged
    if shard:
        chosen = shard.part(chosen)
    if target:
        target.require()
    reasons = None if target else Reasons(load_policies(policies))
    findings: list[Finding] = []
    journeys: list[JourneyResult] = []
    with ExitStack() as stack:
        where = target or stack.enter_context(running_stub(policies)).target
        places = cache(lambda: _places(tables or TABLES))
        if chosen:
            left = deadline - (time.monotonic() - started)
            verified = stack.enter_context(closing(verify(chosen, where, timeout=timeout, deadline=left)))
            for about, result in verified:
                if reasons and (problem := reasons.problem(about)):
                    result = replace(result, problems=(*result.problems, problem))
                found = Finding(about, result, deciding.holds(about))
                if not result.passed:
                    why = reasons.refusal(about) if reasons else ""
                    found = replace(found, place=places().get(about.case_id, ""), refused_by=why)
                findings.append(found)
                on_finding(found, len(chosen))
                if exit_first and found.failed:
                    break
        seconds = time.monotonic() - started
        ours = {each.provider for each in read if each.interactions[0].metadata.get(OURS) == BY_TESTS}
        first = shard is None or shard.number == 1
        if ours and first and where.state_url and not (exit_first and any(each.failed for each in findings)):
            on_phase("play journeys")
            left = max(deadline - (time.monotonic() - started), 1.0)
            journeys += play_journeys(
                sorted(ours), where, bases=deciding.bases, login_url=login_url, select=select, timeout=timeout,
                deadline=left,
            )  # fmt: skip
    order = {(each.pact, each.case_id): at for at, each in enumerate(chosen)}
    findings.sort(key=lambda each: order[each.about.pact, each.about.case_id])
    if not chosen and not journeys and not shard:
        raise _nothing(select, every)
    if not shard and not any(each.gates for each in findings) and not any(each.gates for each in journeys):
        raise NothingToVerify(f"--gate {','.join(deciding.bases)}: none of {len(findings)} rows decides")
    notes = tuple(note for pact in read for note in pact.notes)
    return Verification(tuple(findings), tuple(journeys), len(every), selected, never, notes, seconds)


def evidence(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield one line that tells on whose word the verified rows rest."""
    counted: Mapping[str, int] = Counter(each.about.basis for each in findings)
    known = [f"{counted[basis]} {basis}" for basis in BASES if counted.get(basis)]
    if known:
        assumed = "; assumed rows are checked against our own stub only" if counted.get("assumed") else ""
        yield f"evidence: {', '.join(known)}{assumed}"


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
