"""`outdial pact`: generate, then verify what was written."""

from argparse import ArgumentParser, Namespace

from consumer_tests import command as generate
from verification import command as verify


def add_options(parser: ArgumentParser) -> None:
    """Those of `generate`; verification has its defaults."""
    generate.add_options(parser)
    parser.epilog = "example: outdial pact --pacts pacts"


def run(options: Namespace) -> int:
    """The first exit code that is not 0."""
    verifying = ArgumentParser()
    verify.add_options(verifying)
    return generate.run(options) or verify.run(verifying.parse_args(["--pacts", str(options.pacts)]))
