"""Expectations of a team's own client, from its YAML: results, errors, required fields of answers.

```yaml
genesys-cloud:
  refusals: {permission: PermissionDenied, not.a.user: {error: Forbidden, code: not.a.user}}
genesys-cloud-login:
  accepted: {refresh: {refresh_token: {like: EXAMPLE-NOT-A-REFRESH-TOKEN}}}
```
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from outdial.documents import Document, Strict, Together, unknown_keys
from outdial.documents.document import Location
from outdial.tables import Scenario
from outdial.tables.matching import misstated
from outdial.tables.merging import merged


class ExpectedAnswer(Strict):
    """Expected answer of the client; null is not compared."""

    error: str
    code: str | None = None


class OfEdition(Strict):
    """By refusal, what the client must say: its `error`, or more; by operation, fields of an accepted answer besides
    those of the row, stated as tables state them."""

    refusals: dict[str, str | ExpectedAnswer] = {}
    accepted: dict[str, dict[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Expectations:
    """By edition."""

    editions: Mapping[str, OfEdition]

    def said(self, scenario: Scenario) -> ExpectedAnswer | None:
        """Return the expected error of the client for a refused row."""
        refusals = self.editions.get(scenario.provider, OfEdition()).refusals
        said = refusals.get(scenario.expected.refusal or "")
        return ExpectedAnswer(error=said) if isinstance(said, str) else said

    def added(self, scenario: Scenario) -> Scenario:
        """The row with what the client needs of its answer."""
        needed = self.editions.get(scenario.provider, OfEdition()).accepted.get(scenario.operation)
        if not needed or scenario.expected.refusal:
            return scenario
        return replace(scenario, expected=replace(scenario.expected, body=merged(scenario.expected.body, needed)))


def read_expectations(path: Path, scenarios: Sequence[Scenario]) -> Expectations:
    """The file, its names looked up among those of the rows. Raises `DocumentError` with all that is wrong."""
    document, found = Document.read(path), Together()
    given = document.parse(dict[str, OfEdition])
    for place, problem in _problems(given, scenarios):
        with found:
            raise document.error(place, problem)
    found.raise_found()
    return Expectations(given)


def _problems(given: Mapping[str, OfEdition], scenarios: Sequence[Scenario]) -> Iterator[tuple[Location, str]]:
    providers = {each.provider for each in scenarios}
    yield from unknown_keys("no edition", given, providers, ())
    for provider in given.keys() & providers:
        rows = [each for each in scenarios if each.provider == provider]
        refusals = {each.expected.refusal for each in rows if each.expected.refusal}
        operations = {each.operation for each in rows}
        yield from unknown_keys("no refusal", given[provider].refusals, refusals, (provider, "refusals"))
        yield from unknown_keys("no operation", given[provider].accepted, operations, (provider, "accepted"))
        yield from misstated(given[provider].accepted, (provider, "accepted"))
