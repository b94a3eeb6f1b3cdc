"""Which API a request is for, by its host, and what its names mean; as data (`apis.yaml`)."""

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from outdial.documents import Document, Strict

APIS = Path(__file__).parent / "apis.yaml"


class Instead(Strict):
    """A published operation that does the job, and what is different about it."""

    operation: str
    says: str


class Apis(Strict):
    """Hosts, and names that are not published with those that are meant."""

    hosts: dict[str, tuple[str, ...]]
    base: dict[str, str]
    instead: dict[str, dict[str, Instead]]
    meant: dict[str, dict[str, dict[str, str]]]
    standard_headers: frozenset[str]

    def of_host(self, host: str) -> str | None:
        """The API of a host; None where no API has it."""
        return next(
            (api for api, patterns in self.hosts.items() if any(fnmatchcase(host, pattern) for pattern in patterns)),
            None,
        )


@cache
def apis() -> Apis:
    """What is known of the APIs."""
    return Document.read(APIS).parse(Apis)
