"""A rule of a policy says no more than its evidence: its codes, messages, permissions, scopes and fields are published.

The stub never reads what the consumer side knows, so its policies are checked here, where both may be seen.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from outdial.definitions import Definition, PublishedOperation, load_definitions
from outdial.documents import Document, Together, suggest
from outdial.documents.document import Location, Problem
from outdial.provider import Policy, read_written
from outdial.provider.kinds import KnownFields, Permission, Rule, Scope
from outdial.provider.policy import Operation
from outdial.tables.citations import misnamed, operation_of, problems_of
from outdial.tables.sources import questions_beside

PARAMETER = re.compile(r"\$\{\w+\}")


def check(policies: Mapping[str, Policy], folder: Path) -> None:
    """Check that every rule of a folder's policies has the evidence it claims. Raises `DocumentError` at its line."""
    found = Together()
    asked = [each.asks for each in questions_beside(folder / "any").values()]
    for name, policy in policies.items():
        if problems := list(dict.fromkeys(_problems(policy, asked))):
            document = read_written(folder / f"{name}.yaml")[0]
            with found:
                document.check(((*_place(document, *at), *part), problem) for *at, part, problem in problems)
    found.raise_found()


def _place(document: Document, operation: str, rule: str) -> Location:
    if not rule or ("rules", rule) in document.marks:
        return ("rules", rule) if rule else ("operations", operation, "accept")
    written = document.data["operations"][operation]["rules"]
    at = next(at for at, each in enumerate(written) if isinstance(each, dict) and each.get("id") == rule)
    return ("operations", operation, "rules", at)


def _problems(policy: Policy, asked: Collection[str]) -> Iterator[tuple[str, str, Location, str]]:
    """Yield the operation, its rule (empty for what it accepts), the part of the rule, and the problem.

    An edition that extends the published one is held to the definition where a rule says that it is published.
    """
    definitions = load_definitions()
    definition = next((definitions[each] for each in (policy.provider, *policy.bases) if each in definitions), None)
    differs = definition is not None and definition.api != policy.provider
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
            if definition and published and (rule.basis == "published" or not differs):
                yield from ((at, rule.id, *each) for each in _unpublished(rule, definition, published))
        if definition and published and not differs:
            yield from ((name, "", (), problem) for problem in _answered(operation, definition, published))


def _unpublished(rule: Rule, definition: Definition, operation: PublishedOperation) -> Iterator[Problem]:
    """Yield what a rule says that is not published: of any rule the code and fields, of a published one all."""
    code = str(rule.deny.code)
    if operation.codes:
        yield from ((("deny",), problem) for problem in misnamed(code, rule.deny.status, operation))
        template = definition.messages.get(code, rule.deny.message)
        pattern = ".*".join(re.escape(part) for part in template.split("%s"))
        if not re.fullmatch(pattern, PARAMETER.sub("x", rule.deny.message), re.DOTALL):
            yield ("deny",), f"the message of {code} is {template!r} as published, not {rule.deny.message!r}"
    known = definition.properties(operation.body)
    facts = {*rule.candidates(), *({rule.when.fact} if rule.when else ())}
    read = rule.fields if isinstance(rule, KnownFields) else sorted(each[5:] for each in facts if each[:5] == "body.")
    for at, name in enumerate(read):
        if name not in known:
            problem = f"{operation.body} has no field {name!r}{suggest(name, known)}"
            yield ("fields", at) if isinstance(rule, KnownFields) else (), problem
    if rule.basis != "published":
        return
    answered, stated = (code, rule.source.code) if operation.codes else (rule.deny.status, rule.source.status)
    if answered != stated:
        yield ("source",), f"the rule answers {answered!r}, and its source is {stated!r}"
    wanted = operation.permissions
    if isinstance(rule, Scope) and set(rule.names) != set(operation.scopes):
        near = suggest(rule.names[0], operation.scopes)
        yield ("any_of",), f"the scopes {', '.join(rule.names)} are not those that are published{near}"
    if isinstance(rule, Permission):
        if (set(rule.any_of or ()), set(rule.all_of or ())) != (set(wanted.any_of or ()), set(wanted.all_of or ())):
            near = suggest("".join(rule.names[:1]), wanted.names)
            yield ("any_of",), f"the permissions {', '.join(rule.names)} are not those that are published{near}"
        if rule.division_of:
            yield ("division_of",), "which division a permission is checked in is not published: that is assumed"


def _answered(operation: Operation, definition: Definition, published: PublishedOperation) -> Iterator[str]:
    """Yield what an accepted request gets that is not published: the status, or properties of the answer."""
    statuses = published.responses
    status = operation.accept.status
    if "success" not in statuses and status not in statuses:
        yield f"status {status} is not published{suggest(str(status), [str(each) for each in statuses])}"
    schema = next((name for name in statuses.values() if name), None)
    for name in operation.accept.body if schema and isinstance(operation.accept.body, Mapping) else ():
        if name not in (known := definition.properties(schema)):
            yield f"{schema} has no property {name!r}{suggest(name, known)}"
