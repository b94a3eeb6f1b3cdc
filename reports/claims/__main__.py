"""`python -m reports.claims`: compute the verdict on every claim, show them, and write docs/claims.md.

Exit codes: 0 written, 2 a file is wrong, or a published edition names what its vendor does not publish.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from contracts import load_suite
from pact_files.pact_file import BadPact, read_pacts
from provider_stub import POLICIES, load_policies
from replay.request import NotReplayable
from reports.claims.claim import load_claims
from reports.claims.page import page
from reports.claims.verdict import Evidence
from reports.name_check import check_policies, check_scenarios
from reports.published_names import load_names
from reports.settle.matrix import settle
from yaml_documents import DocumentError

ROOT = Path(__file__).parent.parent.parent


def main() -> int:
    """Compute; see the module for the exit codes."""
    options = ArgumentParser(prog="reports.claims", description=__doc__)
    options.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files")
    options.add_argument("--page", type=Path, default=ROOT / "docs" / "claims.md", help="where the page goes")
    chosen = options.parse_args()
    try:
        interactions = read_pacts([ROOT / "pacts"])
        policies, names = load_policies(chosen.policies), load_names()
        check_policies(names, chosen.policies)
        check_scenarios(names, load_suite())
        claims = load_claims(names, [interaction.case_id for interaction in interactions])
        evidence = Evidence(settle(interactions, policies), policies, names)
    except (BadPact, DocumentError, NotReplayable) as problem:
        print(problem, file=sys.stderr)
        return 2
    verdicts = [evidence.verdict(claim) for claim in claims]
    table = Table("report", "claim about", "verdict", box=box.SIMPLE_HEAD)
    for verdict in verdicts:
        claim = verdict.claim
        table.add_row(", ".join(claim.reports), f"{claim.kind} {claim.name}", verdict.text)
    Console().print(table)
    chosen.page.parent.mkdir(parents=True, exist_ok=True)
    chosen.page.write_text(page(verdicts, evidence), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
