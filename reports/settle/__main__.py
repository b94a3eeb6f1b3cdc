"""`python -m reports.settle`: every pact against every edition of its API, on the terminal, as JSON and as a page.

Exit codes: 0 every consumer holds in its own edition and verifier and replay agree, 1 not so, 2 it cannot run.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from pact_files.pact_file import BadPact, read_pacts
from provider_stub import POLICIES, load_policies
from replay.request import NotReplayable
from reports.settle.matrix import Cell, settle
from reports.settle.page import page
from reports.settle.terminal import screen
from reports.settle.verified import Disagreement, disagreements, rows_in
from verification.stub_process import StubFailed
from yaml_documents import DocumentError

ROOT = Path(__file__).parent.parent.parent
LOG_WIDTH = 140
"""Columns of a log, which wraps nothing."""


def main() -> int:
    """Settle; see the module for the exit codes."""
    options = ArgumentParser(prog="reports.settle", description=__doc__)
    options.add_argument("pacts", nargs="*", type=Path, default=[ROOT / "pacts"], help="pacts, or folders of them")
    options.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files")
    options.add_argument("--json", type=Path, default=ROOT / "build" / "settle.json", help="where the JSON goes")
    options.add_argument("--page", type=Path, default=ROOT / "docs" / "settle.md", help="where the page goes")
    chosen = options.parse_args()
    started = time.perf_counter()
    console, problems = Console(), Console(stderr=True)
    if not console.is_terminal:
        console = Console(width=LOG_WIDTH)
    try:
        interactions = read_pacts(chosen.pacts)
        cells = settle(interactions, load_policies(chosen.policies))
        with Progress(console=problems, transient=True, disable=not problems.is_terminal) as progress:
            task = progress.add_task("verifying", total=rows_in(cells))
            disputed = disagreements(cells, interactions, chosen.policies, lambda: progress.advance(task))
    except (BadPact, DocumentError, NotReplayable, StubFailed) as problem:
        problems.print(str(problem), markup=False)
        return 2
    seconds = time.perf_counter() - started
    for part in screen(cells):
        console.print(part)
    console.print(f"{rows_in(cells)} rows verified in {seconds:.1f} s; all rows that fail: {_shown(chosen.page)}")
    _write(chosen.json, json.dumps(as_json(cells, seconds), indent=2) + "\n")
    _write(chosen.page, page(cells))
    return _judge(cells, disputed, problems)


def as_json(cells: Sequence[Cell], seconds: float) -> dict[str, Any]:
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


def _judge(cells: Sequence[Cell], disputed: Sequence[Disagreement], problems: Console) -> int:
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


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
