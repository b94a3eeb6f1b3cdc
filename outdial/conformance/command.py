"""`outdial conformance SPEC`: does a pact say what the provider's own definition says?"""

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from outdial.conformance.comparison import Disagreement, disagreements
from outdial.pact_files import PACTS, read_interactions

PACT = PACTS / "outdial-genesys-cloud.json"


def add_options(parser: ArgumentParser) -> None:
    """The two to be compared."""
    parser.add_argument("spec", type=Path, metavar="SPEC", help="OpenAPI 3 or Swagger 2 file of the provider")
    parser.add_argument("--pacts", type=Path, default=PACT, metavar="FILE", help=f"one pact (default: {PACT.name})")
    parser.epilog = "example: outdial conformance openapi.json --pacts pacts/outdial-genesys-cloud.json"


def run(options: Namespace) -> int:
    """0 when every disagreement is explained, else 1. Raises `BadPact`, `NotCompared`, `ToolMissing`."""
    found = disagreements(options.spec, options.pacts)
    return 1 if _report(found, len(read_interactions([options.pacts])), options.spec) else 0


def _report(found: Sequence[Disagreement], interactions: int, definition: Path) -> int:
    """A line for each disagreement that matters, then the sum. Returns how many stay unexplained."""
    serious = [each for each in found if each.serious]
    for each in serious:
        mark = "ok  " if each.explanation else "FAIL"
        row = f"{each.interaction.case_id} | {each.place} | {each.message}"
        print(f"{mark} {row} | {each.explanation or 'the row is published, and the definition says otherwise'}")
    silent = Counter(each.message for each in found if not each.serious)
    for message, count in sorted(silent.items()):
        print(f"note {count} rows: {message}")
    unexplained = sum(each.explanation is None for each in serious)
    counted = f"{len(serious)} disagreements, {len(serious) - unexplained} explained, {unexplained} not"
    print(f"{interactions} interactions compared with {definition.name}: {counted}")
    return unexplained
