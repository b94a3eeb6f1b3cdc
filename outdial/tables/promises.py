"""A row of a published edition says no more than the vendor's definition: what it sends, grants and demands.

Every row of such an edition, whatever its basis, keeps to the published codes, fields and values. A row that is
`published` demands of an answer only what the definition promises, or what the client reads and the row shows it read.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from outdial.definitions import Definition, NameKind, PublishedOperation, definition_of, load_definitions
from outdial.documents import Together, suggest
from outdial.tables.citations import operation_of, problems_of, said_in_a_report
from outdial.tables.matching import is_matcher
from outdial.tables.scenario import Scenario

FILLS = ("", "x", "[b, a]", "b and a", "several\nlines")
"""What may stand where a message template has `%s`: anything. A pattern is tried with these."""
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


def check(scenario: Scenario, account: str) -> None:
    """Raises `DocumentError` with everything in a row that is not in its evidence, each at its place.

    `account` is the edition that the row's own extends in the end, or its own. Of one that extends a published one
    only the rows that say they are published are held to the definition: the others are what differs, and no more
    than quoted or asked.
    """
    found = Together()
    for place, problem in _problems(scenario, account):
        with found:
            raise scenario.error(problem, *place)
    found.raise_found()


def _problems(scenario: Scenario, account: str) -> Iterator[tuple[tuple[str, ...], str]]:
    definition = definition_of(account)
    yield from ((("given", *place), problem) for place, problem in _made_up(scenario))
    request = scenario.request
    operation = operation_of(definition, request.method, request.path) if definition else None
    for problem in problems_of(scenario.source, scenario.basis, definition, operation):
        yield ("source",), problem
    if definition is None or operation is None or (account != scenario.provider and scenario.basis != "published"):
        return
    expected = scenario.expected
    accepted = expected.refusal is None
    answer = ("accepted",) if accepted else ("expect",)
    schema = next((name for name in operation.responses.values() if name), None) if accepted else operation.refusal
    for problem in _sent(scenario, definition, operation):
        yield ("request", "body"), problem
    if not accepted:
        yield from ((answer, problem) for problem in _refused(scenario, operation))
    elif scenario.basis == "published":
        for part, problem in _granted(scenario, definition, operation):
            yield ("given", *part), problem
        statuses = [status for status in operation.responses if status != "success"]
        alike = [
            status for status in statuses if operation.responses[status] == operation.responses.get(expected.status)
        ]
        if expected.status != "success" and alike != [expected.status]:
            published = " and ".join(map(str, statuses)) or "no number"
            problem = f"status {expected.status} is demanded, and the definition has {published}: ask for `success`"
            yield (*answer, "status"), problem
    if scenario.basis == "published":
        for name in expected.headers:
            if name != "Content-Type" and name not in operation.response_headers:
                problem = f"header {name!r} is demanded, and the definition declares none of that name"
                yield (*answer, "headers"), problem
    if schema is not None and isinstance(expected.body, Mapping):
        for problem in _demanded(scenario, definition, schema, expected.body):
            yield (*answer, "body"), problem


def _made_up(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], str]]:
    """Scopes and permissions that the API's vendor does not publish, and that no report speaks of either."""
    definition = load_definitions().get(scenario.provider.partition(".")[0])
    for place, key, names in _names_given(scenario.given, ()):
        kind: NameKind = "scope" if key == "scopes" else "permission"
        listed = definition.listed(kind) if definition else None
        if definition is None or listed is None or not listed.complete:
            continue
        for name in names:
            if name not in (*listed.names, NOBODYS) and not said_in_a_report(name):
                problem = f"{definition.vendor} publishes no {kind} {name!r}, and no report speaks of it"
                yield place, f"{problem}{suggest(name, listed.names)}"


def _names_given(given: Any, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, Sequence[str]]]:
    for key, value in given.items() if isinstance(given, Mapping) else ():
        if key in ("scopes", "permissions") and isinstance(value, list):
            yield (*at, key), key, value
        else:
            yield from _names_given(value, (*at, key))


def _sent(scenario: Scenario, definition: Definition, operation: PublishedOperation) -> Iterator[str]:
    """Yield fields of a typed call that the request's schema lacks."""
    body = scenario.request.body
    if operation.body is None or not isinstance(body, Mapping):
        return
    for name, value in body.items():
        schema = definition.property(operation.body, name)
        if schema is None:
            yield f"{operation.body} has no field {name!r}{suggest(name, definition.properties(operation.body))}"
        elif not _is_a(definition, schema, value):
            yield f"field {name!r} of {operation.body} is a {definition.resolved(schema).get('type')}, not {value!r}"


def _granted(
    scenario: Scenario, definition: Definition, operation: PublishedOperation
) -> Iterator[tuple[tuple[str, str], str]]:
    """An accepted caller has what the definition asks for, and nothing that nobody publishes."""
    grants = definition.names.get("grant")
    valid = [_plain(each) for each in grants.names] if grants else []
    for name, state in scenario.given.items():
        grant = state.get("grant")
        if grant and grants and grant not in valid:
            yield (name, "grant"), f"{definition.vendor} publishes no grant {grant!r}{suggest(grant, valid)}"
    token = scenario.given.get(TOKEN)
    if token is not None:
        yield from (((TOKEN, part), problem) for part, problem in _token_grants(token, definition, operation))


def _token_grants(
    token: Mapping[str, Any], definition: Definition, operation: PublishedOperation
) -> Iterator[tuple[str, str]]:
    scopes, held = token.get("scopes") or (), frozenset(_permissions(token))
    holder = "user" if token.get("user") else "role"
    names: tuple[tuple[str, NameKind, Collection[str]], ...]
    names = (("scopes", "scope", scopes), (holder, "permission", held))
    for part, kind, granted in names:
        listed = definition.listed(kind)
        for name in granted:
            if listed and name not in listed.names and (listed.complete or name in listed.absent):
                yield part, f"{definition.vendor} publishes no {kind} {name!r}{suggest(name, listed.names)}"
    if token.get("user") is None:
        yield "grant", "no definition says that a token without a user is accepted: that is assumed"
    elif operation.scopes and not set(scopes) & set(operation.scopes):
        yield "scopes", f"accepted without a scope of this operation{suggest('', operation.scopes)}"
    if not operation.permissions.suffice(held):
        yield holder, f"accepted without a permission of this operation{suggest('', operation.permissions.names)}"


def _refused(scenario: Scenario, operation: PublishedOperation) -> Iterator[str]:
    """A refusal has a published code, with its status, and a reason for it."""
    expected, body = scenario.expected, scenario.expected.body
    if not operation.codes:
        if scenario.basis == "published" and expected.status not in operation.statuses:
            yield f"no refusal with status {expected.status} is published for this operation"
        return
    code = body.get("code") if isinstance(body, Mapping) else None
    code = str(code) if isinstance(code, int) else code
    codes = {each: status for status, listed in operation.codes.items() for each in listed}
    if not isinstance(code, str) or code not in codes:
        yield f"code {code!r} is not published for this operation{suggest(str(code), codes)}"
    elif codes[code] != expected.status:
        yield f"{code} is published with status {codes[code]}, not {expected.status}"
    token = scenario.given.get(TOKEN, {})
    if code == FOR_SCOPE and set(token.get("scopes") or ()) & set(operation.scopes):
        yield "refused for its scope, and it has one that the definition lists"
    if code == FOR_PERMISSION and operation.permissions.suffice(frozenset(_permissions(token))):
        yield "refused for its permission, and it has what the definition asks for"


def _demanded(
    scenario: Scenario, definition: Definition, schema: str, body: Mapping[str, Any], at: str = ""
) -> Iterator[str]:
    """Each property that an answer must have: there, not narrower than published, promised or read by the client."""
    published = scenario.basis == "published"
    required = _required(definition, schema, at)
    for name, stated in body.items():
        path = f"{at}{name}"
        found = definition.property(schema, path)
        if found is None:
            valid = definition.properties(schema) if not at else ()
            yield f"{schema} has no property {path!r}{suggest(path, valid)}"
            continue
        found = definition.resolved(found)
        if published and name not in required and not (not at and _attribute(name) in scenario.expected.outcome):
            yield f"property {path!r} is demanded: {schema} does not require it, and no `returns` or `raises` reads it"
        yield from _stated(scenario, definition, schema, path, found, stated)


def _stated(
    scenario: Scenario, definition: Definition, schema: str, path: str, found: Mapping[str, Any], stated: Any
) -> Iterator[str]:
    example = stated
    if is_matcher(stated):
        example = stated["like"] if "like" in stated else stated["example"]
    if not _is_a(definition, dict(found), example):
        yield f"{path!r} of {schema} is a {found.get('type')}, not {example!r}"
    for value in [example] if isinstance(example, str) else []:
        if "enum" in found and value not in found["enum"]:
            yield f"{path!r} is never {value!r}{suggest(value, found['enum'])}"
    if scenario.basis == "published":
        yield from _narrower(definition, path, found, stated, scenario)
    items = example if isinstance(example, list) else [example]
    for item in items:
        if isinstance(item, Mapping):
            yield from _demanded(scenario, definition, schema, item, f"{path}.")


def _narrower(
    definition: Definition, path: str, found: Mapping[str, Any], stated: Any, scenario: Scenario
) -> Iterator[str]:
    """A demand that published answers may fail."""
    if isinstance(stated, list):
        yield f"{path!r} is demanded with {len(stated)} items, and the definition does not say how many there are"
    elif is_matcher(stated):
        if "matches" in stated:
            pattern = re.compile(stated["matches"])
            code = scenario.expected.body.get("code") if isinstance(scenario.expected.body, Mapping) else None
            possible = list(found.get("enum", ())) or list(_messages(definition, path, code))
            if _attribute(path) in scenario.expected.outcome:  # what the client reads it may ask to be there
                possible = ["1"] if found.get("type") == "integer" else [value for value in possible if value]
            refused = [value for value in possible if not pattern.fullmatch(value)]  # the whole, as Pact does
            if refused:
                yield f"{path!r} is demanded to match {stated['matches']!r}, and may be {refused[0]!r}"
    elif path != "code" and not isinstance(stated, Mapping):
        yield f"{path!r} is demanded to be {stated!r}, and the definition allows more"


def _messages(definition: Definition, path: str, code: Any) -> Iterator[str]:
    template = definition.messages.get(code) if path == "message" else None
    for fill in FILLS:
        yield template.replace("%s", fill) if template else fill


def _required(definition: Definition, schema: str, at: str) -> tuple[str, ...]:
    found = definition.property(schema, at.rstrip(".")) if at else definition.schemas[schema]
    found = definition.resolved(found or {})
    while found.get("type") == "array":
        found = definition.resolved(found["items"])
    return tuple(found.get("required", ()))


def _is_a(definition: Definition, schema: dict[str, Any], value: Any) -> bool:
    """Return whether a stated value has the type that a schema gives; a `${name}` is filled with a text."""
    found = definition.resolved(schema)
    if is_matcher(value):
        return True
    if found.get("type") == "array" and isinstance(value, list):
        return all(_is_a(definition, found["items"], each) for each in value)
    if "properties" in found and isinstance(value, Mapping):
        known = found["properties"]
        return all(name in known and _is_a(definition, known[name], each) for name, each in value.items())
    return isinstance(value, TYPES.get(found.get("type", ""), (object,)))


def _permissions(token: Mapping[str, Any]) -> Iterator[str]:
    """Yield the permissions of a token's role, or of its user's."""
    for holder in (token, token.get("user") or {}):
        yield from (holder.get("role") or {}).get("permissions") or ()


def _plain(grant: str) -> str:
    """A published grant by the name that provider states give it: the last step of a URN, with underscores."""
    return grant.rpartition(":")[2].replace("-", "_")


def _attribute(name: str) -> str:
    """A property by the name that the client gives it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
