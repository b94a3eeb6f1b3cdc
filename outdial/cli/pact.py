"""`outdial pact`: generate, then verify what was written; with `--client` through a client of a team's own."""

from argparse import ArgumentParser, Namespace

from outdial.cli import verify
from outdial.generation import command as ours
from outdial.generation.foreign import command as foreign
from outdial.verification.result_files import forget


def add_options(parser: ArgumentParser) -> None:
    """Those of `generate`, and those of a client of one's own; verification has its defaults."""
    ours.add_own_options(parser)
    foreign.add_options(parser)
    parser.epilog = "example: outdial pact --consumer my-app --client './adapter' --tables genesys-cloud/place_call"


def run(options: Namespace) -> int:
    """The first exit code that is not 0."""
    verifying = ArgumentParser()
    verify.add_options(verifying)
    forget(verifying.parse_args([]))  # or results of other pacts would stay where this run ends before its own
    if options.client is None:
        return ours.run(options) or verify.run(verifying.parse_args(["--pacts", str(options.pacts)]))
    written = foreign.generate(options)
    if written is None:
        return 1
    return verify.run(verifying.parse_args(list(map(str, written)))) if written else 0
