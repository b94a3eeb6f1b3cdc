"""The pacts on disk: which consumer asks what of which provider."""

import json
from dataclasses import dataclass
from pathlib import Path

from broker.outcome import BrokerError


@dataclass(frozen=True, slots=True, order=True)
class PactFile:
    consumer: str
    provider: str
    path: Path


def pact_files(folder: Path) -> list[PactFile]:
    """All pacts in `folder`, sorted by consumer and provider.

    Raises: BrokerError when there is none, or a file is not a pact.
    """
    found = sorted(_read(path) for path in folder.glob("*.json"))
    if not found:
        raise BrokerError(f"{folder} holds no pact", "run `make pact` and commit what it writes")
    return found


def _read(path: Path) -> PactFile:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return PactFile(content["consumer"]["name"], content["provider"]["name"], path)
    except (ValueError, KeyError, TypeError) as error:
        raise BrokerError(
            f"{path} is not a pact: {type(error).__name__}: {error}",
            "delete it, or run `make pact` to write it anew",
        ) from error
