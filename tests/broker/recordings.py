"""What a real Pact Broker (2.120) and the real clients said to each other, and how to compare with it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RECORDED_AT = "http://broker.example"
CHANGING = re.compile(
    r"(?P<sha>\b[0-9a-f]{40}\b)"
    r"|(?P<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?P<token>(?<=/metadata/)[\w-]+)"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00)"
)
"""What differs from run to run and from broker to broker: digests, ids, tokens and times."""


def exchanges() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(Path(__file__).with_name("exchanges.json").read_text())
    return loaded


@dataclass(slots=True)
class Comparison:
    """Compares answers with recorded ones and learns which recorded id is which here."""

    learned: dict[str, str] = field(default_factory=dict)

    def here(self, recorded: str) -> str:
        """A recorded path or body with the ids that the double gave instead."""
        return CHANGING.sub(lambda found: self.learned.get(found[0], found[0]), recorded)

    def differences(self, said: Any, recorded: Any, at: str = "$") -> Iterator[str]:
        """Where `said` says something else, or more, than `recorded`; saying less is allowed."""
        if isinstance(said, dict) and isinstance(recorded, dict):
            for name, value in said.items():
                if name not in recorded:
                    yield f"{at}.{name} was never recorded"
                else:
                    yield from self.differences(value, recorded[name], f"{at}.{name}")
        elif at.endswith(".notices") or at.endswith("._links.pb:contracts"):
            for index, value in enumerate(said):
                if all(list(self.differences(value, other)) for other in recorded):
                    yield f"{at}[{index}] was never recorded: {value}"
        elif isinstance(said, list) and isinstance(recorded, list) and len(said) == len(recorded):
            for index, pair in enumerate(zip(said, recorded, strict=True)):
                yield from self.differences(*pair, f"{at}[{index}]")
        elif isinstance(said, str) and isinstance(recorded, str) and masked(said) == masked(recorded):
            pairs = zip(CHANGING.findall(recorded), CHANGING.findall(said), strict=True)
            self.learned |= {"".join(old): "".join(new) for old, new in pairs}
        elif said != recorded or type(said) is not type(recorded):
            yield f"{at}: {said!r}, recorded {recorded!r}"


def masked(text: str) -> str:
    return CHANGING.sub(lambda found: f"<{found.lastgroup}>", text)
