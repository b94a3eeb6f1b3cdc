"""Replay without HTTP says the same as Pact's own verifier, and names the rule that refused."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from outdial.pact_files import Interaction, State, read_interaction, read_interactions
from outdial.provider import Application, Policy, World
from outdial.provider.policy import Shape
from outdial.replay.replay import OtherReason, refused_for_another_reason, replay
from outdial.replay.request import NotReplayable
from outdial.verification.verify import verify
from provider_states import ProviderStates, StubProvider, load_policies
from tests.served import served

PACTS = Path(__file__).parent.parent / "pacts"
INTERACTIONS = read_interactions([PACTS])
POLICIES = load_policies()
LIKE = {"combine": "AND", "matchers": [{"match": "type"}]}


def application_of(policies: Mapping[str, Policy]) -> tuple[Application, ProviderStates]:
    """A stub of these policies in a world of its own."""
    application = Application(policies, World())
    return application, ProviderStates(StubProvider(application.world))


def test_replay_agrees_with_the_verifier_on_every_committed_interaction() -> None:
    """Every interaction is honoured by the stub, over HTTP and without it."""
    with served(POLICIES) as target:
        verified = {each.case_id: result.passed for each, result in verify(INTERACTIONS, target)}
    application, states = application_of(POLICIES)
    replayed = {each.case_id: replay(each, application, states).passed for each in INTERACTIONS}
    assert replayed == verified == dict.fromkeys(replayed, True)


@pytest.mark.slow
def test_replay_agrees_with_the_verifier_on_faulty_providers() -> None:
    """For each of more than a hundred faulty policies, both fail the same interactions."""
    faulty = dict(faulty_policies())
    assert len(faulty) > 100
    asked = [each for at, (name, policy) in enumerate(faulty.items()) for each in sample(policy.provider, name, at)]
    with served(faulty) as target:
        verified = {(each.provider, each.case_id): result.passed for each, result in verify(asked, target)}
    application, states = application_of(faulty)
    replayed = {(each.provider, each.case_id): replay(each, application, states).passed for each in asked}
    assert {name: (replayed[name], verified[name]) for name in verified if replayed[name] != verified[name]} == {}
    assert 0.1 < sum(replayed.values()) / len(replayed) < 0.9, "the sample shows both outcomes"


def faulty_policies() -> Iterator[tuple[str, Policy]]:
    """Every policy with its shape changed in one place, by a name as prefix; faults in rules are with the mutants."""
    for provider, policy in POLICIES.items():
        for at, shape in enumerate(shapes(provider)):
            yield f"{provider}-shape-{at}", policy.model_copy(update={"shape": shape})


def sample(provider: str, prefix: str, start: int) -> list[Interaction]:
    """An accepted and a refused row of a provider, others for each `start`, for the edition at a prefix."""
    own = [each for each in INTERACTIONS if each.provider == provider]
    both = ([each for each in own if (each.because is None) == accepted] for accepted in (True, False))
    chosen = [rows[start % len(rows)] for rows in both]
    return [replace(each, provider=prefix, pact=Path(prefix)) for each in chosen]


def shapes(provider: str) -> Iterator[Shape]:
    """The shape of a provider's answers, spoilt or varied in one place."""
    shape = POLICIES[provider].shape
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Type": "Application/JSON"},
        {"Content-Type": "application/problem+json"},
        {"content-type": "application/json"},
        {"ININ-Correlation-Id": "${correlation_id} and more"},
        {"ININ-Correlation-Id": ""},
        {"X-Further": "1"},
    ):
        yield shape.model_copy(update={"headers": {**shape.headers, **headers}})
    for name in shape.headers:
        rest = {key: value for key, value in shape.headers.items() if key != name}
        yield shape.model_copy(update={"headers": rest})
    fields = shape.refusal if isinstance(shape.refusal, dict) else {}  # one edition refuses in plain text
    for name in fields:
        rest = {key: value for key, value in fields.items() if key != name}
        yield shape.model_copy(update={"refusal": rest})
        for value in ("", 1, 1.5, True, None, [], ["text"], [1, 2], {}, {"a": "b"}):
            yield shape.model_copy(update={"refusal": {**fields, name: value}})
    for refusal in ({**fields, "further": 1}, [shape.refusal], "a text", "[]", "null", ""):
        yield shape.model_copy(update={"refusal": refusal})


def with_rules(interaction: Interaction, rules: Mapping[str, Any]) -> Interaction:
    """An interaction with other matching rules for the answer's body."""
    source = {**interaction.source, "response": {**interaction.source["response"], "matchingRules": {"body": rules}}}
    where = {name: getattr(interaction, name) for name in ("pact", "consumer", "provider", "metadata")}
    return read_interaction(source, **where)


@pytest.mark.parametrize(
    "rule",
    [
        {"match": "regex", "regex": "App .* scope .*"},
        {"match": "regex", "regex": "^App"},
        {"match": "regex", "regex": "scope"},
        {"match": "equality"},
        {"match": "type"},
    ],
)
def test_replay_reads_a_matching_rule_as_the_verifier_does(rule: dict[str, str]) -> None:
    """A regular expression must match the whole text; equality and type compare with the example."""
    (interaction,) = [each for each in INTERACTIONS if each.case_id == "genesys-cloud/get_call/no-scope-to-read"]
    changed = with_rules(interaction, {"$": LIKE, "$.message": {"combine": "AND", "matchers": [rule]}})
    with served(POLICIES) as target:
        ((_, verified),) = verify([changed], target)
    assert replay(changed, *application_of(POLICIES)).passed == verified.passed


def test_an_unknown_matcher_is_reported_and_never_passed_over() -> None:
    """A pact with a matching rule that replay does not know raises, so that it cannot count as honoured."""
    (interaction,) = [each for each in INTERACTIONS if each.case_id == "genesys-cloud/get_call/no-scope-to-read"]
    rule = {"combine": "AND", "matchers": [{"match": "date", "format": "yyyy"}]}
    strange = with_rules(interaction, {"$.code": rule})
    application, states = application_of(POLICIES)
    with pytest.raises(NotReplayable, match="'date'; known: equality, regex, type"):
        replay(strange, application, states)


def test_replay_plays_a_pact_against_another_edition() -> None:
    """Another prefix is another edition: the same request, decided by its rules."""
    changed = POLICIES["genesys-cloud"].operations["get-call"]
    operations = {"get-call": changed.model_copy(update={"rules": changed.rules[:-1]})}
    edition = POLICIES["genesys-cloud"].model_copy(update={"operations": operations})
    application, states = application_of({**POLICIES, "genesys-cloud.other": edition})
    (interaction,) = [each for each in INTERACTIONS if each.case_id == "genesys-cloud/get_call/unknown-conversation"]
    home, other = (replay(interaction, application, states, name) for name in (None, "genesys-cloud.other"))
    assert (home.status, home.passed) == (404, True)
    assert home.decision
    assert home.decision.refused_by
    assert home.decision.refused_by.id == "known-conversation"
    assert (other.status, other.passed) == (200, False)
    assert other.decision
    assert other.decision.accepted


def test_a_state_that_cannot_be_set_up_is_a_problem_of_the_row() -> None:
    """A mistake in a provider state fails its row, and says which state."""
    strange = replace(INTERACTIONS[0], states=(State("a dream", {}),))
    application, states = application_of(POLICIES)
    result = replay(strange, application, states)
    assert not result.passed
    assert result.status is None
    assert "no provider state 'a dream'" in result.problems[0]


def test_every_refused_row_is_refused_by_the_rule_that_it_names() -> None:
    """No row is green for another reason than its `because` at the provider that it is written for."""
    stub = application_of(POLICIES)
    assert [each for each in INTERACTIONS if refused_for_another_reason(each, *stub)] == []


def test_a_row_that_is_refused_for_another_reason_is_named() -> None:
    """A rule that is dropped is named with the row that was written for it."""
    login = POLICIES["genesys-cloud-login"]
    operation = login.operations["client-credentials"]
    rules = tuple(rule for rule in operation.rules if rule.id != "enabled-client")
    changed = {**login.operations, "client-credentials": operation.model_copy(update={"rules": rules})}
    policies = {**POLICIES, login.provider: login.model_copy(update={"operations": changed})}
    application, states = application_of(policies)
    found = [*filter(None, (refused_for_another_reason(each, application, states) for each in INTERACTIONS))]
    assert found == [OtherReason("genesys-cloud-login/client_credentials/disabled-client", "enabled-client", None)]
