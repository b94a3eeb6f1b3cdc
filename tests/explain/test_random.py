"""Random requests in random worlds: what is said of them is what the engine says, of every completion."""

import json
import os
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outdial.explain.case import Case
from outdial.explain.changed import Changed
from outdial.explain.changes import facts_set, smallest_changes, steps_for
from outdial.explain.evidence import narrowed
from outdial.explain.facts import SETS, Ground, Knowledge, View, names_of
from outdial.explain.request import FORM, JSON, Request
from outdial.provider.facts import known_names
from outdial.provider.policy import Operation
from tests.explain.played import play
from tests.strength.editions import POLICIES

EXAMPLES = int(os.environ.get("EXAMPLES", "12"))
MOST = 400
"""Completions that are all played; a larger space is sampled by the next example."""
OPERATIONS = [(provider, name) for provider, policy in POLICIES.items() for name in policy.operations]
OF_THE_REQUEST = ("request.scheme", "request.media_type", "request.body", "request.bytes", "basic.id")
TEXTS = ("+13175550142", "12345", "{{placeholder}}", "0b1f0000-0000-4000-8000-000000000001", "<TOKEN>")


class Asked(Exception):
    """A fact has no value yet."""


class Lazily:
    """Values of facts: those chosen, and those known; asking for another one tells which."""

    def __init__(self, ground: Ground, chosen: dict[str, Any]) -> None:
        self._ground = ground
        self._chosen = chosen

    def __getitem__(self, fact: str) -> Any:
        if fact in self._chosen:
            return self._chosen[fact]
        possible = self._ground.possible(fact)
        if possible is None or len(possible) != 1:
            raise Asked(fact)
        return possible[0]


def completions(case: Case, chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every way to fill in what is not known and is asked for by guards and rules, whatever comes of it."""
    ground = case.ground
    values = Lazily(ground, chosen)
    try:
        for operation in case.endpoint:
            if operation.when is not None:
                operation.when.passes(View(ground, values))
        for rule in ground.operation.rules:
            view = View(ground, values, rule)
            if rule.applies(view):
                rule.holds(view)
    except Asked as asked:
        (fact,) = asked.args
        possible = ground.possible(fact)
        for value in ground.domain(fact) if possible is None else possible:
            yield from completions(case, {**chosen, fact: value})
        return
    yield chosen


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, Case]:
    """A request to some operation, of which some is known."""
    provider, name = draw(st.sampled_from(OPERATIONS))
    operation = POLICIES[provider].operations[name]
    sent = draw(requests(operation))
    ground = Ground(operation, Knowledge(sent), {})
    said: dict[str, tuple[Any, ...]] = {}
    complete = set()
    for fact in facts_of(ground):
        holder = fact.partition(":")[0]
        if draw(st.integers(0, 9)) < 8:
            said[fact] = (draw(st.sampled_from(ground.domain(fact))),)
            if ":" in fact and draw(st.booleans()):
                complete.add(holder)
    steps = {each: draw(st.sampled_from(TEXTS)) for each in re.findall(r"\{(\w+)\}", operation.path)}
    endpoint = [each for each in POLICIES[provider].operations.values() if each.request == operation.request]
    return provider, Case(Ground(operation, Knowledge(sent, said, frozenset(complete)), steps), endpoint)


def facts_of(ground: Ground) -> list[str]:
    """Every fact of records that rules can ask for."""
    holders = ["token", "agent", *ground.subjects]
    names = sorted({name for rule in ground.operation.rules for name in names_of(rule) if "." not in name})
    sets = [f"{holder}.{kind}:{name}" for holder in holders for kind in SETS for name in names]
    known = known_names(ground.subjects, ground.operation.kinds)
    known = [each for each in known if not each.endswith((*SETS, ".id")) and not each.startswith("request.")]
    return list(dict.fromkeys([*known, *sets, *ground.compared]))


@st.composite
def requests(draw: st.DrawFn, operation: Operation) -> Request:
    """A request that is more or less what the operation takes."""
    ground = Ground(operation, Knowledge(Request("GET", "/")), {})
    wanted = [fact for rule in operation.rules for fact in rule.candidates() if fact.startswith(("body.", "form."))]
    wanted += [by for _, by in operation.subjects.values() if by.startswith(("body.", "form."))]
    is_form = any(fact.startswith("form.") for fact in wanted)
    body: dict[str, Any] = {}
    for fact in sorted(set(wanted)):
        if draw(st.integers(0, 3)) == 0:
            put(body, fact.removesuffix(".s256").split(".")[1:], draw(st.sampled_from((*ground.listed(fact), *TEXTS))))
    if draw(st.integers(0, 3)) == 0:
        body["nobody-knows-this"] = {"a": 1}
    text = "&".join(f"{name}={value}" for name, value in body.items()) if is_form else json.dumps(body)
    text = draw(st.sampled_from([text, text, text, text, "", "{", "[1]", "{{body}}"]))
    usual = FORM if is_form else JSON
    headers = {"Content-Type": draw(st.sampled_from([usual, usual, usual, JSON, FORM, "text/plain"]))}
    scheme = draw(st.sampled_from(["Bearer <TOKEN>", "Bearer <TOKEN>", "Basic aWQ6c2VjcmV0", "Digest x", ""]))
    headers |= {"Authorization": scheme} if scheme else {}
    headers |= {name: draw(st.sampled_from(TEXTS)) for name in ground.fields["header"] if draw(st.booleans())}
    hidden = frozenset({"authorization"}) if draw(st.integers(0, 9)) == 0 and not scheme else frozenset()
    return Request(operation.method, operation.path, tuple(headers.items()), text.encode(), hidden)


def put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    """Set a field, in objects of its own where its name has several steps."""
    for step in steps[:-1]:
        inner = target.get(step)
        target[step] = target = inner if isinstance(inner, dict) else {}
    target[steps[-1]] = value


random_cases = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@random_cases
@given(cases())
def test_each_change_is_accepted_by_the_engine_and_no_step_can_be_left_out(drawn: tuple[str, Case]) -> None:
    """Accepted is what the application answers in a world where it is so; a step left out is refused in any world."""
    provider, case = drawn
    found = smallest_changes(case)
    for change in found:
        decision = play(Changed(change.case, change.solution), POLICIES[provider]).decision
        assert decision is not None
        assert (decision.accepted, decision.operation) == (True, case.ground.operation.name)
        for left_out in change.steps:
            rest = tuple(step for step in change.steps if step != left_out)
            changed = case.changed(facts_set(rest))
            assert not changed.can(changed.accepted), f"{left_out.text!r} can be left out"


@random_cases
@given(cases(), st.data())
def test_a_change_mends_the_rule_that_a_response_names(drawn: tuple[str, Case], data: st.DataObject) -> None:
    """What is learned from a refusal is that its rule refuses; so every change makes that rule hold."""
    _, case = drawn
    able = [rule for rule in case.rules if case.can([*case.reached, case.fails([rule])])]
    if not able:
        return
    rule = data.draw(st.sampled_from(able))
    facts, wrong = narrowed(case, [rule])
    if wrong:
        return
    ground = case.ground
    steps = {name: str(ground.possible(f"path.{name}")[0]) for name in re.findall(r"\{(\w+)\}", ground.operation.path)}  # type: ignore[index]
    learned = Case(Ground(ground.operation, ground.knowledge.learned(facts), steps), case.endpoint)
    for change in smallest_changes(learned):
        assert change.steps or learned.can([learned.holds(rule)])
        changed = change.case.changed(facts_set(change.steps) | change.solution)
        assert changed.can([changed.holds(rule)])


@random_cases
@given(cases())
def test_no_change_is_cheaper(drawn: tuple[str, Case]) -> None:
    """Every set of levers that costs less is tried, and all are refused."""
    _, case = drawn
    found = smallest_changes(case)
    limit = found[0].cost if found else None
    ground = case.ground
    fields = [f"{part}.{name}" for part in ("body", "form", "header") for name in ground.fields[part]]
    facts = [*facts_of(ground), *fields, *(fact for field in fields for fact in ground.inside(field)), *OF_THE_REQUEST]
    every = {step for fact in dict.fromkeys(facts) for step in steps_for(fact, ground)}
    for size in range(4 if len(every) < 12 else 3):
        for some in combinations(sorted(every, key=lambda step: (step.cost, step.text, str(step.sets))), size):
            values = facts_set(some)
            coherent = all(values[fact] == value for step in some for fact, value in step.sets)
            if coherent and (limit is None or sum(step.cost for step in some) < limit):
                changed = case.changed(values)
                assert not changed.can(changed.accepted), [step.text for step in some]


@random_cases
@given(cases())
def test_the_verdict_agrees_with_every_completion(drawn: tuple[str, Case]) -> None:
    """All accepted, all refused, or some of each: as the application answers them."""
    provider, case = drawn
    if not case.can(case.reached):
        return
    played = []
    for count, chosen in enumerate(completions(case, {})):
        if count == MOST:
            return
        decision = play(Changed(case.changed(chosen), {}), POLICIES[provider]).decision
        if decision is not None and decision.operation == case.ground.operation.name:
            played.append(decision.accepted)
    if played:
        assert case.verdict is (played[0] if len(set(played)) == 1 else None)
