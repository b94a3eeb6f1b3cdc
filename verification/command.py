"""`outdial verify`: verify pacts against the stub, or with --provider-url against any provider.

It is pytest with one item for each interaction.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest

from pact_files import PACTS

SETTINGS = Path(__file__).parent / "pytest.ini"


def add_options(parser: ArgumentParser) -> None:
    """Which pacts, against whom, and where the results go."""
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="PATH", help="pacts, or folders")
    parser.add_argument("--provider-url", metavar="URL", help="your own provider (default: the stub, for this run)")
    parser.add_argument("--state-url", metavar="URL", help="where that provider's states are changed")
    parser.add_argument("-k", dest="rows", metavar="EXPRESSION", help="only rows like this: 'no-station or no-role'")
    parser.add_argument("-x", dest="first", action="store_true", help="stop at the first row that does not hold")
    parser.add_argument("--json", type=Path, default=Path("build/verification.json"), metavar="FILE")
    parser.add_argument("--junitxml", type=Path, default=Path("build/verification.xml"), metavar="FILE")
    parser.epilog = (
        "examples:\n"
        "  outdial verify -k no-station\n"
        "  outdial verify --pacts pacts/outdial-genesys-cloud.json \\\n"
        "    --provider-url https://api.example --state-url https://states.example"
    )


def run(options: Namespace) -> int:
    """Verify; pytest's exit codes are those of the table."""
    given = [f"--results={options.json}", f"--junitxml={options.junitxml}"]
    if options.provider_url:
        given.append(f"--provider-url={options.provider_url}")
    if options.state_url:
        given.append(f"--state-url={options.state_url}")
    if options.rows:
        given += ["-k", options.rows]
    if options.first:
        given.append("-x")
    return int(pytest.main(["-c", str(SETTINGS), f"--rootdir={Path.cwd()}", *given, *map(str, options.pacts)]))
