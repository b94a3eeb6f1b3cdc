"""What every command at a broker needs: the connection, this build, the pacts of the work tree, and their versions."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from outdial.broker.build import Build, detect, refuse_uncommitted
from outdial.broker.connection import Connection
from outdial.broker.outcome import Unusable
from outdial.broker.resources import Resources
from outdial.pact_files import Pact, read_pacts
from outdial.provider import POLICIES

PACTS = Path("pacts")
CONNECTION = (
    ("-b", "--broker-base-url", "PACT_BROKER_BASE_URL"),
    ("-u", "--broker-username", "PACT_BROKER_USERNAME"),
    ("-p", "--broker-password", "PACT_BROKER_PASSWORD"),
    ("-k", "--broker-token", "PACT_BROKER_TOKEN"),
)
"""The official client's options, each with the variable that it stands in for."""
DIGITS = 16
"""Of a policy's SHA-256, in its provider's version: far more than the policies that there will ever be."""


@dataclass(frozen=True)
class Setting:
    """Where to ask, and what is known here before asking."""

    connection: Connection
    build: Build
    pacts_folder: Path
    policies: Path
    provider_version: str | None

    @cached_property
    def broker(self) -> Resources:
        """The broker, once it has answered. Raises: BrokerError."""
        return Resources(self.connection)

    @cached_property
    def pacts(self) -> list[Pact]:
        """The pacts of the work tree, sorted by consumer and provider. Raises: BadPact."""
        return sorted(read_pacts([self.pacts_folder]), key=lambda pact: (pact.consumer, pact.provider))

    @property
    def consumers(self) -> list[str]:
        """Every consumer of the pacts, once."""
        return sorted({pact.consumer for pact in self.pacts})

    @property
    def providers(self) -> list[str]:
        """Every provider of the pacts, once."""
        return sorted({pact.provider for pact in self.pacts})

    def version_of(self, pacticipant: str) -> str:
        """The version of a pacticipant: of a consumer the commit, of a provider that the stub plays its policy's.

        A vendor's API is not built from our commits. What is verified is an account of it, the policy; so its version
        changes with the policy only, and what was recorded for it holds when a pact changes.
        """
        if of_policy := policy_version(self.policies, pacticipant):
            return self.provider_version or of_policy
        consumes = self.pacts_folder.exists() and pacticipant in self.consumers
        return self.build.version if consumes else self.provider_version or self.build.version


def policy_version(policies: Path, provider: str) -> str | None:
    """The version of a provider that a policy stands for, whatever commit it is in; None where there is none."""
    policy = policies / f"{provider}.yaml"
    return f"policy-{sha256(policy.read_bytes()).hexdigest()[:DIGITS]}" if policy.is_file() else None


def add_setting(parser: ArgumentParser, short: Sequence[str] = ()) -> None:
    """The options of every command. A version is a commit, so the pacts are those of the work tree."""
    parser.usage = "%(prog)s [options]"
    for letter, name, variable in CONNECTION:
        parser.add_argument(letter, name, metavar="V", help=f"[env: {variable}]", dest=variable)
    parser.add_argument("--pacts", type=Path, default=PACTS, metavar="FOLDER", help="default: ./pacts")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="FOLDER", help="the stub's policies")
    names = [*short, "--consumer-app-version", "--consumer-version"]
    parser.add_argument(*names, dest="consumer_version", metavar="V", help="default: the commit [env: OUTDIAL_VERSION]")
    parser.add_argument("--provider-version", metavar="V", help="default: its policy's (docs/broker.md)")
    parser.add_argument("--branch", metavar="NAME", help="default: git's or the CI's [env: OUTDIAL_BRANCH]")
    parser.add_argument("--build-url", metavar="URL", help="page of the build (default: what the CI says)")
    parser.add_argument("--dry-run", action="store_true", help="record nothing, and say what would be")


def find_setting(options: Namespace, *, committed: bool = False) -> Setting:
    """Look at the environment and the work tree; `committed` demands that the pacts are those of the commit.

    Raises: BrokerError.
    """
    if version := getattr(options, "version", None):
        options.consumer_version = options.provider_version = version
    given = {name: value for _, _, name in CONNECTION if (value := getattr(options, name))}
    chosen = {"VERSION": options.consumer_version, "BRANCH": options.branch, "BUILD_URL": options.build_url}
    connection = Connection.from_environment(os.environ | given)
    build = detect(os.environ, Path.cwd(), chosen)
    if committed and not options.dry_run:
        refuse_uncommitted(os.environ, Path.cwd(), options.pacts)
    return Setting(connection, build, options.pacts, options.policies, options.provider_version)


def chosen_pacticipants(setting: Setting, options: Namespace) -> list[str]:
    """Those named, or the providers with --providers, or else the consumers of the pacts. Raises: BrokerError."""
    if options.pacticipant and options.providers:
        raise Unusable("--pacticipant and --providers are both given", "give one of them")
    return options.pacticipant or (setting.providers if options.providers else setting.consumers)


def add_pacticipants(parser: ArgumentParser) -> None:
    """The options of commands that are about pacticipants."""
    parser.add_argument(
        "-a", "--pacticipant", action="append", metavar="NAME", help="default: the consumers of the pacts"
    )
    parser.add_argument("-e", "--version", metavar="V", help="version of the pacticipant (default: as published here)")
    parser.add_argument("--providers", action="store_true", help="the providers of the pacts instead")
