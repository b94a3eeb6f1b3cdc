"""Asks whether any request is answered differently by a faulty policy: a witness, or the reason why there is none.

Different is what a consumer can see: status, headers and body as rendered, apart from ids that are new each time.
"""

from collections.abc import Sequence
from typing import Any

from outdial.provider import Policy
from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase
from outdial.reasoning.endpoint import Seen, endpoint_of, first_failing, holds, reached, search, seen_denial
from outdial.reasoning.naming import RealValues
from outdial.reasoning.search import Conflict, Constraint, FactValues
from outdial.reasoning.space import Space
from outdial.strength.mutants import Mutant

GOES_ON = None


def difference(mutant: Mutant, original: Policy, baseline: RealValues) -> dict[str, Any] | Conflict:
    """Facts of a request that a mutant answers differently, or why there are none. Raises `Undecided`.

    `baseline` are the facts of an accepted request, from which the witness departs as little as the search allows.
    """
    if mutant.operation is None:
        return _refused(original, baseline)
    before, after = (policy.operations[mutant.operation] for policy in (original, mutant.policy))
    endpoint = endpoint_of(original, before)
    if before.when != after.when:
        changed = endpoint_of(mutant.policy, after)
        space = Space([*endpoint, *changed], [], baseline)
        return search(space).solve([_routed_differently(space, original, mutant.policy, endpoint, changed)])
    space = Space([before, after], [each.when for each in endpoint if each.when], baseline)
    if before.accept != after.accept:
        asked = [*reached(space, endpoint, before), *(holds(space, before, rule) for rule in before.rules)]
    else:
        asked = _decided_differently(space, original, endpoint, before, after)
    return search(space).solve(asked)


def _refused(policy: Policy, baseline: RealValues) -> dict[str, Any] | Conflict:
    """A request that is refused: every answer is different, and rows say what a refusal looks like."""
    operation = baseline.operation
    endpoint = endpoint_of(policy, operation)
    space = Space([operation], [each.when for each in endpoint if each.when], baseline)
    refused = Constraint(
        "the request is refused",
        lambda values: first_failing(operation.rules, space.view(operation, values)) is not None,
    )
    return search(space).solve([refused, *reached(space, endpoint, operation)])


def _decided_differently(
    space: Space, policy: Policy, endpoint: Sequence[Operation], before: Operation, after: Operation
) -> list[Constraint]:
    """The rules before the fault hold, the fault decides otherwise, and what follows does not make up for it."""
    ahead, old, new, behind = stretches(before.rules, after.rules)

    def outcome(rules: Sequence[RuleBase], values: FactValues) -> Seen:
        refused_by = first_failing(rules, space.view(before, values))
        return seen_denial(policy, refused_by.deny) if refused_by else GOES_ON

    def decides(values: FactValues) -> bool:
        different: bool = outcome(old, values) != outcome(new, values)
        return different

    def remains(values: FactValues) -> bool:
        first, second = outcome(old, values), outcome(new, values)
        if first is not GOES_ON and second is not GOES_ON:
            return True
        rest = outcome(behind, values)
        different: bool = (rest if first is GOES_ON else first) != (rest if second is GOES_ON else second)
        return different

    return [
        Constraint("the changed rule decides otherwise", decides),
        *(holds(space, before, rule) for rule in ahead),
        Constraint("no later rule gives the same answer", remains),
        *reached(space, endpoint, before),
    ]


def _routed_differently(
    space: Space, original: Policy, mutated: Policy, before: Sequence[Operation], after: Sequence[Operation]
) -> Constraint:
    """The endpoint as a whole answers otherwise."""

    def outcome(policy: Policy, endpoint: Sequence[Operation], values: FactValues) -> Seen:
        for operation in endpoint:
            facts = space.view(operation, values)
            if operation.when is None or operation.when.passes(facts):
                refused_by = first_failing(operation.rules, facts)
                return seen_denial(policy, refused_by.deny) if refused_by else operation.accept
        return seen_denial(policy, policy.unknown_path)

    return Constraint(
        "the endpoint answers otherwise",
        lambda values: outcome(original, before, values) != outcome(mutated, after, values),
    )


def stretches(
    old: tuple[RuleBase, ...], new: tuple[RuleBase, ...]
) -> tuple[Sequence[RuleBase], Sequence[RuleBase], Sequence[RuleBase], Sequence[RuleBase]]:
    """The rules that both begin with, what stands in the old and in the new, and the rules that both end with."""
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] is not new[at]), shorter)
    end = next((at for at in range(shorter - start) if old[-1 - at] is not new[-1 - at]), shorter - start)
    return old[:start], old[start : len(old) - end], new[start : len(new) - end], old[len(old) - end :]
