"""`outdial check`: look up every name in the files that people write, without playing anything."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from outdial.definitions import DEFINITIONS, load_definitions
from outdial.documents import Together
from outdial.generation.clients import CLIENTS
from outdial.provider import POLICIES
from outdial.reports.claims.claim import CLAIMS, load_claims
from outdial.reports.reasons import check_reasons
from outdial.tables import TABLES, load_suite
from outdial.tables.journey import JOURNEYS, load_journeys, require_consumers
from outdial.tables.report import REPORTS, load_reports
from provider_states import load_policies


def add_options(parser: ArgumentParser) -> None:
    """Which files; what a vendor publishes and what a report says is found where it always stands, unless named."""
    for name, default, what in (
        ("--tables", TABLES, "folder of scenario tables"),
        ("--journeys", JOURNEYS, "folder of journeys"),
        ("--policies", POLICIES, "folder of policy files"),
        ("--definitions", DEFINITIONS, "folder of what the vendors publish"),
        ("--reports", REPORTS, "folder of reports"),
    ):
        parser.add_argument(name, type=Path, default=default, metavar="DIR", help=what)
    parser.add_argument("--claims", type=Path, default=CLAIMS, metavar="FILE", help="file of claims")
    parser.epilog = "example: outdial check --tables contracts/tables"


def run(options: Namespace) -> int:
    """Say what is right, one line for each kind of file. Raises `DocumentError` with everything that is wrong.

    A file that names others is looked at when those can be read: their mistakes come first.
    """
    found, right = Together(), {}
    suite = journeys = policies = definitions = reports = None
    with found:
        suite = load_suite(options.tables, CLIENTS)
        right["tables"] = f"{len(suite)} rows of {len({scenario.provider for scenario in suite})} editions"
    with found:
        journeys = load_journeys(CLIENTS, options.journeys, options.tables)
        right["journeys"] = f"{len(journeys)} journeys of {sum(len(journey.steps) for journey in journeys)} steps"
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
    if suite is not None and journeys is not None:
        with found:
            require_consumers(journeys, suite)
    if suite is not None and policies is not None:
        with found:
            check_reasons(policies, suite)
    found.raise_found()
    for kind, told in right.items():
        print(f"{kind:11} {told}")
    return 0
