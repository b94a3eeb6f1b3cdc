"""The public API: `Stub`, `load_contract`, `verify`; `explain` is in `outdial.explain`.

Rooms are imported when they are used.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from outdial.tables import Scenario
    from outdial.verification.stub_process import RunningStub

__all__ = ["Stub", "load_contract", "verify"]
DECISION_HEADER = "X-Outdial-Decision"


class Stub:
    """A provider stub on a free port of loopback, for as long as the `with` block lasts.

    >>> with Stub() as stub:
    ...     token = stub.state("an access token", grant="client_credentials")["accessToken"]
    ...     response = requests.get(f"{stub.url('genesys-cloud')}/api/v2/conversations/calls/x")
    ...     stub.why(response)
    """

    def __init__(self, policies: Path | None = None) -> None:
        self._policies = policies
        self._stack = ExitStack()
        self._running: RunningStub | None = None

    def __enter__(self) -> Self:
        from outdial.provider import POLICIES
        from outdial.verification.stub_process import running_stub

        started = running_stub(self._policies or POLICIES, ("--states", "--quiet"))
        self._running = self._stack.enter_context(started)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = None
        self._stack.close()

    def url(self, edition: str) -> str:
        """Return the base URL of an edition, such as `genesys-cloud`. Raises KeyError for an unknown one."""
        editions: Mapping[str, str] = self._started.addresses["editions"]
        if edition not in editions:
            raise KeyError(f"invalid edition {edition!r}: expected one of {', '.join(sorted(editions))}")
        return editions[edition]

    def state(self, name: str, **params: Any) -> dict[str, str]:
        """Set up a provider state and return its values. Raises ValueError with the stub's message."""
        return self._post(self._started.state_url, {"state": name, "params": params, "action": "setup"})

    def why(self, response: Any) -> dict[str, Any]:
        """Return the decision behind a response of the stub: the rule that refused, and the facts it asked for.

        `response` has `headers`, as those of requests, httpx and aiohttp do. Raises ValueError without a decision.
        """
        import requests

        if not (decision := response.headers.get(DECISION_HEADER)):
            raise ValueError(f"no {DECISION_HEADER} header: expected a response of this stub")
        answer = requests.get(f"{self._started.addresses['why']}{decision}", timeout=10)
        found: dict[str, Any] = answer.json()
        return found

    def reset(self) -> None:
        """Forget every agent, token, call, fault and request."""
        self._post(f"{self._started.url}/reset", {})

    def fault(self, request: str, **what: Any) -> None:
        """Let a request such as `POST /api/v2/conversations/calls` fail: `status`, `headers`, `delay`, `drop`, `times`.

        Raises ValueError with the stub's message.
        """
        self._post(f"{self._started.url}/faults", {"request": request, **what})

    def requests(self, **having: Any) -> list[dict[str, Any]]:
        """Return the requests that the stub got, those `having` fields such as `path` (its end) and `status`.

        Raises ValueError for a field that requests do not have.
        """
        import requests

        answer = requests.get(f"{self._started.url}/requests", params=having, timeout=10)
        if not answer.ok:
            raise ValueError(answer.json()["error"])
        found: list[dict[str, Any]] = answer.json()
        return found

    @property
    def _started(self) -> "RunningStub":
        if self._running is None:
            raise RuntimeError("the stub is not running: use `with Stub() as stub:`")
        return self._running

    @staticmethod
    def _post(url: str, body: Mapping[str, Any]) -> dict[str, str]:
        import requests

        answer = requests.post(url, json=body, timeout=10)
        if not answer.ok:
            raise ValueError(answer.json().get("error", answer.text))
        values: dict[str, str] = answer.json() if answer.content else {}
        return values


def load_contract(folder: Path | None = None) -> "list[Scenario]":
    """Return the rows of a folder of decision tables (default: ours). Raises `DocumentError` with all mistakes."""
    from outdial.tables import TABLES, load_suite

    return load_suite(folder or TABLES)


if TYPE_CHECKING:
    from outdial.verification.run import verify_pacts as verify
else:

    def verify(*arguments: Any, **options: Any) -> Any:
        """Verify pacts against the stub or a provider of your own: see `outdial.verification.run.verify_pacts`.

        Processes are spawned, so a script needs `if __name__ == "__main__":`.
        """
        from outdial.verification.run import verify_pacts

        return verify_pacts(*arguments, **options)
