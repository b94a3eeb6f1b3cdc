"""Journeys: what needs two requests, played by the consumer's clients; each fails for a fault that it is there for."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest

import provider_stub.application
from consumer_tests.clients import CLIENTS
from consumer_tests.journeys import NoAnswer, Outcome, Places, play
from contracts.journey import JOURNEYS, Journey, load_journeys
from provider_states import load_policies
from provider_stub import Answer, Application, Call
from tests.conftest import ROOT, Run
from tests.served import served
from tests.table_files import copy_policies, edit
from verification.stub_process import RunningStub
from verification.target import Target
from yaml_documents import DocumentError

ALL = {each.case_id: each for each in load_journeys(CLIENTS)}
SECONDS = 60


def played(journey: Journey, target: Target) -> Outcome:
    """What comes of a journey at a provider that serves every edition below its name."""
    places = Places({each: target.url_of(each) for each in journey.providers}, target.state_url)
    return play(journey, places, monotonic() + SECONDS)


@pytest.mark.parametrize("case", ALL)
def test_every_journey_holds_against_a_stub_in_another_process(case: str, stub: RunningStub) -> None:
    """By its address alone, as any provider is played."""
    assert not (outcome := played(ALL[case], Target(stub.url, stub.state_url))).step, str(outcome)


# One fault of a provider at a time: what is edited in a policy, or done to the engine.
Patch = Callable[[pytest.MonkeyPatch], None]
LOGIN, CALLS = "genesys-cloud-login", "genesys-cloud"
IMPERSONATION, CAMPAIGN = "genesys-cloud.impersonation", "genesys-cloud.campaign-scope"
AGENT_OF_CALL = 'user: {id: "${conversation.agent}"}'


def reads_another_id(patch: pytest.MonkeyPatch) -> None:
    """`get_call` answers the id of some other call."""
    honest = Application.answer

    def answer(self: Application, call: Call) -> Answer:
        said = honest(self, call)
        if call.method == "GET" and said.status == 200:
            return replace(said, body=json.dumps({**json.loads(said.body), "id": str(uuid4())}).encode())
        return said

    patch.setattr(Application, "answer", answer)


def acts_in_spite_of_a_refusal(patch: pytest.MonkeyPatch) -> None:
    """What an accepted request does is done for a refused one too."""
    honest = Application._operate

    def operate(self: Application, *about: Any) -> Answer:
        answer = honest(self, *about)
        if answer.code:
            policy, operation, facts, _ = about
            self._do(operation, facts, provider_stub.application._Values(facts))
        return answer

    patch.setattr(Application, "_operate", operate)


def gives_the_same_again(patch: pytest.MonkeyPatch) -> None:
    """Ids and tokens are those of the first request for one."""
    patch.setattr(provider_stub.application, "new_key", lambda form: f"the-only-{form}-that-there-is")


FAULTS: Mapping[str, tuple[str | Patch, str, str]] = {
    f"{CALLS}/journey/placed-call-is-read: call_read": (reads_another_id, "", ""),
    f"{CALLS}/journey/placed-call-is-read: agent_of_the_call": (
        CALLS, AGENT_OF_CALL, "user: {id: \"${conversation.id}\"}",
    ),
    f"{CALLS}/journey/placed-call-is-read: second_call": (gives_the_same_again, "", ""),
    f"{CALLS}/journey/own-call-is-read: call_read": (reads_another_id, "", ""),
    f"{CALLS}/journey/own-call-is-read: user_of_the_call": (CALLS, AGENT_OF_CALL, "user: {}"),
    f"{CALLS}/journey/conversations-are-told-apart: first_read": (reads_another_id, "", ""),
    f"{CALLS}/journey/application-calls-and-reads: call": (
        LOGIN, 'permissions: "${client.permissions}"', "permissions: []",
    ),
    f"{CALLS}/journey/application-calls-and-reads: call_read": (reads_another_id, "", ""),
    f"{CALLS}/journey/user-logs-in-and-calls: call": (LOGIN, 'user: "${code.user}", scopes: "${client.scopes}"', "scopes: []"),
    f"{CALLS}/journey/expired-token-is-refreshed: refused": (CALLS, "none_of: [expired, revoked]", "none_of: [revoked]"),
    f"{CALLS}/journey/revoked-token-reads-nothing: not_placed": (
        CALLS, "none_of: [expired, revoked]", "none_of: [expired]",
    ),
    f"{CALLS}/journey/division-decides-for-each-agent: not_placed": (
        CALLS,
        "any_of: [conversation:agentlessCall:add, conversation:call:add]\n        division_of: agent",
        "any_of: [conversation:agentlessCall:add, conversation:call:add]",
    ),
    f"{LOGIN}/journey/code-is-used-once: again": (LOGIN, "changes: {code: {status: used}}", "changes: {}"),
    f"{LOGIN}/journey/code-with-verifier-is-used-once: again": (LOGIN, "changes: {code: {status: used}}", "changes: {}"),
    f"{LOGIN}/journey/refused-code-is-not-spent: token": (acts_in_spite_of_a_refusal, "", ""),
    f"{LOGIN}/journey/refresh-token-is-used-once: again": (LOGIN, "changes: {code: {status: revoked}}", "changes: {}"),
    f"{LOGIN}/journey/refresh-token-is-used-once: next_token": (gives_the_same_again, "", ""),
    f"{LOGIN}/journey/tokens-are-told-apart: second_token": (gives_the_same_again, "", ""),
    f"{IMPERSONATION}/journey/impersonate-then-call: call": (
        IMPERSONATION, 'grant: impersonation, user: "${agent.id}"', "grant: impersonation",
    ),
    f"{IMPERSONATION}/journey/jwt-bearer-then-call: call": (
        IMPERSONATION, 'grant: jwt_bearer, user: "${code.user}"', "grant: jwt_bearer",
    ),
    f"{CAMPAIGN}/journey/scope-had-then-call: call": (CAMPAIGN, 'scopes: "${client.scopes}"', "scopes: []"),
}  # fmt: skip


def test_every_journey_has_a_fault_that_it_is_there_for() -> None:
    """A journey that nothing could make fail would be of no use."""
    assert {name.partition(":")[0] for name in FAULTS} == ALL.keys()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_its_journey_at_the_step_that_shows_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is named with what was expected and given, and no token or secret with it."""
    fault, old, new = FAULTS[name]
    case, _, step = name.partition(": ")
    policies = copy_policies(tmp_path)
    if isinstance(fault, str):
        edit(policies / f"{fault}.yaml", old, new)
    else:
        fault(monkeypatch)
    given: list[str] = []
    honest = Application.answer

    def listening(self: Application, call: Call) -> Answer:
        given.append(call.authorization[1])
        return honest(self, call)

    monkeypatch.setattr(Application, "answer", listening)
    with served(load_policies(policies)) as target:
        outcome = played(ALL[case], target)
    told = str(outcome)
    assert outcome.step, told
    assert outcome.step.name == step, told
    assert outcome.expected
    assert outcome.got
    assert f"{case}.yaml".replace("/journey/", "/") in told
    assert not any(token in told for token in given if token), told
