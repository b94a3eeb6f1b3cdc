"""The matrix: which pacts between which versions are verified, and whether that is enough to deploy."""

from dataclasses import dataclass

from tests.broker.double.holdings import Holdings, Json, Published, RefusedError, Result


@dataclass(frozen=True, slots=True)
class Row:
    pact: Published
    provider_version: str | None
    """None: no version to compare with, or no result for it."""
    result: Result | None
    reason: str


def matrix(held: Holdings, selectors: list[tuple[str, str]], environment: str | None) -> tuple[Json, list[Row]]:
    """The summary and rows for `selectors`, pairs of (pacticipant, version).

    Raises: RefusedError 400 for a pacticipant or environment the broker does not know.
    """
    for name, _ in selectors:
        if name not in held.pacticipants:
            raise RefusedError(400, {"errors": [f"Pacticipant {name} not found"]})
    if environment is not None and environment not in held.environments:
        raise RefusedError(400, {"errors": [f"Environment with name '{environment}' does not exist"]})

    for name, version in selectors:
        if version not in held.pacticipants[name].versions:
            reason = f"No pacts or verifications have been published for version {version} of {name}"
            return summary(False, [reason], []), []

    rows = [row for name, version in selectors for row in rows_of(held, name, version, dict(selectors), environment)]
    rows = list(dict.fromkeys(rows))
    failed = [row.reason for row in rows if row.result and not row.result.success]
    unknown = [row.reason for row in rows if row.result is None]
    if not rows:
        return summary(True, ["There are no missing dependencies"], rows), rows
    if failed or unknown:
        return summary(False if failed else None, failed + unknown, rows), rows
    return summary(True, ["All required verification results are published and successful"], rows), rows


def rows_of(held: Holdings, name: str, version: str, asked: dict[str, str], environment: str | None) -> list[Row]:
    """The pacts in which this version takes part, each with the other side's asked or deployed version."""
    rows = []
    for pact in held.pacts:
        if pact.consumer == name and pact.version == version:
            there = asked.get(pact.provider) or held.deployed.get((pact.provider, environment or ""))
            if there is not None or environment is not None:
                rows.append(row(held, pact, there, environment, pact.provider in asked))
        elif pact.provider == name:
            consumer_version = asked.get(pact.consumer) or held.deployed.get((pact.consumer, environment or ""))
            if pact.version == consumer_version:
                rows.append(row(held, pact, version, environment, True))
    return rows


def row(held: Holdings, pact: Published, there: str | None, environment: str | None, named: bool) -> Row:
    between = f"version {pact.version} of {pact.consumer}"
    if there is None:
        return Row(
            pact,
            None,
            None,
            f"There is no verified pact between {between} and a version of {pact.provider} currently in "
            f"{environment} (no version is currently recorded as deployed/released in this environment)",
        )
    other = (
        f"version {there} of {pact.provider}"
        if named
        else f"the version of {pact.provider} currently in {environment} ({there})"
    )
    result = held.latest_result(pact.sha, pact.provider, there)
    if result is None:
        return Row(pact, None, None, f"There is no verified pact between {between} and {other}")
    reason = "" if result.success else f"The verification for the pact between {between} and {other} failed"
    return Row(pact, there, result, reason)


def summary(deployable: bool | None, reasons: list[str], rows: list[Row]) -> Json:
    results = [each.result for each in rows]
    return {
        "summary": {
            "deployable": deployable,
            "reason": "\n".join(reasons),
            "success": sum(bool(result and result.success) for result in results),
            "failed": sum(bool(result and not result.success) for result in results),
            "unknown": sum(result is None for result in results),
        },
        "notices": [{"type": "success" if deployable else "error", "text": reason} for reason in reasons],
    }
