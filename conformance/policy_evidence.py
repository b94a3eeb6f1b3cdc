"""A rule of a policy says no more than its evidence: its codes, messages, permissions, scopes and fields are published.

The stub never reads what the consumer side knows, so its policies are checked here, where both may be seen.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from contracts.citations import nearest, operation_of, problems_of
from contracts.definitions import Definition, PublishedOperation, load_definitions
from provider_stub import POLICIES, Policy, load_policies
from provider_stub.kinds import KnownFields, Permission, Rule, Scope
from provider_stub.policy import Operation
from yaml_documents import Document, Together
from yaml_documents.document import Location

PARAMETER = re.compile(r"\$\{\w+\}")


def checked_policies(folder: Path = POLICIES) -> dict[str, Policy]:
    """Every policy of a folder, each rule with the evidence that it claims. Raises `DocumentError` at the rule's line."""
    policies = load_policies(folder)
    found = Together()
    for name, policy in policies.items():
        document = Document.read(folder / f"{name}.yaml")
        definition = load_definitions().get(name)
        for place, problem in _problems(policy, definition, document):
            with found:
                raise document.error(place, problem)
    found.raise_found()
    return policies


def _problems(policy: Policy, definition: Definition | None, document: Document) -> Iterator[tuple[Location, str]]:
    seen: set[tuple[Location, str]] = set()
    for name, operation in policy.operations.items():
        published = operation_of(definition, operation.method, operation.path) if definition else None
        for at, rule in enumerate(operation.checks):
            shared = ("rules", rule.id) in document.lines
            place: Location = ("rules", rule.id) if shared else ("operations", name, "rules", at)
            for problem in _problems_of_rule(rule, definition, published):
                if (place, problem) not in seen:
                    seen.add((place, problem))
                    yield (*place, "source"), problem
        if definition and published:
            yield from (
                (("operations", name, "accept"), problem) for problem in _answered(operation, definition, published)
            )


def _problems_of_rule(rule: Rule, definition: Definition | None, operation: PublishedOperation | None) -> Iterator[str]:
    yield from problems_of(rule.source, rule.basis, definition, operation)
    if definition is None or operation is None:
        return
    if operation.codes:
        yield from _denied(rule, definition, operation)
    if rule.basis != "published":
        return
    if rule.source.code != rule.deny.code:
        yield f"the rule answers {rule.deny.code!r}, and its source is the code {rule.source.code!r}"
    if isinstance(rule, Scope) and set(rule.names) != set(operation.scopes):
        yield f"the scopes {', '.join(rule.names)} are not those that are published{nearest(rule.names[0], operation.scopes)}"
    if isinstance(rule, Permission):
        wanted = operation.permissions
        if (set(rule.any_of or ()), set(rule.all_of or ())) != (set(wanted.any_of or ()), set(wanted.all_of or ())):
            yield (
                f"the permissions {', '.join(rule.names)} are not those that are published"
                f"{nearest(rule.names[0], wanted.names)}"
            )
        if rule.division_of:
            yield "which division a permission is checked in is not published: that is assumed"
    fields = rule.fields if isinstance(rule, KnownFields) else tuple(_fields_read(rule))
    known = definition.properties(operation.body)
    for name in fields:
        if name not in known:
            yield f"{operation.body} has no field {name!r}{nearest(name, known)}"


def _denied(rule: Rule, definition: Definition, operation: PublishedOperation) -> Iterator[str]:
    code, status = rule.deny.code, operation.status_of(rule.deny.code)
    if status is None:
        codes = [each for listed in operation.codes.values() for each in listed]
        yield f"code {code!r} is not published for {operation.request}{nearest(code, codes)}"
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
        yield f"status {status} is not published{nearest(str(status), [str(each) for each in statuses])}"
    schema = next((name for name in statuses.values() if name), None)
    if schema and isinstance(operation.accept.body, Mapping):
        for name in operation.accept.body:
            if definition.property(schema, name) is None:
                yield f"{schema} has no property {name!r}{nearest(name, definition.properties(schema))}"
