"""The pacts on disk: which consumer asks what of which provider."""

from pathlib import Path

from broker.outcome import BrokerError
from pact_files import BadPact, Pact, read_pacts


def pact_files(folder: Path) -> list[Pact]:
    """All pacts in `folder`, sorted by consumer and provider.

    Raises: BrokerError when there is none, or a file is not a pact.
    """
    try:
        return sorted(read_pacts([folder]), key=lambda pact: (pact.consumer, pact.provider))
    except BadPact as problem:
        raise BrokerError(str(problem), "run `make pact` and commit what it writes") from None
