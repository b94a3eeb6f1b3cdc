"""`python -m verification [PACT …]`: verify pacts against the stub, or with --provider-url against any provider.

It is pytest with one item for each interaction, so `-k`, `-x` and `--junitxml` work as everywhere. Exit codes
are pytest's: 0 all hold, 1 some do not, 2 interrupted, 4 wrong options or a stub that does not start, 5 nothing
was verified.
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"


def main(arguments: list[str]) -> int:
    """Verify, with results in build/ as JUnit and JSON beside the lines on the terminal."""
    named = [argument for argument in arguments if argument.endswith(".json") and Path(argument).exists()]
    paths = named or [str(ROOT / "pacts")]
    rest = [argument for argument in arguments if argument not in named]
    written = [f"--junitxml={BUILD / 'verification.xml'}", f"--results={BUILD / 'verification.json'}"]
    plugin = ["-p", "verification.plugin", "-p", "no:cacheprovider"]
    fixed = [f"--config-file={ROOT / 'pyproject.toml'}", "--no-header", "--tb=short", "-rN"]
    return int(pytest.main([*plugin, *fixed, *written, *paths, *rest]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
