"""`outdial settle`: every pact against every edition of its API, on the terminal, as JSON and as a page."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from outdial.pact_files import PACTS, read_interactions
from outdial.provider import POLICIES
from outdial.reports.settle.matrix import Cell, settle
from outdial.reports.settle.page import page
from provider_states import load_policies

LOG_WIDTH = 140
"""Columns where there is no terminal."""


def add_options(parser: ArgumentParser) -> None:
    """Add the options for pacts, policies and results."""
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="PATH", help="pacts, or folders")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument("--json", type=Path, default=Path("build/settle.json"), metavar="FILE")
    parser.add_argument("--page", type=Path, default=Path("build/settle.md"), metavar="FILE")
    parser.epilog = "example: outdial settle --pacts pacts/omnichannel-middleware-nice-cxone.omnichannel.json"


def run(options: Namespace) -> int:
    """0 when every consumer holds in its own edition, else 1. Raises `BadPact`, `DocumentError`, `NotReplayable`."""
    cells = settle(read_interactions(options.pacts), load_policies(options.policies))
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    console.print(Markdown(page(cells)))
    print(f"{sum(len(cell.outcomes) for cell in cells)} rows played; all rows that fail: {options.json}")
    _write(options.json, json.dumps({"cells": [_as_json(cell) for cell in cells]}, indent=2) + "\n")
    _write(options.page, page(cells))
    homeless = [cell for cell in cells if cell.at_home and not cell.holds]
    for cell in homeless:
        rows = ", ".join(outcome.case_id for outcome in cell.failures) or "there is no such policy"
        print(f"{cell.consumer} does not hold in its own edition {cell.home}: {rows}", file=sys.stderr)
    return 1 if homeless else 0


def _as_json(cell: Cell) -> dict[str, Any]:
    """Return one pact against one edition as plain data, with every row that does not hold."""
    return {
        "consumer": cell.consumer,
        "written_for": cell.home,
        "edition": cell.edition,
        "exists": bool(cell.outcomes),
        "rows": len(cell.outcomes),
        "holds": cell.holds,
        "failures": [
            {"case": each.case_id, "expected": each.expected, "got": each.got}
            | {"answered_by": each.answered_by, "problems": each.problems}
            for each in cell.failures
        ],
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
