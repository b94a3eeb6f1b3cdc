"""Leaves out faulty versions of a rule that decide as another version does: one fault counts once."""

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod

from outdial.provider.policy import Operation
from outdial.provider.rule import RuleBase
from outdial.reasoning.space import Space

MOST_COMPARED = 512
"""Combinations of values up to which two versions are compared. With more, they differ in names, and so decide."""
Version = tuple[str, str, RuleBase | None]
"""An operator, what it changed, and the changed rule; None is the rule dropped."""


def distinct(rule: RuleBase, versions: Iterable[Version], operation: Operation) -> Iterator[Version]:
    """The versions of a rule without those that decide as an earlier one on every value of the facts they read."""
    every = list(versions)
    rules = (rule, *(changed for _, _, changed in every if changed))
    whole = operation.model_copy(update={"rules": rules, "when": None})
    space = Space([whole], [], None)
    domains = {fact: space.domain(fact) for fact in space.asked}
    if prod(len(values) for values in domains.values()) > MOST_COMPARED:
        yield from every
        return
    requests = [dict(zip(domains, values, strict=True)) for values in product(*domains.values())]
    views = [space.view(whole, request) for request in requests]
    seen: set[tuple[bool, ...]] = set()
    for operator, detail, changed in every:
        refuses = tuple(changed is not None and changed.applies(facts) and not changed.holds(facts) for facts in views)
        if refuses not in seen:
            yield operator, detail, changed
        seen.add(refuses)
