"""Replay without HTTP says the same as Pact's own verifier, and names the rule that refused."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outdial.pact_files import Interaction, State, read_interaction
from outdial.provider import Policy
from outdial.provider.policy import Shape
from outdial.replay.replay import OtherReason, refused_for_another_reason, replay
from outdial.replay.request import NotReplayable
from outdial.verification.verify import verify
from tests.committed import interactions, policies, stub_here
from tests.served import served

LIKE = {"combine": "AND", "matchers": [{"match": "type"}]}
RULES = [
    {"match": "regex", "regex": "App .* scope .*"},
    {"match": "type"},
    {"match": "regex", "regex": "^App"},
    {"match": "regex", "regex": "scope"},
    {"match": "equality"},
]
FAILING = RULES[2:]


def row(case_id: str) -> Interaction:
    """One committed interaction."""
    return next(each for each in interactions() if each.case_id == case_id)


def with_rules(rules: Mapping[str, Any], name: str = "changed") -> Interaction:
    """An interaction with other matching rules for the answer's body."""
    interaction = row("genesys-cloud/get_call/no-scope-to-read")
    content = {"code": interaction.expected_code, "message": "App"}
    body = {"content": content, "contentType": "application/json", "encoded": False}
    response = {**interaction.source["response"], "body": body, "matchingRules": {"body": rules}}
    source = {**interaction.source, "response": response, "key": name}
    where = {name: getattr(interaction, name) for name in ("pact", "consumer", "provider", "metadata")}
    return read_interaction(source, **where)


def test_replay_agrees_with_the_verifier_on_every_committed_interaction_and_matching_rule() -> None:
    """Over HTTP and without it; a regular expression must match the whole text, equality and type the example."""
    changed = [
        with_rules({"$": LIKE, "$.message": {"combine": "AND", "matchers": [rule]}}, f"rule {at}")
        for at, rule in enumerate(RULES)
    ]
    with served(policies()) as target:
        verified = [(each, result.passed) for each, result in verify([*interactions(), *changed], target)]
    stub = stub_here()
    assert [each.case_id for each, passed in verified if replay(each, *stub).passed != passed] == []
    failed = {each.case_id for each, passed in verified if not passed}
    assert failed == {f"rule {at}" for at, rule in enumerate(RULES) if rule in FAILING}


@pytest.mark.slow
def test_replay_agrees_with_the_verifier_on_faulty_providers() -> None:
    """For each of more than a hundred faulty policies, both fail the same interactions."""
    faulty = dict(faulty_policies())
    assert len(faulty) > 100
    asked = [each for at, (name, policy) in enumerate(faulty.items()) for each in sample(policy.provider, name, at)]
    with served(faulty) as target:
        verified = {(each.provider, each.case_id): result.passed for each, result in verify(asked, target)}
    stub = stub_here(**faulty)
    replayed = {(each.provider, each.case_id): replay(each, *stub).passed for each in asked}
    assert {name: (replayed[name], verified[name]) for name in verified if replayed[name] != verified[name]} == {}
    assert 0.1 < sum(replayed.values()) / len(replayed) < 0.9, "the sample shows both outcomes"


def faulty_policies() -> Iterator[tuple[str, Policy]]:
    """Every policy with its shape changed in one place, by a name as prefix; faults in rules are with the mutants."""
    for provider, policy in policies().items():
        for at, shape in enumerate(shapes(policy.shape)):
            yield f"{provider}-shape-{at}", policy.model_copy(update={"shape": shape})


def sample(provider: str, prefix: str, start: int) -> list[Interaction]:
    """An accepted and a refused row of a provider, others for each `start`, for the edition at a prefix."""
    own = [each for each in interactions() if each.provider == provider]
    both = ([each for each in own if (each.because is None) == accepted] for accepted in (True, False))
    chosen = [rows[start % len(rows)] for rows in both]
    return [replace(each, provider=prefix, pact=Path(prefix)) for each in chosen]


def shapes(shape: Shape) -> Iterator[Shape]:
    """The shape of a provider's answers, spoilt or varied in one place."""
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Type": "Application/JSON"},
        {"content-type": "application/json"},
        {"ININ-Correlation-Id": ""},
        {"X-Further": "1"},
    ):
        yield shape.model_copy(update={"headers": {**shape.headers, **headers}})
    fields = shape.refusal if isinstance(shape.refusal, dict) else {}  # one edition refuses in plain text
    for name in fields:
        rest = {key: value for key, value in fields.items() if key != name}
        yield shape.model_copy(update={"refusal": rest})
        for value in ("", 1, 1.5, True, None, [], ["text"], [1, 2], {}, {"a": "b"}):
            yield shape.model_copy(update={"refusal": {**fields, name: value}})
    for refusal in ({**fields, "further": 1}, [shape.refusal], "a text", "[]", "null", ""):
        yield shape.model_copy(update={"refusal": refusal})


def test_an_unknown_matcher_is_reported_and_never_passed_over() -> None:
    """A pact with a matching rule that replay does not know raises, so that it cannot count as honoured."""
    strange = with_rules({"$.code": {"combine": "AND", "matchers": [{"match": "date", "format": "yyyy"}]}})
    with pytest.raises(NotReplayable, match="'date'; known: equality, regex, type"):
        replay(strange, *stub_here())


def dropping(provider: str, operation: str, rule: str) -> Policy:
    """A policy without a rule of an operation."""
    policy = policies()[provider]
    whole = policy.operations[operation]
    rules = tuple(each for each in whole.rules if each.id != rule)
    operations = {**policy.operations, operation: whole.model_copy(update={"rules": rules})}
    return policy.model_copy(update={"operations": operations})


def test_replay_plays_a_pact_against_another_edition() -> None:
    """Another prefix is another edition: the same request, decided by its rules."""
    stub = stub_here(**{"genesys-cloud.other": dropping("genesys-cloud", "get-call", "known-conversation")})
    unknown = row("genesys-cloud/get_call/unknown-conversation")
    home, other = (replay(unknown, *stub, name) for name in (None, "genesys-cloud.other"))
    assert (home.status, home.passed, other.status, other.passed) == (404, True, 200, False)
    assert home.decision
    assert home.decision.refused_by
    assert home.decision.refused_by.id == "known-conversation"


def test_a_state_that_cannot_be_set_up_is_a_problem_of_the_row() -> None:
    """A mistake in a provider state fails its row, and says which state."""
    result = replay(replace(interactions()[0], states=(State("a dream", {}),)), *stub_here())
    assert (result.passed, result.status) == (False, None)
    assert "no provider state 'a dream'" in result.problems[0]


def test_every_refused_row_is_refused_by_the_rule_that_it_names_or_told() -> None:
    """No row is green for another reason than its `because`; a rule that is dropped is named with its row."""
    assert [each for each in interactions() if refused_for_another_reason(each, *stub_here())] == []
    login = dropping("genesys-cloud-login", "client-credentials", "enabled-client")
    stub = stub_here(**{"genesys-cloud-login": login})
    found = [*filter(None, (refused_for_another_reason(each, *stub) for each in interactions()))]
    assert found == [OtherReason("genesys-cloud-login/client_credentials/disabled-client", "enabled-client", None)]
