"""Questions about requests of one endpoint: which operation takes one, which rule refuses, what a consumer sees."""

from collections.abc import Callable, Sequence
from typing import Any

from outdial.provider import Policy
from outdial.provider.application import refuse
from outdial.provider.denial import Denial
from outdial.provider.facts import Facts
from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase
from outdial.reasoning.feasible import constraints_of
from outdial.reasoning.search import Constraint, FactValues, Search
from outdial.reasoning.space import Space

Seen = Any
"""What a consumer sees of an answer."""
NEW_EACH_TIME = "new each time"
"""What stands for an id that is."""


def endpoint_of(policy: Policy, operation: Operation) -> list[Operation]:
    """The operations with the same method and path, in their order."""
    return [each for each in policy.operations.values() if each.request == operation.request]


def search(space: Space) -> Search:
    """A search over what can be true in a space."""
    return Search(space.domain, lambda name: constraints_of(name, space))


def seen_denial(policy: Policy, denial: Denial) -> Seen:
    """A denial as a consumer sees it."""
    answer = refuse(policy, denial, correlation_id=NEW_EACH_TIME)
    return answer.status, tuple(sorted(answer.headers.items())), answer.body


def first_failing(rules: Sequence[RuleBase], facts: Facts) -> RuleBase | None:
    """The first rule that applies and does not hold; None when all hold."""
    return next((rule for rule in rules if rule.applies(facts) and not rule.holds(facts)), None)


def holds(space: Space, operation: Operation, rule: RuleBase) -> Constraint:
    """A rule of an operation does not refuse."""

    def test(values: FactValues) -> bool:
        return first_failing([rule], space.view(operation, values)) is None

    return Constraint(f"{rule.id} holds", test)


def reached(space: Space, endpoint: Sequence[Operation], operation: Operation) -> list[Constraint]:
    """The operation's guard passes, and that of no operation before it."""

    def guard(each: Operation, wanted: bool) -> Callable[[FactValues], bool]:
        return lambda values: (each.when is None or each.when.passes(space.view(each, values))) == wanted

    at = next(at for at, each in enumerate(endpoint) if each is operation)
    earlier = [Constraint("no earlier operation takes the request", guard(each, False)) for each in endpoint[:at]]
    return [*earlier, Constraint("the operation takes the request", guard(operation, True))]
