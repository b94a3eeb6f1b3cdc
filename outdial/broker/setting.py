"""The options that every broker command has, and what is known before the broker is asked."""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from outdial.broker.build import Build, detect, refuse_uncommitted
from outdial.broker.connection import Connection
from outdial.broker.errors import unusable
from outdial.broker.resources import Resources
from outdial.pact_files import Pact, read_pacts
from outdial.provider import POLICIES

CONNECTION = (  # the official client's options, with its variables
    ("-b", "--broker-base-url", "PACT_BROKER_BASE_URL"),
    ("-u", "--broker-username", "PACT_BROKER_USERNAME"),
    ("-p", "--broker-password", "PACT_BROKER_PASSWORD"),
    ("-k", "--broker-token", "PACT_BROKER_TOKEN"),
)


@dataclass(frozen=True)
class Setting:
    """The connection, this build, the pacts of the work tree, and their versions."""

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
        return sorted({pact.consumer for pact in self.pacts})

    @property
    def providers(self) -> list[str]:
        return sorted({pact.provider for pact in self.pacts})

    def version_of(self, pacticipant: str) -> str:
        """Return the commit for a consumer, the policy's version for a provider with a policy.

        A vendor's API is not built from our commits; its version changes with its policy only, so that what was
        recorded for it holds when a pact changes.
        """
        if of_policy := policy_version(self.policies, pacticipant):
            return self.provider_version or of_policy
        consumes = self.pacts_folder.exists() and pacticipant in self.consumers
        return self.build.version if consumes else self.provider_version or self.build.version


def policy_version(policies: Path, provider: str) -> str | None:
    """Return the provider's version, a digest of its policy; None without a policy."""
    policy = policies / f"{provider}.yaml"
    return f"policy-{sha256(policy.read_bytes()).hexdigest()[:16]}" if policy.is_file() else None


def add_setting(parser: ArgumentParser, short: Sequence[str] = ()) -> None:
    """Add the options of every command. `short` names `--consumer-version` as well."""
    parser.usage = "%(prog)s [options]"
    for letter, name, variable in CONNECTION:
        parser.add_argument(letter, name, metavar="V", help=f"[env: {variable}]", dest=variable)
    parser.add_argument("--pacts", type=Path, default=Path("pacts"), metavar="FOLDER", help="default: ./pacts")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="FOLDER", help="the stub's policies")
    names = [*short, "--consumer-app-version", "--consumer-version"]
    parser.add_argument(*names, dest="consumer_version", metavar="V", help="default: the commit [env: OUTDIAL_VERSION]")
    parser.add_argument("--provider-version", metavar="V", help="default: its policy's (docs/broker.md)")
    parser.add_argument("--branch", metavar="NAME", help="default: git's or the CI's [env: OUTDIAL_BRANCH]")
    parser.add_argument("--build-url", metavar="URL", help="default: the CI's [env: OUTDIAL_BUILD_URL]")
    parser.add_argument("--dry-run", action="store_true", help="record nothing, print what would be recorded")


def find_setting(options: Namespace, *, committed: bool = False) -> Setting:
    """Read options, environment and work tree; `committed` refuses uncommitted changes. Raises: BrokerError."""
    if pacticipant_version := getattr(options, "version", None):
        options.consumer_version = options.provider_version = pacticipant_version
    given = {name: value for _, _, name in CONNECTION if (value := getattr(options, name))}
    chosen = {"VERSION": options.consumer_version, "BRANCH": options.branch, "BUILD_URL": options.build_url}
    connection = Connection.from_environment(os.environ | given)
    build = detect(os.environ, Path.cwd(), chosen)
    if committed and not options.dry_run:
        refuse_uncommitted(os.environ, Path.cwd(), options.pacts)
    return Setting(connection, build, options.pacts, options.policies, options.provider_version)


def add_pacticipants(parser: ArgumentParser) -> None:
    """Add the options of commands for pacticipants."""
    names = "default: the consumers of the pacts"
    parser.add_argument("-a", "--pacticipant", action="append", metavar="NAME", help=names)
    parser.add_argument("-e", "--version", metavar="V", help="version of the pacticipant (default: as published here)")
    parser.add_argument("--providers", action="store_true", help="the providers of the pacts instead")


def chosen_pacticipants(setting: Setting, options: Namespace) -> list[str]:
    """Return the named pacticipants, the providers with --providers, or else the consumers. Raises: BrokerError."""
    if options.pacticipant and options.providers:
        raise unusable("--pacticipant and --providers are both given", "give one of them")
    return options.pacticipant or (setting.providers if options.providers else setting.consumers)
