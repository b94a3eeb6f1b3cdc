"""`outdial check`: check tables, policies, definitions, reports and claims without playing a row."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from outdial.definitions import DEFINITIONS, load_definitions
from outdial.documents import Together
from outdial.generation.clients import CLIENTS
from outdial.provider import POLICIES
from outdial.reports.claims.claim import CLAIMS, load_claims
from outdial.reports.reasons import check_reasons
from outdial.tables import TABLES, load_suite
from outdial.tables.report import REPORTS, load_reports
from provider_states import load_policies


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    for name, default, what in (
        ("--tables", TABLES, "folder of decision tables"),
        ("--policies", POLICIES, "folder of policy files"),
        ("--definitions", DEFINITIONS, "folder of what the vendors publish"),
        ("--reports", REPORTS, "folder of reports"),
    ):
        parser.add_argument(name, type=Path, default=default, metavar="DIR", help=what)
    parser.add_argument("--claims", type=Path, default=CLAIMS, metavar="FILE", help="file of claims")
    parser.epilog = "example: outdial check --tables contracts/tables"


def run(options: Namespace) -> int:
    """Run the command. Raises what `check` raises."""
    return check(options.tables, options.policies, options.definitions, options.reports, options.claims)


def check(tables: Path, policies: Path, definitions: Path, reports: Path, claims: Path) -> int:
    """Print one line for each kind of file. Raises `DocumentError` with all mistakes.

    A file that refers to others is checked only when those can be read.
    """
    found, suite, cases = Together(), None, None
    known_policies = known_definitions = known_reports = known_claims = None
    with found:
        suite = load_suite(tables, CLIENTS)
        cases = [row.case_id for row in suite]
    with found:
        known_policies = load_policies(policies)
    with found:
        known_definitions = load_definitions(definitions)
    with found:
        known_reports = load_reports(reports, cases)
    if known_definitions is not None and cases is not None and known_reports is not None:
        with found:
            known_claims = load_claims(known_definitions, cases, claims)
    if suite is not None and known_policies is not None:
        with found:
            check_reasons(known_policies, suite)
    found.raise_found()
    print(f"tables      {len(suite or ())} rows of {len({row.provider for row in suite or ()})} editions")
    print(f"policies    {len(known_policies or ())} editions")
    print(f"definitions {len(known_definitions or ())} vendors' APIs")
    print(f"reports     {len(known_reports or ())} reports")
    print(f"claims      {len(known_claims or ())} claims")
    return 0
