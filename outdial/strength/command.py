"""`outdial strength`: which faults of a provider the pacts would notice, and which rows are missing."""

import json
import time
from argparse import ArgumentParser, Namespace
from fnmatch import fnmatch
from pathlib import Path
from typing import ClassVar

from rich.console import Console
from rich.progress import Progress

from outdial.pact_files import PACTS, Interaction, read_interactions
from outdial.provider import POLICIES
from outdial.strength.measure import Strength, measure
from outdial.strength.mutants import mutants_of
from outdial.strength.page import page
from outdial.strength.results import as_json
from outdial.strength.tables import Tables
from outdial.strength.terminal import print_screen
from outdial.tables import TABLES
from outdial.verification.result_files import forget, write
from provider_states import load_policies

LOG_WIDTH = 140
"""Columns of a log, which wraps nothing."""


class NothingToMeasure(Exception):
    """The options leave no row of any edition."""

    exit_code: ClassVar = 5


def add_options(parser: ArgumentParser) -> None:
    """Which rows against the mutants of which policies, and where the results go."""
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="PATH", help="pacts, or folders")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="policy files to make faulty")
    parser.add_argument("--tables", type=Path, default=TABLES, metavar="DIR", help="for the names in missing rows")
    parser.add_argument("--edition", action="append", metavar="NAME", help="measure this edition only; repeatable")
    parser.add_argument("--operation", metavar="NAME", help="measure the mutants of this operation of a policy only")
    parser.add_argument("--rows", action="append", metavar="GLOB", help="only rows like */accepted; repeatable")
    parser.add_argument("--without", action="append", default=[], metavar="GLOB", help="leave rows out; repeatable")
    parser.add_argument("--details", action="store_true", help="list equivalent mutants and rows that kill nothing")
    parser.add_argument("--json", type=Path, default=Path("build/strength.json"), metavar="FILE")
    parser.add_argument("--page", type=Path, metavar="FILE", help="default: none")
    parser.epilog = "example: outdial strength --edition genesys-cloud --without '*/no-station'"


def run(options: Namespace) -> int:
    """0 when every fault that can be noticed is, else 1.

    Raises `BadPact`, `BadState`, `DocumentError`, `NotReplayable`, `NothingToMeasure`, `RowsFail`.
    """
    started = time.perf_counter()
    forget(options, ["json"])
    console = Console()
    if not console.is_terminal:
        console = Console(width=LOG_WIDTH)
    strengths = _measure(options, Console(stderr=True))
    seconds = time.perf_counter() - started
    print_screen(console, strengths, options.details)
    count = sum(len(strength.judged) for strength in strengths)
    console.print(f"{count} mutants in {seconds:.1f} s; {'' if options.details else '--details lists equivalent ones'}")
    results = {options.json: json.dumps(as_json(strengths, seconds), indent=2) + "\n"}
    if options.page:
        options.page.parent.mkdir(parents=True, exist_ok=True)
        results[options.page] = page(strengths)
    write({path: text.encode() for path, text in results.items()})
    return 0 if all(strength.complete for strength in strengths) else 1


def _measure(chosen: Namespace, problems: Console) -> list[Strength]:
    tables = Tables(chosen.tables)
    interactions = [each for each in read_interactions(chosen.pacts) if _wanted(each, chosen)]
    policies = load_policies(chosen.policies)
    by_edition = {
        name: (policy, [each for each in interactions if each.provider == name])
        for name, policy in policies.items()
        if not chosen.edition or name in chosen.edition
    }
    measurable = [(policy, rows) for policy, rows in by_edition.values() if rows]
    if chosen.operation:
        measurable = [(policy, rows) for policy, rows in measurable if chosen.operation in policy.operations]
    if not measurable:
        raise NothingToMeasure("no row to measure; see --edition, --operation, --rows, --without and the pacts")
    faulty = [
        [each for each in mutants_of(policy, policies) if chosen.operation in (None, each.operation)]
        for policy, _ in measurable
    ]
    with Progress(console=problems, transient=True, disable=not problems.is_terminal) as progress:
        task = progress.add_task("mutants", total=sum(map(len, faulty)))
        return [
            measure(policy, rows, tables, mutants, lambda: progress.advance(task))
            for (policy, rows), mutants in zip(measurable, faulty, strict=True)
        ]


def _wanted(interaction: Interaction, chosen: Namespace) -> bool:
    included = not chosen.rows or any(fnmatch(interaction.case_id, pattern) for pattern in chosen.rows)
    return included and not any(fnmatch(interaction.case_id, pattern) for pattern in chosen.without)
