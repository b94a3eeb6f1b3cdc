"""A rule of a policy says no more than its evidence: its codes, messages, permissions, scopes and fields are published.

The stub never reads what the consumer side knows, so its policies are checked here, where both may be seen.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from outdial.definitions import Definition, PublishedOperation, load_definitions
from outdial.documents import Document, Together, suggest
from outdial.documents.document import Location
from outdial.provider import Policy, read_written
from outdial.provider.kinds import KnownFields, Permission, Rule, Scope
from outdial.provider.policy import Operation
from outdial.tables.citations import operation_of, problems_of
from outdial.tables.questions import questions_beside

PARAMETER = re.compile(r"\$\{\w+\}")


def check(policies: Mapping[str, Policy], folder: Path) -> None:
    """Every rule of the policies of a folder has the evidence it claims. Raises `DocumentError` at the rule's line."""
    definitions, found = load_definitions(), Together()
    asked = [each.asks for each in questions_beside(folder / "any").values()]
    for name, policy in policies.items():
        definition = next((definitions[each] for each in (name, *policy.bases) if each in definitions), None)
        problems = list(dict.fromkeys(_problems(policy, definition, asked)))
        document = read_written(folder / f"{name}.yaml")[0] if problems else None
        for operation, rule, part, problem in problems:
            with found:
                assert document is not None
                raise document.error((*_place(document, operation, rule), *part), problem)
    found.raise_found()


def _place(document: Document, operation: str, rule: str | None) -> Location:
    if rule is None:
        return ("operations", operation, "accept")
    if ("rules", rule) in document.marks:
        return ("rules", rule)
    written = document.data["operations"][operation]["rules"]
    at = next(at for at, each in enumerate(written) if isinstance(each, dict) and each.get("id") == rule)
    return ("operations", operation, "rules", at)


def _problems(
    policy: Policy, definition: Definition | None, asked: Collection[str]
) -> Iterator[tuple[str, str | None, Location, str]]:
    """The operation, its rule (None for what it accepts), the part of the rule, and what is wrong.

    An edition that extends the published one is held to the definition where a rule says that it is published.
    """
    own = definition is not None and definition.api != policy.provider
    first: dict[str, str] = {}
    for name, operation in policy.operations.items():
        published = operation_of(definition, operation.method, operation.path) if definition else None
        for rule in operation.rules:
            at = first.setdefault(rule.id, name)
            for problem in problems_of(rule.source, rule.basis, definition, published):
                yield at, rule.id, ("source",), problem
            if rule.source.asks and rule.source.asks not in asked:
                problem = f"no question of contracts/questions.yaml asks {rule.source.asks!r}"
                yield at, rule.id, ("source",), f"{problem}{suggest(rule.source.asks, asked)}"
            if definition and published and not (own and rule.basis != "published"):
                yield from ((at, rule.id, *each) for each in _problems_of_rule(rule, definition, published))
        if definition and published and not own:
            yield from ((name, None, (), problem) for problem in _answered(operation, definition, published))


def _problems_of_rule(
    rule: Rule, definition: Definition, operation: PublishedOperation
) -> Iterator[tuple[Location, str]]:
    """Whatever its basis, a rule keeps to published codes and fields; one that is published, to all that is."""
    if operation.codes:
        yield from ((("deny",), problem) for problem in _denied(rule, definition, operation))
    known = definition.properties(operation.body)
    listed = rule.fields if isinstance(rule, KnownFields) else ()
    for at, name in enumerate(listed):
        if name not in known:
            yield ("fields", at), f"{operation.body} has no field {name!r}{suggest(name, known)}"
    for name in () if listed else _fields_read(rule):
        if name not in known:
            yield (), f"{operation.body} has no field {name!r}{suggest(name, known)}"
    if rule.basis != "published":
        return
    if not operation.codes:
        if rule.source.status != rule.deny.status:
            yield ("source",), f"the rule answers {rule.deny.status}, and its source is the status {rule.source.status}"
    elif rule.source.code != str(rule.deny.code):
        yield ("source",), f"the rule answers {rule.deny.code!r}, and its source is the code {rule.source.code!r}"
    if isinstance(rule, Scope) and set(rule.names) != set(operation.scopes):
        near = suggest(rule.names[0], operation.scopes)
        yield ("any_of",), f"the scopes {', '.join(rule.names)} are not those that are published{near}"
    if isinstance(rule, Permission):
        wanted = operation.permissions
        if (set(rule.any_of or ()), set(rule.all_of or ())) != (set(wanted.any_of or ()), set(wanted.all_of or ())):
            near = suggest(rule.names[0], wanted.names) if rule.names else ""
            yield ("any_of",), f"the permissions {', '.join(rule.names)} are not those that are published{near}"
        if rule.division_of:
            yield ("division_of",), "which division a permission is checked in is not published: that is assumed"


def _denied(rule: Rule, definition: Definition, operation: PublishedOperation) -> Iterator[str]:
    code = str(rule.deny.code)
    status = operation.status_of(code)
    if status is None:
        codes = [each for listed in operation.codes.values() for each in listed]
        yield f"code {code!r} is not published for {operation.request}{suggest(code, codes)}"
    elif status != rule.deny.status:
        yield f"{code} is published with status {status}, not {rule.deny.status}"
    else:
        template = definition.messages[code]
        said = PARAMETER.sub("x", rule.deny.message)
        pattern = ".*".join(re.escape(part) for part in template.split("%s"))
        if not re.fullmatch(pattern, said, re.DOTALL):
            yield f"the message of {code} is {template!r} as published, not {rule.deny.message!r}"


def _fields_read(rule: Rule) -> Iterator[str]:
    for fact in {*rule.candidates(), *({rule.when.fact} if rule.when else ())}:
        part, _, name = fact.partition(".")
        if part == "body":
            yield name


def _answered(operation: Operation, definition: Definition, published: PublishedOperation) -> Iterator[str]:
    """An accepted request gets a published status, and an answer that its schema allows."""
    statuses = published.responses
    status = operation.accept.status
    if "success" not in statuses and status not in statuses:
        yield f"status {status} is not published{suggest(str(status), [str(each) for each in statuses])}"
    schema = next((name for name in statuses.values() if name), None)
    if schema and isinstance(operation.accept.body, Mapping):
        for name in operation.accept.body:
            if definition.property(schema, name) is None:
                yield f"{schema} has no property {name!r}{suggest(name, definition.properties(schema))}"
