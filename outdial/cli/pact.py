"""`outdial pact`: generate the pacts, then verify them; with `--client` through a client of your own."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from outdial.api import verify
from outdial.cli.verify import FILES, tell, write_results
from outdial.generation import command as ours
from outdial.generation.foreign import command as foreign
from outdial.verification.result_files import forget


def add_options(parser: ArgumentParser) -> None:
    """Add the options of `generate`, and those of a client of your own."""
    ours.add_own_options(parser)
    foreign.add_options(parser)
    parser.set_defaults(shard=None, out=None)
    parser.epilog = "example: outdial pact --consumer my-app --client './adapter' --tables genesys-cloud/place_call"


def run(options: Namespace) -> int:
    """Return the first exit code that is not 0."""
    forget(FILES)  # results of other pacts would stay where this run ends before it verifies
    if options.client is None:
        print("play: each row through its client")
        code = ours.run(options)
        return code or _verified([options.pacts])
    written = foreign.generate(options)
    if written is None:
        return 1
    return _verified(written) if written else 0


def _verified(pacts: Sequence[Path]) -> int:
    print("verify: each interaction against the stub")
    done = verify(pacts, on_phase=lambda phase: print(f"{phase}: several requests each, against the stub"))
    tell(done)
    write_results(done, FILES)
    return 0 if done.passed else 1
