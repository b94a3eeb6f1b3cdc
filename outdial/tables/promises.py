"""A row of a published edition says no more than the vendor's definition: what it sends, grants and demands.

Every row of such an edition, whatever its basis, keeps to the published codes, fields and values. That a published row
accepts every answer which the definition allows is tested by such answers (tests/test_vendor_bodies.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from outdial.definitions import Definition, NameKind, PublishedOperation, load_definitions
from outdial.definitions.definition import Schema
from outdial.documents import DocumentError, suggest
from outdial.documents.document import Problem
from outdial.documents.template import leaves
from outdial.tables.citations import misnamed, operation_of, problems_of, said_in_a_report
from outdial.tables.matching import is_matcher
from outdial.tables.scenario import Scenario

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
TOKEN = "an access token"
FOR_SCOPE, FOR_PERMISSION = "app.not.authorized.for.scope", "missing.any.permissions"
NOBODYS = "no:such:name"
"""A name that says itself that it is nobody's: what a row grants to show that any name will not do."""
GIVEN: dict[str, NameKind] = {"scopes": "scope", "permissions": "permission"}


def check(scenario: Scenario, account: str) -> None:
    """Check a row against its evidence. Raises `DocumentError` with every problem, each at its place.

    `account` is the edition that the row's own extends in the end, or its own. Of one that extends a published one
    only the rows that say they are published are held to the definition: the others are what differs, and no more
    than quoted or asked.
    """
    if found := [scenario.error(problem, *place) for place, problem in _problems(scenario, account)]:
        raise DocumentError(*(line for each in found for line in each.problems))


def _problems(scenario: Scenario, account: str) -> Iterator[Problem]:
    definition = load_definitions().get(account)
    yield from _made_up(scenario)
    request, expected = scenario.request, scenario.expected
    operation = operation_of(definition, request.method, request.path) if definition else None
    for problem in problems_of(scenario.source, scenario.basis, definition, operation):
        yield ("source",), problem
    if definition is None or operation is None or (account != scenario.provider and scenario.basis != "published"):
        return
    if operation.body is not None and isinstance(request.body, Mapping):
        for problem in _unlike(definition, operation.body, request.body):
            yield ("request", "body"), problem
    if expected.refusal is not None:
        answer, schema = "expect", operation.refusal
        yield from ((("expect",), problem) for problem in _refused(scenario, operation))
    else:
        answer, schema = "accepted", next((name for name in operation.responses.values() if name), None)
        if scenario.basis == "published":
            yield from _accepted(scenario, definition, operation)
    if scenario.basis == "published" and (demanded := expected.headers.keys() - {"Content-Type"}):
        yield (answer, "headers"), f"header {min(demanded)!r} is demanded, and the definition declares none"
    if schema is not None and isinstance(expected.body, Mapping):
        for problem in _unlike(definition, schema, expected.body):
            yield (answer, "body"), problem


def _made_up(scenario: Scenario) -> Iterator[Problem]:
    """Yield scopes and permissions that the API's vendor does not publish, and of which no report speaks."""
    definition = load_definitions().get(scenario.provider.partition(".")[0])
    if definition is None:
        return
    for place, name in leaves(scenario.given, ("given",)):
        kind = GIVEN.get(str(place[-2]))
        listed = definition.listed(kind) if kind else None
        if listed and listed.complete and name not in (*listed.names, NOBODYS) and not said_in_a_report(name):
            yield place[:-1], f"{definition.vendor} publishes no {kind} {name!r}{suggest(name, listed.names)}"


def _accepted(scenario: Scenario, definition: Definition, operation: PublishedOperation) -> Iterator[Problem]:
    """Yield what keeps the definition from accepting the caller, or from answering this status."""
    status, responses = scenario.expected.status, operation.responses
    if status != "success" and [each for each in responses if responses[each] == responses.get(status)] != [status]:
        problem = f"status {status} is demanded, and the definition allows others: ask for `success`"
        yield ("accepted", "status"), problem
    if grants := definition.names.get("grant"):
        valid = [name.rpartition(":")[2].replace("-", "_") for name in grants.names]
        for name, state in scenario.given.items():
            if (grant := state.get("grant", valid[0])) not in valid:
                problem = f"{definition.vendor} publishes no grant {grant!r}{suggest(grant, valid)}"
                yield ("given", name, "grant"), problem
    token = scenario.given.get(TOKEN)
    if token is None:
        return
    if token.get("user") is None:
        yield ("given", TOKEN, "grant"), "no definition says that a token without a user is accepted: that is assumed"
    elif operation.scopes and not set(token.get("scopes") or ()) & set(operation.scopes):
        problem = f"accepted without a scope of this operation{suggest('', operation.scopes)}"
        yield ("given", TOKEN, "scopes"), problem
    if not operation.permissions.suffice(_permissions(token)):
        problem = f"accepted without a permission of this operation{suggest('', operation.permissions.names)}"
        yield ("given", TOKEN, "user" if token.get("user") else "role"), problem


def _refused(scenario: Scenario, operation: PublishedOperation) -> Iterator[str]:
    """Yield why this refusal is not one that is published, with its status and a reason for it."""
    expected, body = scenario.expected, scenario.expected.body
    if not operation.codes:
        if scenario.basis == "published" and expected.status not in operation.statuses:
            yield f"no refusal with status {expected.status} is published for this operation"
        return
    code = str(body.get("code")) if isinstance(body, Mapping) else ""
    yield from misnamed(code, expected.status, operation)
    token = scenario.given.get(TOKEN, {})
    if code == FOR_SCOPE and set(token.get("scopes") or ()) & set(operation.scopes):
        yield "refused for its scope, and it has one that the definition lists"
    if code == FOR_PERMISSION and operation.permissions.suffice(_permissions(token)):
        yield "refused for its permission, and it has what the definition asks for"


def _unlike(
    definition: Definition, name: str, body: Mapping[str, Any], within: Schema | None = None, at: str = ""
) -> Iterator[str]:
    """Yield each property of a body that its schema does not have, or has with another type or values."""
    known = (within or definition.schemas[name]).get("properties", {})
    for key, stated in body.items():
        if key not in known:
            yield f"{name} has no property {at + key!r}{suggest(key, known)}"
            continue
        found, value = definition.resolved(known[key]), stated
        if is_matcher(stated):
            value = stated.get("like", stated.get("example"))
        if value is not None and not isinstance(value, TYPES.get(found.get("type", ""), (object,))):
            yield f"{at + key!r} of {name} is a {found.get('type')}, not {value!r}"
        elif isinstance(value, str) and value not in found.get("enum", (value,)):
            yield f"{at + key!r} is never {value!r}{suggest(value, found['enum'])}"
        while found.get("type") == "array":
            found = definition.resolved(found["items"])
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping) and "properties" in found:
                yield from _unlike(definition, name, item, found, f"{at}{key}.")


def _permissions(token: Mapping[str, Any]) -> frozenset[str]:
    """Return the permissions of a token's role, and of its user's."""
    holders = (token, token.get("user") or {})
    return frozenset(name for each in holders for name in (each.get("role") or {}).get("permissions") or ())
