"""What one verifier process is asked: plain data, as JSON over its pipe. It answers a `Verified` likewise."""

from dataclasses import dataclass

from verification.verifier import Selector


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
