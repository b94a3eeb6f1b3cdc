"""The provider's time, in seconds: it runs with the machine's, and can be put forward or made to stand."""

from collections.abc import Callable
from time import monotonic

from outdial.provider.exchange import Answer, Call, in_json

CLOCK_PATH = "/clock"
LONGEST = 10**9


class Clock:
    """Begins at 0. `running` is where its own time comes from; `standing` moves only when it is put forward."""

    def __init__(self, running: Callable[[], float] = monotonic) -> None:
        self._running = running
        self._begin = running()

    def now(self) -> float:
        return self._running() - self._begin

    def answer(self, call: Call) -> Answer:
        """`POST {"forward": seconds}` puts it forward; any request is told the seconds since it began."""
        if call.method not in ("GET", "POST"):
            return in_json(405, {"error": "expected GET, or POST {forward}"}, Allow="GET, POST")
        seconds = call.json[1].get("forward") if call.method == "POST" else 0
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST:
            return in_json(400, {"error": f'expected {{"forward": seconds}}, from 0 to {LONGEST}'})
        self.forward(seconds)
        return in_json(200, {"seconds": self.now()})

    def forward(self, seconds: float) -> None:
        self._begin -= seconds


def standing() -> float:
    """Return a time that does not pass."""
    return 0.0
