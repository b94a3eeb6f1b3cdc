"""Expectations of a team's own client, from its YAML: results, errors, required fields of answers.

```yaml
genesys-cloud:
  refusals: {permission: PermissionDenied, not.a.user: {error: Forbidden, code: not.a.user}}
genesys-cloud-login:
  accepted: {refresh: {refresh_token: {like: EXAMPLE-NOT-A-REFRESH-TOKEN}}}
```
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from outdial.documents import Document, Strict, Together, unknown_keys
from outdial.tables import Scenario
from outdial.tables.matching import misstated
from outdial.tables.merging import merged


class ExpectedAnswer(Strict):
    """Expected answer of the client; null is not compared."""

    error: str
    code: str | None = None


class Expectations(Strict):
    """Of one edition: by refusal the client's `error`, or more; by operation further fields of an accepted answer."""

    refusals: dict[str, str | ExpectedAnswer] = {}
    accepted: dict[str, dict[str, Any]] = {}

    def said(self, row: Scenario) -> ExpectedAnswer | None:
        """Return the expected error of the client for a refused row."""
        said = self.refusals.get(row.expected.refusal or "")
        return ExpectedAnswer(error=said) if isinstance(said, str) else said

    def added(self, row: Scenario) -> Scenario:
        """Return the row with the fields that the client needs of its answer."""
        needed = self.accepted.get(row.operation)
        if not needed or row.expected.refusal:
            return row
        return replace(row, expected=replace(row.expected, body=merged(row.expected.body, needed)))


def read_expectations(path: Path, rows: Sequence[Scenario]) -> Mapping[str, Expectations]:
    """Return the expectations by edition, checked against the rows. Raises `DocumentError` with all mistakes."""
    document, found = Document.read(path), Together()
    given = document.parse(dict[str, Expectations])
    providers = {each.provider for each in rows}
    problems = list(unknown_keys("no edition", given, providers, ()))
    for provider in given.keys() & providers:
        own = [each for each in rows if each.provider == provider]
        refusals, operations = {each.expected.refusal or "" for each in own}, {each.operation for each in own}
        stated = given[provider]
        problems += unknown_keys("no refusal", stated.refusals, refusals - {""}, (provider, "refusals"))
        problems += unknown_keys("no operation", stated.accepted, operations, (provider, "accepted"))
        problems += misstated(stated.accepted, (provider, "accepted"))
    for place, problem in problems:
        with found:
            raise document.error(place, problem)
    found.raise_found()
    return given
