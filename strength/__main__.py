"""`python -m strength`: which faults of a provider the pacts would notice, and which rows are missing.

Exit codes: 0 every fault that can be noticed is, 1 some are not, 2 it cannot run.
"""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from contracts import TABLES
from pact_files.pact_file import BadPact, Interaction, read_pacts
from provider_states import BadState
from provider_stub import POLICIES, load_policies
from replay.request import NotReplayable
from strength.measure import RowsFail, Strength, measure
from strength.mutants import mutants_of
from strength.page import page
from strength.results import as_json
from strength.tables import Tables
from strength.terminal import details, screen
from yaml_documents import DocumentError

ROOT = Path(__file__).parent.parent
LOG_WIDTH = 140
"""Columns of a log, which wraps nothing."""


class NothingToMeasure(Exception):
    """The options leave no row of any edition."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; see the module for the exit codes."""
    chosen = _options(arguments)
    started = time.perf_counter()
    console, problems = Console(), Console(stderr=True)
    if not console.is_terminal:
        console = Console(width=LOG_WIDTH)
    try:
        strengths = _measure(chosen, problems)
    except (BadPact, BadState, DocumentError, NotReplayable, NothingToMeasure, RowsFail) as problem:
        problems.print(str(problem), markup=False)
        return 2
    seconds = time.perf_counter() - started
    for part in [*screen(strengths), *(details(strengths) if chosen.details else ())]:
        console.print(part)
    count = sum(len(strength.judged) for strength in strengths)
    console.print(f"{count} mutants in {seconds:.1f} s; {'' if chosen.details else '--details lists equivalent ones'}")
    _write(chosen.json, json.dumps(as_json(strengths, seconds), indent=2) + "\n")
    if chosen.page:
        _write(chosen.page, page(strengths))
    return 0 if all(strength.complete for strength in strengths) else 1


def _options(arguments: Sequence[str] | None) -> Namespace:
    options = ArgumentParser(prog="strength", description=__doc__)
    options.add_argument("--pacts", type=Path, default=ROOT / "pacts", help="folder of pacts to measure")
    options.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files to make faulty")
    options.add_argument("--tables", type=Path, default=TABLES, help="folder of tables, for the names in missing rows")
    options.add_argument("--edition", action="append", metavar="NAME", help="measure this edition only; repeatable")
    options.add_argument("--operation", metavar="NAME", help="measure the mutants of this operation of a policy only")
    options.add_argument("--rows", action="append", metavar="GLOB", help="only rows like */accepted; repeatable")
    options.add_argument("--without", action="append", default=[], metavar="GLOB", help="leave rows out; repeatable")
    options.add_argument("--details", action="store_true", help="list equivalent mutants and rows that kill nothing")
    options.add_argument("--json", type=Path, default=ROOT / "build" / "strength.json", help="where the JSON goes")
    options.add_argument("--page", type=Path, help="where the page goes (default: none)")
    return options.parse_args(arguments)


def _measure(chosen: Namespace, problems: Console) -> list[Strength]:
    tables = Tables(chosen.tables)
    interactions = [each for each in read_pacts([chosen.pacts]) if _wanted(each, chosen)]
    by_edition = {
        name: (policy, [each for each in interactions if each.provider == name])
        for name, policy in load_policies(chosen.policies).items()
        if not chosen.edition or name in chosen.edition
    }
    measurable = [(policy, rows) for policy, rows in by_edition.values() if rows]
    if chosen.operation:
        measurable = [(policy, rows) for policy, rows in measurable if chosen.operation in policy.operations]
    if not measurable:
        raise NothingToMeasure("no row to measure; see --edition, --operation, --rows, --without and the pacts")
    with Progress(console=problems, transient=True) as progress:
        task = progress.add_task("mutants", total=sum(1 for policy, _ in measurable for _ in mutants_of(policy)))
        return [
            measure(policy, rows, tables, chosen.operation, lambda: progress.advance(task))
            for policy, rows in measurable
        ]


def _wanted(interaction: Interaction, chosen: Namespace) -> bool:
    included = not chosen.rows or any(fnmatch(interaction.case_id, pattern) for pattern in chosen.rows)
    return included and not any(fnmatch(interaction.case_id, pattern) for pattern in chosen.without)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
