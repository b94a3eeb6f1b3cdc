"""`outdial settle`: every pact against every edition of its API, on the terminal, as JSON and as a page."""

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from outdial.pact_files import PACTS, read_interactions
from outdial.provider import POLICIES
from outdial.reports.settle.matrix import Cell, settle
from outdial.reports.settle.page import page
from outdial.reports.settle.terminal import screen
from outdial.reports.settle.verified import VerifierDisagreement, disagreements, rows_in
from provider_states import load_policies

LOG_WIDTH = 140
"""Columns of a log, which wraps nothing."""


def add_options(parser: ArgumentParser) -> None:
    """Add the options for pacts, policies and results."""
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="PATH", help="pacts, or folders")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument("--json", type=Path, default=Path("build/settle.json"), metavar="FILE")
    parser.add_argument("--page", type=Path, default=Path("build/settle.md"), metavar="FILE")
    parser.epilog = "example: outdial settle --pacts pacts/omnichannel-middleware-nice-cxone.omnichannel.json"


def run(options: Namespace) -> int:
    """0 when every consumer holds in its own edition and verifier and replay agree, else 1.

    Raises `BadPact`, `DocumentError`, `NotReplayable`, `StubFailed`.
    """
    started = time.perf_counter()
    console, problems = Console(), Console(stderr=True)
    if not console.is_terminal:
        console = Console(width=LOG_WIDTH)
    interactions = read_interactions(options.pacts)
    cells = settle(interactions, load_policies(options.policies))
    with Progress(console=problems, transient=True, disable=not problems.is_terminal) as progress:
        task = progress.add_task("verifying", total=rows_in(cells))
        disputed = disagreements(cells, interactions, options.policies, lambda: progress.advance(task))
    seconds = time.perf_counter() - started
    for part in screen(cells):
        console.print(part)
    console.print(f"{rows_in(cells)} rows verified in {seconds:.1f} s; all rows that fail: {options.json}")
    _write(options.json, json.dumps(_as_json(cells, seconds), indent=2) + "\n")
    _write(options.page, page(cells))
    return _judge(cells, disputed, problems)


def _as_json(cells: Sequence[Cell], seconds: float) -> dict[str, Any]:
    """The matrix as plain data, with every row that does not hold."""
    return {
        "seconds": round(seconds, 2),
        "cells": [
            {
                "consumer": cell.consumer,
                "written_for": cell.home,
                "edition": cell.edition,
                "exists": bool(cell.outcomes),
                "rows": len(cell.outcomes),
                "holds": cell.holds,
                "failures": [
                    {
                        "case": outcome.case_id,
                        "expected": outcome.expected,
                        "got": outcome.got,
                        "answered_by": outcome.answered_by,
                        "problems": list(outcome.problems),
                    }
                    for outcome in cell.failures
                ],
            }
            for cell in cells
        ],
    }


def _judge(cells: Sequence[Cell], disputed: Sequence[VerifierDisagreement], problems: Console) -> int:
    homeless = [cell for cell in cells if cell.at_home and not cell.holds]
    for cell in homeless:
        rows = ", ".join(outcome.case_id for outcome in cell.failures) or "there is no such policy"
        problems.print(f"{cell.consumer} does not hold in its own edition {cell.home}: {rows}", markup=False)
    for each in disputed:
        problems.print(f"verifier and replay disagree: {each}", markup=False)
    return 1 if homeless or disputed else 0


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
