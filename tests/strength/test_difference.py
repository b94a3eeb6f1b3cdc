"""What is called equivalent is: a search finds a request that tells two policies apart exactly when there is one."""

from typing import Any

import pytest

from outdial.provider import Call, World
from outdial.provider.policy import Operation, Policy
from outdial.provider.request_facts import RequestFacts
from outdial.reasoning.endpoint import first_failing, search, seen_denial
from outdial.reasoning.feasible import constraints_of
from outdial.reasoning.naming import RealValues
from outdial.reasoning.search import Always, Conflict, Constraint, Search
from outdial.reasoning.space import Space
from outdial.strength.difference import difference
from outdial.strength.measure import Judged
from outdial.strength.mutants import mutants_of
from tests.strength.editions import POLICIES, baselines, strength_of

OF_AN_OPERATOR = 30
"""Mutants of one operator, at most, spread over the rules of one operation."""


@pytest.mark.parametrize("provider", POLICIES)
def test_no_fault_that_a_row_notices_is_called_equivalent(provider: str) -> None:
    """A row is a request that tells the two apart, so the search has to find one for every killed mutant."""
    policy = POLICIES[provider]
    heads = baselines(provider)
    alike: dict[tuple[str, str], list[Judged]] = {}
    for each in strength_of(provider).judged:
        if each.fate == "killed" and each.mutant.operation:
            alike.setdefault((each.mutant.operation, each.mutant.operator), []).append(each)
    wrong = []
    for (operation, _), judged in alike.items():
        usual = RealValues(heads[operation].facts, policy.operations[operation])
        for each in judged[:: -(-len(judged) // OF_AN_OPERATOR)]:
            found = difference(each.mutant, policy, usual)
            if isinstance(found, Conflict):
                wrong.append((each.mutant.name, each.by, found.reason))
    assert wrong == []


def small(provider: str, operation: str, rules: int) -> Policy:
    """An edition with one operation and the first of its rules only."""
    policy = POLICIES[provider]
    whole = policy.operations[operation]
    cut = whole.model_copy(update={"rules": whole.rules[:rules]})
    return policy.model_copy(update={"operations": {operation: cut}})


SMALL = [
    pytest.param(small("genesys-cloud", "get-call", 5), id="get-call"),
    pytest.param(small("genesys-cloud-login", "client-credentials", 3), id="client-credentials"),
    pytest.param(small("nice-cxone.omnichannel", "start-connection", 3), id="start-connection"),
]


@pytest.mark.parametrize("policy", SMALL)
def test_the_search_agrees_with_brute_force(policy: Policy) -> None:
    """For every mutant of three small policies: tried on every possible request, it differs as the search says."""
    ((name, before),) = policy.operations.items()
    mutants = [mutant for mutant in mutants_of(policy) if mutant.operation]
    space = Space([before, *(mutant.policy.operations[name] for mutant in mutants)], [], None)
    requests = possible(space)
    assert len(requests) > 100
    decided = [policy, *(mutant.policy for mutant in mutants)]
    told = {id(rule.deny): seen_denial(each, rule.deny) for each in decided for rule in each.operations[name].rules}
    answers = [seen(before, space, request, told) for request in requests]
    usual = RealValues(facts_of_nobody(before), before)
    searched = {mutant.name: not isinstance(difference(mutant, policy, usual), Conflict) for mutant in mutants}
    tried = {
        mutant.name: any(
            usually != seen(mutant.policy.operations[name], space, request, told)
            for request, usually in zip(requests, answers, strict=True)
        )
        for mutant in mutants
    }
    assert searched == tried
    assert any(tried.values())


def facts_of_nobody(operation: Operation) -> RequestFacts:
    """The facts of an empty request."""
    return RequestFacts(Call("GET", "/"), {}, operation.subjects, World())


def possible(space: Space) -> list[dict[str, Any]]:
    """Every combination of values of every fact that matters, or is tied to one that does, if it can be true."""
    requests: list[dict[str, Any]] = [{}]
    facts = list(space.asked)
    constraints: list[Constraint] = []
    for fact in facts:
        constraints += constraints_of(fact, space)
        requests = [{**request, fact: value} for request in requests for value in space.domain(fact)]
        requests = [request for request in requests if may_be(request, constraints)]
        if fact == facts[-1]:
            unknown = {missing(request, constraint) for request in requests for constraint in constraints}
            facts += sorted(name for name in unknown if name)
    return requests


def may_be(request: dict[str, Any], constraints: list[Constraint]) -> bool:
    """Whether no constraint is broken, as far as the facts that it asks for have values."""
    return all(missing(request, constraint) or constraint.test(request) for constraint in constraints)


def missing(request: dict[str, Any], constraint: Constraint) -> str | None:
    """The first fact that a constraint asks for and that has no value."""
    try:
        constraint.test(request)
    except KeyError as error:
        return str(error.args[0])
    return None


def seen(operation: Operation, space: Space, request: dict[str, Any], told: dict[int, Any]) -> Any:
    """What a consumer sees of the answer; None where the operation does not take the request.

    `told` are denials as they are seen, by their identity.
    """
    facts = space.view(operation, request)
    if operation.when and not operation.when.passes(facts):
        return None
    refused_by = first_failing(operation.rules, facts)
    return told[id(refused_by.deny)] if refused_by else operation.accept


def test_a_conflict_names_what_cannot_be_together() -> None:
    """The reason of an equivalent mutant lists the constraints in the way, and no others."""
    asked = [
        Constraint("a is 1", lambda facts: facts["a"] == 1),
        Constraint("c is 1", lambda facts: facts["c"] == 1),
        Constraint("b is 2", lambda facts: facts["b"] == 2),
    ]

    def tied(fact: str) -> list[Constraint]:
        return [Always("a and b are the same", lambda facts: facts["a"] == facts["b"])] if fact in {"a", "b"} else []

    found = Search(lambda _: [1, 2, 3], tied).solve(asked)
    assert isinstance(found, Conflict)
    assert found.reason == "no request for which a is 1 and b is 2; a and b are the same"


def test_a_search_jumps_back_over_facts_without_a_part_in_a_conflict() -> None:
    """Twenty facts that do not matter do not multiply the work."""
    asked = [
        Constraint("one", lambda facts: facts["a"] is not None),
        *(Constraint(f"any {at}", lambda facts, at=at: facts[f"x{at}"] is not None) for at in range(20)),  # type: ignore[misc]
        Constraint("none", lambda facts: facts["a"] == facts["z"] == 0),
    ]
    assert isinstance(Search(lambda _: [1, 2, 3], lambda _: [], limit=500).solve(asked), Conflict)


def test_what_is_called_possible_is_asked_for() -> None:
    """The search gives values to facts that its constraints ask for, and to no others."""
    policy = POLICIES["genesys-cloud"]
    operation = policy.operations["get-call"]
    head = baselines("genesys-cloud")["get-call"]
    space = Space([operation], [], RealValues(head.facts, operation))
    found = search(space).solve([Constraint("", lambda facts: facts["token.rate_limit"] == "spent")])
    assert not isinstance(found, Conflict)
    assert set(found) == {"token.rate_limit", "request.scheme", "token.status"}
