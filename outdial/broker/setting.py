"""The broker, this build, and the pacts of the work tree: what every command needs."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from outdial.broker.build import Build
from outdial.broker.connection import Connection
from outdial.broker.resources import Resources
from outdial.pact_files import Pact, read_pacts


@dataclass(frozen=True)
class Setting:
    """The connection, this build, the pacts of the work tree, and their versions. A dry run records nothing."""

    connection: Connection
    build: Build
    pacts_folder: Path
    policies: Path
    provider_version: str | None
    dry_run: bool

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
