"""Compare two versions of a definition, and name the rows and rules that rest on each change."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from outdial.definitions import Definition, PublishedOperation
from outdial.provider import Policy
from outdial.provider.kinds import KnownFields, Permission, Rule, Scope
from outdial.tables import Scenario
from outdial.tables.citations import operation_of
from outdial.tables.promises import FOR_PERMISSION, FOR_SCOPE

Condition = tuple[str, str | None]
"""An operation's request, and the rule that refuses it."""


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """One fact that is another, or is not there any more (`now` is None), or is new (`was` is None)."""

    fact: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        """One line for a person."""
        if self.was is None:
            return f"new      {self.fact}: {self.now}"
        return f"gone     {self.fact}" if self.now is None else f"changed  {self.fact}: {self.was} -> {self.now}"


@dataclass(frozen=True, slots=True)
class Touched:
    """The rows and the rules that rest on one change, as `<provider>/<operation>/<name>`."""

    change: DefinitionChange
    rows: tuple[str, ...]
    rules: tuple[str, ...]


def changes(known: Definition, stated: Definition) -> list[DefinitionChange]:
    """Every fact that differs between two versions of a definition."""
    before, after = dict(known.facts()), dict(stated.facts())
    names = [*before, *(name for name in after if name not in before)]
    return [
        DefinitionChange(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def touched(
    found: Iterable[DefinitionChange], definition: Definition, scenarios: Iterable[Scenario], policy: Policy | None
) -> Iterator[Touched]:
    """For each change, the rows and rules of the API's published edition that rest on it; rows too, whose rule does."""
    rows = [(each, operation_of(definition, each.request.method, each.request.path)) for each in scenarios]
    resting = [
        (row.case_id, (operation.request if operation else "", row.because), frozenset(_rests_on(row, definition)))
        for row, operation in rows
    ]
    rules = list(_rules(policy, definition)) if policy else []
    for change in found:
        by_rule = {condition: name for name, condition, rests in rules if _is_in(change.fact, rests)}
        by_row = [name for name, condition, rests in resting if _is_in(change.fact, rests) or condition in by_rule]
        yield Touched(change, tuple(by_row), tuple(by_rule.values()))


def _is_in(fact: str, rests: frozenset[str]) -> bool:
    """Return whether a fact is among the names; a name that ends in a space or a dot is a group of facts."""
    return any(fact == each or (each.endswith((" ", ".")) and fact.startswith(each)) for each in rests)


def _rests_on(scenario: Scenario, definition: Definition) -> Iterator[str]:
    operation = operation_of(definition, scenario.request.method, scenario.request.path)
    if operation is None:
        return
    name, body = _name(definition, operation), scenario.request.body
    yield f"{name} request"
    if isinstance(body, Mapping):
        yield from (f"{operation.body}.{field}" for field in body)
    token = scenario.given.get("an access token", {})
    yield from (f"{name} scope {scope}" for scope in token.get("scopes") or ())
    for holder in (token, token.get("user") or {}):
        yield from (f"{name} permission {each}" for each in (holder.get("role") or {}).get("permissions") or ())
    answer, refused = scenario.expected.body, scenario.expected.refusal is not None
    if isinstance(answer, Mapping):
        schemas = [operation.refusal] if refused else list(operation.responses.values())
        yield from (f"{schema}.{field}" for schema in schemas for field in answer)
        if refused and "code" in answer:
            yield from _code(name, answer["code"])
    if not refused:
        yield f"{name} answer "


def _rules(policy: Policy, definition: Definition) -> Iterator[tuple[str, Condition, frozenset[str]]]:
    for name, operation in policy.operations.items():
        published = operation_of(definition, operation.method, operation.path)
        if published and published in definition.operations.values():
            for rule in operation.rules:
                rests = frozenset(_rule_rests_on(rule, definition, published))
                yield f"{policy.provider}/{name}/{rule.id}", (published.request, rule.id), rests


def _rule_rests_on(rule: Rule, definition: Definition, operation: PublishedOperation) -> Iterator[str]:
    name = _name(definition, operation)
    yield from _code(name, str(rule.deny.code))
    if isinstance(rule, Permission):
        yield f"{name} permission "
    if isinstance(rule, Scope):
        yield f"{name} scope "
    if isinstance(rule, KnownFields):
        yield f"{operation.body}."
    for fact in rule.candidates():
        part, _, field = fact.partition(".")
        if part == "body":
            yield f"{operation.body}.{field}"


def _code(operation: str, code: str) -> Iterator[str]:
    yield f"{operation} code {code}"
    if code == FOR_PERMISSION:
        yield f"{operation} permission "
    if code == FOR_SCOPE:
        yield f"{operation} scope "


def _name(definition: Definition, operation: PublishedOperation) -> str:
    return next(name for name, each in definition.operations.items() if each is operation)
