"""`outdial check`: check tables, policies, definitions, reports and claims without playing a row."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from outdial.definitions import DEFINITIONS, load_definitions
from outdial.documents import Together
from outdial.generation.clients import CLIENTS
from outdial.provider import POLICIES
from outdial.reports.claims import CLAIMS, load_claims
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
    """Print one line for each kind of file. Raises `DocumentError` with all mistakes.

    A file that refers to others is checked only when those can be read.
    """
    found, right = Together(), {}
    suite = policies = definitions = reports = None
    with found:
        suite = load_suite(options.tables, CLIENTS)
        right["tables"] = f"{len(suite)} rows of {len({scenario.provider for scenario in suite})} editions"
    with found:
        policies = load_policies(options.policies)
        right["policies"] = f"{len(policies)} editions"
    with found:
        definitions = load_definitions(options.definitions)
        right["definitions"] = f"{len(definitions)} vendors' APIs"
    cases = None if suite is None else [scenario.case_id for scenario in suite]
    with found:
        reports = load_reports(options.reports, cases)
        right["reports"] = f"{len(reports)} reports"
    if definitions is not None and cases is not None and reports is not None:
        with found:
            right["claims"] = f"{len(load_claims(definitions, cases, options.claims))} claims"
    if suite is not None and policies is not None:
        with found:
            check_reasons(policies, suite)
    found.raise_found()
    for kind, told in right.items():
        print(f"{kind:11} {told}")
    editions = {scenario.provider for scenario in suite or ()}
    for name in sorted(editions - (policies or {}).keys()):
        print(f"note        {name} has a table and no policy: the stub does not serve it")
    for name in sorted((policies or {}).keys() - editions):
        print(f"note        {name} has a policy and no table: nothing is expected of it")
    return 0
