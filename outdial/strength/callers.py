"""Which requests are accepted that differ in one respect: by whom, for whom, to what kind of destination."""

from collections.abc import Collection, Iterator

from outdial.provider import Policy
from outdial.provider.facts import known_values
from outdial.provider.policy import Operation
from outdial.provider.rule import FactTest
from outdial.reasoning.endpoint import endpoint_of, holds, reached, search
from outdial.reasoning.search import Constraint, FactValues, Undecided
from outdial.reasoning.space import Space

GRANT = "token.grant"
CALLER = ("token.user", GRANT)
TWO = 2
"""Of so many values, any but the one is the other."""


def issued_grants(*policies: Policy | None) -> frozenset[str]:
    """The grants by which the operations of some editions issue tokens."""
    made = [
        record.fields.get("grant")
        for policy in policies
        for operation in (policy.operations.values() if policy else ())
        for record in operation.accept.creates.values()
        if record.kind == "token"
    ]
    return frozenset(grant for grant in made if grant)


def respects(policy: Policy, operation: Operation, grants: Collection[str] = ()) -> Iterator[FactTest]:
    """Tests that some accepted requests pass and some do not.

    They are of the facts that the operation's rules ask for, and of who calls: by which grant, with a user or none.
    Of every value that a fact can have: it is that one, and it is any but that one. Of the grants only those count
    by which anybody gets a token, where these are given; any but one is asked of them alone.
    """
    endpoint = endpoint_of(policy, operation)
    space = Space([operation], [each.when for each in endpoint if each.when], None)
    accepted = [*reached(space, endpoint, operation), *(holds(space, operation, rule) for rule in operation.rules)]

    def some(test: FactTest, wanted: bool) -> bool:
        def differs(values: FactValues) -> bool:
            return test.passes(space.view(operation, values)) == wanted

        try:
            return isinstance(search(space).solve([Constraint("", differs), *accepted]), dict)
        except Undecided:
            return False

    for test in _tests(operation, grants):
        if some(test, True) and some(test, False):
            yield test


def _tests(operation: Operation, grants: Collection[str]) -> Iterator[FactTest]:
    asked = dict.fromkeys(fact for rule in operation.rules for fact in [*rule.candidates(), *_guard(rule.when)])
    callers = CALLER if any(fact.startswith("token.") for fact in asked) else ()
    for fact in dict.fromkeys([*asked, *callers]):
        values = known_values(fact, operation.subjects, operation.kinds)
        listed = [value for value in values or () if fact != GRANT or not grants or value in grants]
        yield from (FactTest(fact=fact, any_of=(value,)) for value in listed)
        if values and len(values) > TWO and (fact != GRANT or grants):
            yield from (FactTest(fact=fact, none_of=(value,)) for value in listed)
        if values is None and not fact.endswith((".scopes", ".permissions", ".id")):
            yield FactTest(fact=fact, present=True)
            yield FactTest(fact=fact, present=False)


def _guard(test: FactTest | None) -> list[str]:
    return [test.fact] if test else []
