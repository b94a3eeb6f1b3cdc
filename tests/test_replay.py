"""Replay without HTTP says the same as Pact's own verifier, and names the rule that refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from outdial.pact_files import Interaction, State, read_interaction
from outdial.provider import Policy
from outdial.replay.replay import replay
from outdial.replay.request import NotReplayable
from outdial.verification.reasons import Reasons
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
    home, other = (replay(replace(unknown, provider=name), *stub) for name in ("genesys-cloud", "genesys-cloud.other"))
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
    ours = Reasons(policies())
    assert [each.case_id for each in interactions() if ours.problem(each)] == []
    login = dropping("genesys-cloud-login", "client-credentials", "enabled-client")
    theirs = Reasons({**policies(), "genesys-cloud-login": login})
    found = {each.case_id: problem for each in interactions() if (problem := theirs.problem(each))}
    assert found.keys() == {"genesys-cloud-login/client_credentials/disabled-client"}
    assert "says `because: enabled-client`" in str(found)
    assert "is refused by no rule" in str(found)
