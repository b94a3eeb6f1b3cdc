"""An answer of the broker, and the broker that gives it: what it holds and how it is reached."""

from dataclasses import dataclass
from urllib.parse import quote

from tests.broker.double.holdings import Holdings, Json, RefusedError

NOT_FOUND = RefusedError(404, {"error": "The requested document was not found on this server."}, "application/json")
WHEN = "2026-01-02T03:04:05+00:00"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json
    location: str | None = None
    media: str = "application/hal+json"

    def headers(self) -> dict[str, str]:
        location = {"location": self.location} if self.location else {}
        return {"content-type": f"{self.media};charset=utf-8"} | location


@dataclass(slots=True)
class Broker:
    """Answers requests from what it holds. `base` is the address it is reached at, as its links say it."""

    base: str
    held: Holdings

    def link(self, *parts: str) -> str:
        return "/".join((self.base, *(quote(part, safe="") for part in parts)))
