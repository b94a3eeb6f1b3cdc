"""What one verifier process is asked and what it answers: plain data, as JSON over its pipes."""

from dataclasses import dataclass, field

Selector = dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class Request:
    """Verify what the broker offers for `provider`. Credentials are not here but in the environment."""

    provider: str
    provider_url: str
    state_url: str
    version: str
    branch: str
    build_url: str | None
    selectors: list[Selector]
    publish_results: bool
    include_pending: bool = False
    include_wip_since: str | None = None


@dataclass(frozen=True, slots=True)
class Interaction:
    consumer: str
    key: str
    description: str
    passed: bool
    pending: bool
    mismatches: list[str]


@dataclass(frozen=True, slots=True)
class Verified:
    passed: bool
    """What the Verifier says; true also when nothing was checked or no result could be published."""
    interactions: list[Interaction] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Errors of no interaction: pacts that could not be loaded, results that could not be published."""
