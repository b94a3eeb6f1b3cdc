"""`outdial claims`: compute the verdict on every claim of the reports, show them, and write a page."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from outdial.definitions import load_definitions
from outdial.pact_files import PACTS, read_interactions
from outdial.provider import POLICIES
from outdial.reports.claims.claim import load_claims
from outdial.reports.claims.page import page
from outdial.reports.claims.verdict import Evidence
from outdial.reports.settle.matrix import settle
from provider_states import load_policies


def add_options(parser: ArgumentParser) -> None:
    """Add the options for input and page."""
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="PATH", help="pacts, or folders")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument("--page", type=Path, default=Path("build/claims.md"), metavar="FILE")
    parser.epilog = "example: outdial claims --page docs/claims.md"


def run(options: Namespace) -> int:
    """Compute; what is written is the answer, so the code is 0. Raises `BadPact`, `DocumentError`, `NotReplayable`."""
    interactions = read_interactions(options.pacts)
    policies, definitions = load_policies(options.policies), load_definitions()
    claims = load_claims(definitions, [interaction.case_id for interaction in interactions])
    sources = {each.case_id: each.evidence for each in interactions}
    evidence = Evidence(settle(interactions, policies), policies, definitions, sources)
    verdicts = [evidence.verdict(claim) for claim in claims]
    table = Table("report", "claim about", "verdict", box=box.SIMPLE_HEAD)
    for verdict in verdicts:
        claim = verdict.claim
        table.add_row(claim.authors, f"{claim.kind} {claim.name}", verdict.text)
    Console().print(table)
    options.page.parent.mkdir(parents=True, exist_ok=True)
    options.page.write_text(page(verdicts, evidence), encoding="utf-8")
    return 0
