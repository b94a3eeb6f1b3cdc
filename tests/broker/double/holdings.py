"""What a broker holds: pact contents, versions, verification results, environments and deployments."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

UNIQUE = (
    "Each pact must be published with a unique consumer version number. Some Pact libraries generate "
    "random data when a concrete value for a type matcher is not specified, and this can cause the "
    "contract to mutate - ensure you have given example values for all type matchers. For more "
    "information see https://docs.pact.io/go/versioning"
)
INTENDED = (
    "If you meant to specify one of the above names, please correct the pact configuration, and re-publish "
    "the pact.\nIf the pact is intended to be for a new consumer or provider, please manually create "
    '"{name}" using the following command from the Pact Broker CLI, and then re-publish the pact:\n\n'
    'pact-broker create-or-update-pacticipant --name "{name}" --broker-base-url http://broker.example\n\n'
    "For information on the Pact Broker CLI see https://docs.pact.io/go/pbc-cli\n"
    "To disable this check, set `check_for_potential_duplicate_pacticipant_names` to false in the "
    "configuration.\n"
)


class RefusedError(Exception):
    """The broker says no: an HTTP status and the body it answers with."""

    def __init__(self, status: int, body: Json, media: str = "application/hal+json") -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.media = media


@dataclass(slots=True)
class Version:
    number: str
    branches: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Pacticipant:
    name: str
    main_branch: str | None = None
    versions: dict[str, Version] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """A pact as one consumer version published it; equal contents share one `sha`."""

    consumer: str
    version: str
    provider: str
    sha: str


@dataclass(frozen=True, slots=True)
class Result:
    number: int
    provider: str
    provider_version: str
    sha: str
    success: bool
    build_url: str | None


@dataclass(slots=True)
class Holdings:
    pacticipants: dict[str, Pacticipant] = field(default_factory=dict)
    contents: dict[str, Json] = field(default_factory=dict)
    pacts: list[Published] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    environments: dict[str, Json] = field(default_factory=dict)
    deployed: dict[tuple[str, str], str] = field(default_factory=dict)
    """(pacticipant, environment) -> the version deployed there now."""

    def version_of(self, pacticipant: str, number: str, branch: str | None = None) -> Version:
        """Find or create; a new pacticipant's first branch `main` or `master` becomes its main branch."""
        found = self.pacticipants.setdefault(pacticipant, Pacticipant(pacticipant))
        if branch in ("main", "master") and found.main_branch is None:
            found.main_branch = branch
        version = found.versions.setdefault(number, Version(number))
        if branch and branch not in version.branches:
            version.branches.append(branch)
        return version

    def publish(self, consumer: str, version: str, provider: str, content: Json) -> bool:
        """Hold a pact; True when its content is new for this version.

        Raises: RefusedError 409 when this version has other content, or a new name looks like a held one.
        """
        for name in (consumer, provider):
            self._refuse_similar(name)
        identified = with_ids(content)
        sha = digest(content)
        for held in self.pacts:
            if (held.consumer, held.version, held.provider) == (consumer, version, provider):
                if held.sha == sha:
                    return False
                raise conflict(
                    f"Cannot change the content of the pact for {consumer} version {version} and provider "
                    f"{provider}, as race conditions will cause unreliable results for can-i-deploy. " + UNIQUE
                )
        self.contents[sha] = identified
        self.pacts.append(Published(consumer, version, provider, sha))
        self.pacticipants.setdefault(provider, Pacticipant(provider))
        return True

    def _refuse_similar(self, name: str) -> None:
        if name in self.pacticipants:
            return
        similar = [held for held in self.pacticipants if plain(held) == plain(name)]
        if similar:
            raise conflict(
                f'This is the first time a pact has been published for "{name}".\nThe name "{name}" is very '
                "similar to the following existing pacticipants:\n"
                + "".join(f"* {held}\n" for held in similar)
                + INTENDED.format(name=name)
            )

    def record_result(self, provider: str, sha: str, body: Json) -> Result:
        version = body["providerApplicationVersion"]
        self.version_of(provider, version)
        result = Result(101 + len(self.results), provider, version, sha, body["success"], body.get("buildUrl"))
        self.results.append(result)
        return result

    def latest_result(self, sha: str, provider: str, version: str) -> Result | None:
        found = (
            r for r in reversed(self.results) if (r.sha, r.provider, r.provider_version) == (sha, provider, version)
        )
        return next(found, None)

    def pacts_with(self, provider: str) -> Iterator[Published]:
        return (held for held in self.pacts if held.provider == provider)

    def pending(self, held: Published) -> bool:
        """No version of the provider has verified this content."""
        return not any(r.sha == held.sha and r.provider == held.provider and r.success for r in self.results)

    def summary(self) -> str:
        """One line for the fault table: what is held now."""
        consumers = sorted({held.consumer for held in self.pacts})
        parts = [f"pacts of {', '.join(consumers)}"] if consumers else []
        if self.results:
            parts.append(f"{len(self.results)} result{'s' * (len(self.results) > 1)}")
        if self.deployed:
            parts.append("a deployment")
        return ", ".join(parts) or "nothing"


def conflict(text: str) -> RefusedError:
    body = {"notices": [{"type": "error", "text": text}], "errors": {"contracts": [text]}}
    return RefusedError(409, body, "application/json")


def digest(value: object) -> str:
    return hashlib.sha1(json.dumps(value, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def with_ids(content: Json) -> Json:
    """The broker adds `_id` to each interaction: results name interactions by it."""
    return content | {"interactions": [{"_id": digest(each)} | each for each in content["interactions"]]}


def plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
