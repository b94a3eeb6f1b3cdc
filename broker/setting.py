"""What every command at a broker needs: the connection, this build, and the pacts of the work tree."""

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from broker.build import Build, refuse_uncommitted
from broker.connection import Connection
from broker.pact_files import pact_files
from broker.preflight import require_broker
from pact_files import Pact


@dataclass(frozen=True, slots=True)
class Setting:
    """A broker that answered, and what is to be told or asked there."""

    connection: Connection
    build: Build
    pacts: list[Pact]

    @property
    def consumers(self) -> list[str]:
        """Every consumer of the pacts, once."""
        return sorted({pact.consumer for pact in self.pacts})

    @property
    def providers(self) -> list[str]:
        """Every provider of the pacts, once."""
        return sorted({pact.provider for pact in self.pacts})


def add_pacts(parser: ArgumentParser) -> None:
    """The option that names the pacts: a version is a commit, so they are those of the work tree."""
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), help="folder of pacts (default: ./pacts)")


def find_setting(options: Namespace, *, committed: bool = False) -> Setting:
    """Look at the environment, the work tree and the broker, in this order; `committed` demands a clean work tree.

    Raises: BrokerError.
    """
    connection = Connection.from_environment(os.environ)
    build = Build.detect(os.environ, Path.cwd())
    pacts = pact_files(options.pacts)
    if committed:
        refuse_uncommitted(os.environ, Path.cwd(), options.pacts)
    require_broker(connection)
    return Setting(connection, build, pacts)
