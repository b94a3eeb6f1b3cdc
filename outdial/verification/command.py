"""Verify pacts against the stub, or with --provider-url against any provider.

Against the stub, `because` is proved too; the committed pacts must be those of the committed tables.
"""

import time
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

from outdial.documents import DocumentError, suggest
from outdial.pact_files import PACTS, Interaction, Pact
from outdial.pact_files.selection import selects
from outdial.pact_files.shards import Left, Shard
from outdial.provider import POLICIES
from outdial.tables import TABLES, Scenario, load_suite
from outdial.verification.completeness import place, require_complete
from outdial.verification.gate import Gate
from outdial.verification.reasons import Reasons
from outdial.verification.report import Finding, Terminal, summary
from outdial.verification.results import name_of, rows_of, write_findings
from outdial.verification.stub_process import RunningStub
from outdial.verification.target import target_at
from outdial.verification.verify import NothingToVerify, verify
from provider_states import load_policies


def add_options(parser: ArgumentParser) -> None:
    """The options of the command."""
    add_result_options(parser)
    parser.add_argument("named", nargs="*", type=Path, metavar="PACT", help="pact files, or folders of them")
    parser.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files for the stub")
    parser.add_argument("--provider-url", metavar="URL", help="base URL of your own provider (default: the stub)")
    parser.add_argument("--state-url", metavar="URL", help="URL that changes that provider's states")
    parser.add_argument("--gate", metavar="BASES", help="whose rows decide (all; elsewhere: published)")
    parser.add_argument("-k", dest="expression", default="", help="only rows like this: `a and not b or c`")
    parser.add_argument("-x", "--exitfirst", action="store_true", help="stop at the first row that does not hold")
    parser.add_argument("--deadline", type=_seconds, default=600, metavar="SECONDS", help="of the whole run (600)")
    parser.add_argument("--shard", type=Shard.read, metavar="I/N", help="rows of machine I of N, docs/many-machines.md")
    parser.add_argument("--results", type=Path, metavar="DIR", help="what it leaves, for `outdial join-results`")
    parser.add_argument("--timings", type=Path, metavar="FILE", help="seconds of each row, which a join has written")
    parser.epilog = "example: outdial verify pacts/outdial-genesys-cloud.json -k no-station"


def add_result_options(parser: ArgumentParser) -> None:
    """Of which pacts, and where what was found is told."""
    build = Path("build")
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="P", help="pacts, or their folders")
    parser.add_argument("--tables", type=Path, metavar="DIR", help="tables that the pacts must be complete for")
    parser.add_argument("--json", type=Path, default=build / "verification.json", help="results as JSON")
    parser.add_argument("--junit", type=Path, default=build / "verification.xml", help="results as JUnit")
    parser.add_argument("--junitxml", dest="junit", type=Path, default=SUPPRESS, help=SUPPRESS)  # pytest's name for it
    parser.add_argument("--observed", type=Path, default=build / "observed.json", help="what was observed, as JSON")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="a line for each row")
    parser.add_argument("--durations", type=int, default=0, metavar="N", help="also the N slowest rows")


def run(
    options: Namespace,
    pacts: Sequence[Pact],
    stub: Callable[[], RunningStub],
    findings: list[Finding],
    left: Left | None = None,
) -> int:
    """0 when every selected interaction holds, 1 when some do not; `findings` are added as soon as they are known.

    Where this is one machine of several, only its rows are verified, and `left` says which; then its folder has their
    results. `stub` is what is verified where no other provider is named. Raises `BadAddress`, `BadGate`,
    `DocumentError`, `IncompletePacts`, `NothingToVerify`, `ProviderUnreachable`, `StubFailed`, `VerifierDied`.
    """
    started = time.perf_counter()
    gate = gate_of(options)
    _require_complete(options, pacts)
    chosen = selected(pacts, options.expression)
    if left:
        chosen = [each for each in chosen if name_of(each) in left.rows]
    with closing(_verified(options, pacts, chosen, gate, stub)) as verified:
        for found in verified:
            findings.append(found)
            if options.exitfirst and found.failed:
                break
    order = {(each.pact, each.case_id): at for at, each in enumerate(chosen)}
    findings.sort(key=lambda each: order[each.about.pact, each.about.case_id])
    if left and len(findings) == len(chosen):
        write_findings(options.results, findings)
    return tell(findings, time.perf_counter() - started, options.durations)


def gate_of(options: Namespace) -> Gate:
    """Which rows decide. Raises `BadGate`."""
    return Gate.read(options.gate or ("published" if options.provider_url else "all"))


def tell(findings: Sequence[Finding], seconds: float, slowest: int) -> int:
    """Print how it went. 1 when a row is why it is not green."""
    for line in summary(findings, seconds, slowest):
        print(line)
    return int(any(each.failed for each in findings))


def require_deciding(findings: Sequence[Finding], gate: Gate) -> None:
    """Raises `NothingToVerify` where no row decides."""
    if not any(each.gates for each in findings):
        bases = ", ".join(gate.bases)
        raise NothingToVerify(
            f"--gate {bases}: none of {len(findings)} rows is {bases}; they were observed, none decides"
        )


def _verified(
    options: Namespace,
    pacts: Sequence[Pact],
    chosen: Sequence[Interaction],
    gate: Gate,
    stub: Callable[[], RunningStub],
) -> Generator[Finding, None, None]:
    """What there is to say of each row, as soon as it is known."""
    if not chosen:  # a machine that no row is left for
        return
    target = target_at(options.provider_url, options.state_url, [pact.provider for pact in pacts])
    if target:
        target.require()
    reasons = None if target else Reasons(load_policies(options.policies))
    places = cache(lambda: _places(options.tables or TABLES))
    terminal = Terminal(len(chosen), options.verbose > 0)
    try:
        where = target or stub().target
        with closing(verify(chosen, where)) as verified:
            for about, result in verified:
                if reasons and (problem := reasons.problem(about)):
                    result = replace(result, problems=(*result.problems, problem))
                found = Finding(about, result, gate.holds(about))
                if not result.passed:
                    why = reasons.refusal(about) if reasons else ""
                    found = replace(found, place=places().get(about.case_id, ""), refused_by=why)
                terminal.add(found)
                yield found
    finally:
        terminal.clear()


def suite_beside(options: Namespace) -> Sequence[Scenario] | None:
    """The rows of the tables that these pacts must be those of; None of other pacts, and of a selection of rows.

    Those are the committed pacts, or any beside tables that are named. Raises `DocumentError`.
    """
    if options.expression:
        return None
    committed = all(path.resolve() == PACTS or path.resolve().parent == PACTS for path in _named(options))
    return _suite(options.tables or TABLES) if options.tables or committed else None


_suite = cache(load_suite)
"""Read once in a run."""


def is_read(options: Namespace, path: Path) -> bool:
    """Whether a file there is one that runs of these options read."""
    path = path.resolve()
    named = [each.resolve() for each in (*_named(options), *filter(None, [options.timings]))]
    folders = [
        folder.resolve() for name in ("tables", "policies", "journeys") if (folder := getattr(options, name, None))
    ]
    in_folder = path.suffix == ".json" and any(each == path.parent and each.is_dir() for each in named)
    return path in named or in_folder or (path.suffix == ".yaml" and any(map(path.is_relative_to, folders)))


def _named(options: Namespace) -> Sequence[Path]:
    """The pacts, and folders of them, as `verify` or `join-results` was told of them."""
    named: Sequence[Path] = getattr(options, "named", None) or options.pacts
    return named


def _require_complete(options: Namespace, pacts: Sequence[Pact]) -> None:
    if (suite := suite_beside(options)) is not None:
        require_complete(pacts, suite, whole=any(path.is_dir() for path in _named(options)))


def _places(tables: Path) -> Mapping[str, str]:
    """Where each row stands; nothing where the tables cannot be read, since pacts are verified without them."""
    try:
        return {row.case_id: place(row) for row in _suite(tables)}
    except DocumentError:
        return {}


def selected(pacts: Sequence[Pact], expression: str) -> list[Interaction]:
    """The interactions that the expression selects. Raises `NothingToVerify` when there is none."""
    rows = rows_of(pacts)
    chosen = [row for row in rows if selects(expression, name_of(row))]
    if not chosen:
        names = sorted({row.case_id.rpartition("/")[2] for row in rows})
        nearest = suggest(expression, names).partition(" Valid:")[0]
        raise NothingToVerify(f"-k {expression!r} selects none of {len(rows)} interactions{nearest}")
    return chosen


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise ArgumentTypeError(f"{text!r} is no number of seconds, such as 600")
    return seconds
