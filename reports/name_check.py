"""Refuses a published edition that names what its vendor does not publish: a scope of the wrong form, a misspelt field.

A reported edition may name anything: that is what it is for. So may a refused row, which may show that a wrong
scope is not enough.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from contracts import Scenario
from provider_stub import POLICIES, Policy
from reports.published_names import NAMES, NameKind, PublishedNames
from yaml_documents import Document, Together, suggest
from yaml_documents.document import Location

LISTED: dict[str, tuple[NameKind, tuple[str, ...]]] = {
    "scope": ("scope", ("any_of", "all_of")),
    "permission": ("permission", ("any_of", "all_of")),
    "known_fields": ("field", ("fields",)),
}
"""For each rule kind that lists published names: what they are names of, and under which keys they stand."""
GRANTED: dict[str, NameKind] = {"scopes": "scope", "permissions": "permission"}
"""For each key of a provider state that grants something by name: what it is a name of."""


def check_policies(names: Mapping[str, PublishedNames], folder: Path = POLICIES) -> None:
    """Every published policy of an API whose names are known. Raises `DocumentError` with each name's line."""
    found = Together()
    for api, published in names.items():
        path = folder / f"{api}.yaml"
        if not path.exists():
            continue
        document = Document.read(path)
        for location, kind, name in _in_policy(document.data):
            if problem := _problem(published, kind, name):
                with found:
                    raise document.error(location, problem)
    found.raise_found()


def check_scenarios(names: Mapping[str, PublishedNames], scenarios: Iterable[Scenario]) -> None:
    """Every accepted row of a published edition. Raises `DocumentError` with each name's line."""
    found = Together()
    for scenario in scenarios:
        if scenario.provider not in names or scenario.expected.refusal is not None:
            continue
        for location, kind, name in _granted(scenario.given, ("given",)):
            if problem := _problem(names[scenario.provider], kind, name):
                with found:
                    raise scenario.error(problem, *location)
    found.raise_found()


def check_reasons(policies: Mapping[str, Policy], scenarios: Iterable[Scenario]) -> None:
    """The rule that each refused row names, where its edition has a policy. Raises `DocumentError` at each line."""
    found = Together()
    rules = {
        provider: {rule.id for operation in policy.operations.values() for rule in operation.rules}
        for provider, policy in policies.items()
    }
    for scenario in scenarios:
        known = rules.get(scenario.provider)
        if known and scenario.because and scenario.because not in known and scenario.location[0] != "order":
            with found:
                problem = f"{scenario.provider} has no rule {scenario.because!r}{suggest(scenario.because, known)}"
                raise scenario.error(problem, "because")
    found.raise_found()


def _problem(published: PublishedNames, kind: NameKind, name: str) -> str | None:
    listed = published.of(kind)
    if listed is None or name in listed.names:
        return None
    near = get_close_matches(name, listed.names, n=1, cutoff=0.6)
    question = f" - did you mean {near[0]!r}?" if near else "."
    valid = f"Valid: {kind} in {NAMES.name}/{published.api}.yaml"
    return f"{published.vendor} publishes no {kind} {name!r}{question} {valid}"


def _in_policy(policy: Any) -> Iterator[tuple[Location, NameKind, str]]:
    """Each published name in a policy, with its place."""
    places: list[tuple[Location, Any]] = [(("rules", name), rule) for name, rule in policy.get("rules", {}).items()]
    for name, operation in policy["operations"].items():
        places += [(("operations", name, "rules", at), rule) for at, rule in enumerate(operation["rules"])]
    for location, rule in places:
        if not isinstance(rule, dict) or rule.get("kind") not in LISTED:
            continue
        kind, keys = LISTED[rule["kind"]]
        for key in keys:
            for at, name in enumerate(rule.get(key) or ()):
                yield (*location, key, at), kind, name


def _granted(given: Any, at: Location) -> Iterator[tuple[Location, NameKind, str]]:
    """Each scope and permission that the states of a row grant, at any depth, with its place below `at`."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            if key in GRANTED:
                yield from (((*at, key, position), GRANTED[key], name) for position, name in enumerate(value or ()))
            else:
                yield from _granted(value, (*at, key))
