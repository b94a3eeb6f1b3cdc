"""Which requests are accepted that differ in one respect: by whom, for whom, to what kind of destination."""

from collections.abc import Iterator

from provider_stub import Policy
from provider_stub.facts import known_values
from provider_stub.kinds import Fields
from provider_stub.policy import Operation
from provider_stub.rule import FactTest
from reasoning.endpoint import endpoint_of, holds, reached, search
from reasoning.search import Constraint, FactValues, Undecided
from reasoning.space import Space

CALLER = ("token.user", "token.grant")


def respects(policy: Policy, operation: Operation) -> Iterator[FactTest]:
    """Tests that some accepted requests pass and some do not.

    They are of the facts that the operation's rules ask for, and of who calls: by which grant, with a user or none.
    Of fields that exclude each other one is there: a kind of destination.
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

    for test in _tests(operation):
        if some(test, True) and some(test, False):
            yield test


def _tests(operation: Operation) -> Iterator[FactTest]:
    kinds = [name for rule in operation.rules if isinstance(rule, Fields) for name in rule.names]
    asked = dict.fromkeys(fact for rule in operation.rules for fact in [*rule.candidates(), *_guard(rule.when)])
    callers = CALLER if any(fact.startswith("token.") for fact in asked) else ()
    for fact in dict.fromkeys([*asked, *callers]):
        values = known_values(fact, operation.subjects, operation.kinds)
        for value in values or ():
            yield FactTest(fact=fact, any_of=(value,))
        if values is None and not fact.endswith((".scopes", ".permissions", ".id")):
            yield FactTest(fact=fact, present=True)
            if fact not in kinds:
                yield FactTest(fact=fact, present=False)


def _guard(test: FactTest | None) -> list[str]:
    return [test.fact] if test else []
