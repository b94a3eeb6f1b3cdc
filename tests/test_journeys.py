"""Journeys: what needs two requests, played by the consumer's clients; each fails for a fault that it is there for."""

import json
import re
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest

import outdial.provider.request_facts
from outdial.documents import DocumentError
from outdial.generation.clients import CLIENTS
from outdial.generation.journeys import JourneyResult, NoAnswer, Places, play
from outdial.provider import Answer, Application, Call, Policy, World
from outdial.provider.policy import Operation
from outdial.provider.request_facts import RequestFacts
from outdial.provider.world import Record
from outdial.tables.journey import JOURNEYS, Journey, load_journeys
from outdial.verification.stub_process import RunningStub
from outdial.verification.target import Target
from provider_states import load_policies
from tests.conftest import ROOT, Run
from tests.raw_provider import http, sending
from tests.served import served
from tests.table_files import copy_policies, edit

ALL = {each.case_id: each for each in load_journeys(CLIENTS)}


def played(journey: Journey, target: Target) -> JourneyResult:
    """What comes of a journey at a provider that serves every edition below its name."""
    places = Places({each: target.url_of(each) for each in journey.providers}, target.state_url)
    return play(journey, places)


@pytest.mark.parametrize("case", ALL)
def test_every_journey_holds_against_a_stub_in_another_process(case: str, stub: RunningStub) -> None:
    """By its address alone, as any provider is played."""
    assert not (outcome := played(ALL[case], Target(stub.url, stub.state_url))).step, str(outcome)


# One fault of a provider at a time: what is edited in a policy, or done to the engine.
Patch = Callable[[pytest.MonkeyPatch], None]
LOGIN, CALLS, NICE = "genesys-cloud-login", "genesys-cloud", "nice-cxone"
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
            _, operation, facts, _ = about
            self._do(operation, facts, outdial.provider.application._Values(facts))
        return answer

    patch.setattr(Application, "_operate", operate)


def gives_the_same_again(patch: pytest.MonkeyPatch) -> None:
    """Ids and tokens are those of the first request for one."""
    patch.setattr(outdial.provider.application, "new_key", lambda form: f"the-only-{form}-that-there-is")


def knows_whom_it_let_in(patch: pytest.MonkeyPatch) -> None:
    """A token that was good for one operation is asked nothing more for any."""
    honest, known = Application._operate, set()

    def operate(self: Application, policy: Policy, operation: Operation, facts: RequestFacts, call: Call) -> Answer:
        token = call.authorization[1]
        rules = () if token in known else operation.rules
        answer = honest(self, policy, operation.model_copy(update={"rules": rules}), facts, call)
        if not answer.code:
            known.add(token)
        return answer

    patch.setattr(Application, "_operate", operate)


def grants_more(attribute: str, granted: Any) -> Patch:
    """A token that is made has something more than who asked for it."""

    def fault(patch: pytest.MonkeyPatch) -> None:
        honest = World.add

        def add(self: World, kind: str, key: Any, record: Record) -> None:
            more = {attribute: record[attribute] | {granted}} if kind == "token" else {}
            honest(self, kind, key, {**record, **more})

        patch.setattr(World, "add", add)

    return fault


def looks_once(patch: pytest.MonkeyPatch) -> None:
    """A poll is answered with what there is at its beginning, at its end."""
    honest = Application.answer

    def answer(self: Application, call: Call) -> Answer:
        said = honest(self, call)
        return replace(said, wait=0.0) if said.wait else said

    patch.setattr(Application, "answer", answer)


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
    f"{CALLS}/journey/user-logs-in-and-calls: call": (
        LOGIN, 'user: "${code.user}", scopes: "${client.scopes}"', "scopes: []",
    ),
    f"{CALLS}/journey/expired-token-is-refreshed: refused": (
        CALLS, "none_of: [expired, revoked]", "none_of: [revoked]",
    ),
    f"{CALLS}/journey/revoked-token-reads-nothing: not_placed": (
        CALLS, "none_of: [expired, revoked]", "none_of: [expired]",
    ),
    f"{CALLS}/journey/division-decides-for-each-agent: not_placed": (
        CALLS,
        "any_of: [conversation:agentlessCall:add, conversation:call:add]\n        division_of: agent",
        "any_of: [conversation:agentlessCall:add, conversation:call:add]",
    ),
    f"{CALLS}/journey/own-calls-are-told-apart: second_call": (gives_the_same_again, "", ""),
    f"{CALLS}/journey/reader-does-not-call: not_placed": (knows_whom_it_let_in, "", ""),
    f"{CALLS}/journey/application-has-its-own-permissions: not_placed": (grants_more("permissions", ("conversation:call:add", "home")), "", ""),
    f"{CALLS}/journey/code-token-is-the-users: not_placed": (grants_more("scopes", "conversations"), "", ""),
    f"{CALLS}/journey/verifier-token-is-the-users: not_for_another": (grants_more("permissions", ("conversation:call:add", "home")), "", ""),
    f"{CALLS}/journey/refreshed-token-is-the-users: next_token": (
        LOGIN, 'fields: {client: "${client.id}", user: "${code.user}"}', "fields: {}",
    ),
    f"{CALLS}/journey/saml-token-is-the-users: call": (
        LOGIN, 'grant: saml2_bearer, user: "${code.user}"', "grant: saml2_bearer",
    ),
    f"{LOGIN}/journey/refused-refresh-and-verifier-are-not-spent: refreshed": (acts_in_spite_of_a_refusal, "", ""),
    f"{LOGIN}/journey/code-is-used-once: again (with another status)": (
        LOGIN, "&invalid-code {status: 400", "&invalid-code {status: 401",
    ),
    f"{LOGIN}/journey/code-is-used-once: again (with another code)": (
        LOGIN, "&invalid-code {status: 400, code: invalid_grant", "&invalid-code {status: 400, code: invalid_client",
    ),
    f"{LOGIN}/journey/code-is-used-once: again": (LOGIN, "changes: {code: {status: used}}", "changes: {}"),
    f"{LOGIN}/journey/code-with-verifier-is-used-once: again": (
        LOGIN, "changes: {code: {status: used}}", "changes: {}",
    ),
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
    "nice-cxone/journey/dial-in-a-session: dialing": (NICE, "Status: Dialing", "Status: Ringing"),
    "nice-cxone/journey/dial-in-a-session: active": (
        NICE, 'ContactID: "${contact.id}", Status: Active', 'ContactID: "${token.user}", Status: Active',
    ),
    "nice-cxone/journey/dial-in-a-session: no_event_afterwards": (
        NICE, "changes: {agent_session: {status: ended}}", "changes: {}",
    ),
    "nice-cxone/journey/refused-dial-leaves-no-call: nothing": (acts_in_spite_of_a_refusal, "", ""),
    "nice-cxone/journey/failed-calls-are-told: failed": (NICE, "Status: Disconnected", "Status: Active"),
    "nice-cxone/journey/late-event-ends-a-poll: active": (looks_once, "", ""),
    "nice-cxone/journey/refused-to-others: told": (acts_in_spite_of_a_refusal, "", ""),
    "nice-cxone/journey/sessions-are-the-users: second_session": (gives_the_same_again, "", ""),
    "nice-cxone-login/journey/code-refreshes: refreshed_again": (gives_the_same_again, "", ""),
    "nice-cxone-login/journey/code-is-used-once: token": (acts_in_spite_of_a_refusal, "", ""),
    "nice-cxone-login/journey/code-is-used-once: again": (
        "nice-cxone-login", "changes: {code: {status: used}}", "changes: {}",
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
    case, _, step = name.partition(" (")[0].partition(": ")
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


@pytest.mark.parametrize("case", ["code-is-used-once", "refresh-token-is-used-once", "tokens-are-told-apart"])
def test_a_provider_that_repeats_secrets_gets_none_into_a_report(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal may say in its message all that was sent."""
    sent: list[str] = []

    def answer(_: Application, call: Call) -> Answer:
        sent.extend([*call.form.values(), *call.basic.values()])
        said = {"error": "invalid_grant", "error_description": f"not valid: {', '.join(sent)}"}
        return Answer(400, {"Content-Type": "application/json"}, json.dumps(said).encode())

    monkeypatch.setattr(Application, "answer", answer)
    with served(load_policies()) as target:
        outcome = played(ALL[f"genesys-cloud-login/journey/{case}"], target)
    assert "invalid_grant" in outcome.got
    assert "(secret)" in outcome.got
    shown = {"refresh_token", "authorization_code", "client_credentials", "https://outdial.example/callback"}
    secrets = [each for each in sent if len(each) > 36 and each not in shown]
    assert secrets
    assert not any(secret in str(outcome) for secret in secrets)


def test_journeys_are_played_after_the_rows_and_reported_with_them(run: Run, tmp_path: Path) -> None:
    """On the terminal, in the JSON and in the JUnit results; here nothing but journeys is selected."""
    files = ("--json", tmp_path / "results.json", "--junit", tmp_path / "results.xml")
    ended = run("verify", "-v", "-k", "journey/", *files)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert all(f"ok   {case} | " in ended.stdout for case in ALL)
    assert f"{len(ALL)} journeys played: {len(ALL)} hold, 0 do not" in ended.stdout
    assert {each["case"] for each in json.loads((tmp_path / "results.json").read_text())} == ALL.keys()
    cases = ElementTree.parse(tmp_path / "results.xml").iter("testcase")  # noqa: S314 - our own file
    assert {case.get("name") for case in cases} == ALL.keys()


def test_a_provider_elsewhere_is_played_by_its_addresses(run: Run, stub: RunningStub, tmp_path: Path) -> None:
    """With that of its login host; without it, what needs two hosts is named, and is not played."""
    options = (
        "verify", ROOT / "pacts" / "outdial-genesys-cloud.json", "-k", "journey/", "-v", "--gate", "all",
        "--provider-url", f"{stub.url}/genesys-cloud", "--state-url", stub.state_url,
        "--json", tmp_path / "results.json", "--junit", tmp_path / "results.xml",
    )  # fmt: skip
    here = [journey for journey in ALL.values() if journey.provider == "genesys-cloud"]
    ended = run(*options, "--login-url", f"{stub.url}/genesys-cloud-login")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(here)} journeys played: {len(here)} hold, 0 do not" in ended.stdout
    alone = run(*options)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    for journey in here:
        assert (f"ok   {journey.case_id}" in alone.stdout) == (journey.providers == {"genesys-cloud"})
        assert (f"not played: {journey.case_id}" in alone.stdout) == (len(journey.providers) > 1)


@pytest.mark.parametrize(("gate", "code"), [("all", 1), ("published", 0)])
def test_a_step_that_does_not_hold_decides_by_its_basis(gate: str, code: int, run: Run, tmp_path: Path) -> None:
    """A provider that keeps codes usable breaks what is assumed; where only published steps gate, that is observed."""
    policies = copy_policies(tmp_path)
    edit(policies / "genesys-cloud-login.yaml", "changes: {code: {status: used}}", "changes: {}")
    results = {each: tmp_path / f"{each}.json" for each in ("json", "observed")}
    ended = run(
        "verify", ROOT / "pacts" / "outdial-genesys-cloud-login.json", "-k", "code-is-used-once or client_credentials/accepted",
        "--policies", policies, "--gate", gate, "--json", results["json"], "--junit", tmp_path / "results.xml",
        "--observed", results["observed"],
    )  # fmt: skip
    case = "genesys-cloud-login/journey/code-is-used-once"
    assert ended.returncode == code, ended.stdout + ended.stderr
    (entry,) = [each for each in json.loads(results["json"].read_text()) if each["case"] == case]
    assert (entry["passed"], entry["step"], entry["got"]) == (False, "again", "accepted")
    if code:
        assert f"FAIL {case}" in ended.stdout
        assert "step     3 of 3: again" in ended.stdout
        assert "expected 400 invalid_grant (AuthenticationFailed)" in ended.stdout
        assert "got      accepted" in ended.stdout
        failure = ElementTree.parse(tmp_path / "results.xml").find(".//failure")  # noqa: S314 - our own file
        assert failure is not None
        assert "again" in str(failure.get("message"))
    else:
        assert f"{case} | assumed | again" in ended.stdout
        assert case in {each["case"] for each in json.loads(results["observed"].read_text())}


def test_a_provider_that_does_not_answer_stops_the_journeys() -> None:
    """Nobody waits for each step of each."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    nowhere = Target(url, f"{url}/provider-states")
    with pytest.raises(NoAnswer, match=re.escape(f"the state URL {nowhere.state_url} does not answer")):
        played(next(iter(ALL.values())), nowhere)


LINES_OF_A_STEP = 5
"""What is wrong with a whole step is told at its first line."""
JOURNEY = "genesys-cloud/placed-call-is-read.yaml"
MISTAKES = {
    "genesys-cloud: GenesysCloud}": ("genesys-cloud: GenesysClod}", "no client 'GenesysClod' - did you mean 'GenesysCloud'?"),
    "clients: {genesys-cloud:": ("clients: {genesys-clod:", "no provider 'genesys-clod' - did you mean 'genesys-cloud'?"),
    "state: an agent}": ("state: an agnt}", "no provider state 'an agnt' - did you mean 'an agent'?"),
    "grant: authorization_code": ("grant: authorisation_code", "did you mean 'authorization_code'?"),
    "operation: get_call": ("operation: get_cal", "GenesysCloud has no operation 'get_cal' - did you mean 'get_call'?"),
    "conversation_id:": ("conversationId:", "get_call takes no argument 'conversationId' - did you mean 'conversation_id'?"),
    "request: {phoneNumber:": ("request: {phoneNumbr:", "phoneNumbr"),
    "gives: {id:": ("gives: {idd:", "the result has no attribute 'idd' - did you mean 'id'?"),
    "participants.*.user.id": ("participants.*.usr.id", "the result has no attribute 'participants.*.usr.id' - did you mean 'user'?"),
    "${agent.agentId}": ("${agent.agntId}", "nothing fills ${agent.agntId} - did you mean 'agent.agentId'?"),
    "${call.id}": ("${second_call_read.id}", "nothing fills ${second_call_read.id}"),
    "name: another_agent": ("name: agent", "step 'agent' stands twice"),
    "gives: {id: {not:": ("expect: divison\n    gives: {id: {not:", "a refused step gives nothing"),
    "permission: conversation:call:add}": ("permission: conversation:cal:add}", "did you mean 'conversation:call:add'?"),
    "operation: getConversationsCall,": ("operation: getConversationCall,", "did you mean 'getConversationsCall'?"),
    "token: ${user.accessToken}": ("tokn: ${user.accessToken}", "unknown key 'tokn' - did you mean 'token'?"),
}  # fmt: skip


@pytest.mark.parametrize("right", MISTAKES)
def test_a_misspelt_name_is_told_with_its_line_and_the_nearest(right: str, tmp_path: Path) -> None:
    """When the file is read; nothing is played."""
    wrong, said = MISTAKES[right]
    copied = Path(shutil.copytree(JOURNEYS, tmp_path / "journeys"))
    edit(copied / JOURNEY, right, wrong)
    text = (copied / JOURNEY).read_text()
    line = text[: text.index(wrong.rpartition("\n")[0] or wrong)].count("\n") + 1
    with pytest.raises(DocumentError) as raised:
        load_journeys(CLIENTS, copied)
    assert said in str(raised.value)
    told = [int(each.partition(f"{JOURNEY}:")[2].partition(":")[0]) for each in raised.value.problems]
    assert any(line - LINES_OF_A_STEP <= each <= line + 1 for each in told), (line, str(raised.value))


def test_the_readme_shows_a_journey_that_exists() -> None:
    """Its steps are those of the file whose failure it shows."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    (steps,) = re.findall(r"```yaml\n(steps:\n.*?)```", page, re.DOTALL)
    assert steps in (JOURNEYS / "genesys-cloud-login" / "code-is-used-once.yaml").read_text(encoding="utf-8")


def test_check_reads_journeys_too(run: Run, tmp_path: Path) -> None:
    """With every other file that people write."""
    copied = Path(shutil.copytree(JOURNEYS, tmp_path / "journeys"))
    edit(copied / JOURNEY, "operation: get_call", "operation: get_cal")
    ended = run("check", "--journeys", copied)
    assert ended.returncode == 4
    assert f"{JOURNEY}:" in ended.stderr
    assert "did you mean 'get_call'?" in ended.stderr


def test_a_state_url_that_fails_or_hangs_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the provider that is wrong, and nobody waits for it for long."""
    monkeypatch.setattr("outdial.generation.journeys.STATE_SECONDS", 0.2)
    journey = ALL["genesys-cloud/journey/placed-call-is-read"]
    released = Event()

    def answer(path: str, _body: bytes) -> bytes:
        if path == "/nested":
            return http("[" * 100_000)
        return http("{}", "500 Failed") if path == "/fails" or released.wait(9) else b""

    began = monotonic()
    with sending(answer) as url:
        urls = dict.fromkeys(journey.providers, url)
        assert played(journey, Target(url, f"{url}/nested")).got.startswith("200 [[["), "a step that does not hold"
        with pytest.raises(NoAnswer, match=re.escape(f"the state URL {url}/fails answers 500 to ")):
            play(journey, Places(urls, f"{url}/fails"))
        with pytest.raises(NoAnswer, match=re.escape(f"the state URL {url}/hangs does not answer: ReadTimeout")):
            play(journey, Places(urls, f"{url}/hangs"))
        released.set()
    assert monotonic() - began < 8


@pytest.mark.parametrize(("token", "told"), [("tkn-zz", "(secret)"), (" ", "status 403")])
def test_a_token_that_was_issued_is_not_repeated(token: str, told: str) -> None:
    """However short it is; one that is blank is in every text, and takes no blank out of what is told."""
    issued = {"access_token": token, "token_type": "bearer", "expires_in": 9, "refresh_token": "an-rt-zz"}
    answers = iter(
        [http(json.dumps(issued)), http(json.dumps(FORBIDDEN | {"message": f"not {token} status 403"}), "403 No")]
    )
    journey = ALL["genesys-cloud/journey/application-calls-and-reads"]
    returned = {"agentId": "a", "clientId": "c", "clientSecret": "a-cs-zz"}

    def answer(path: str, _body: bytes) -> bytes:
        return http(json.dumps(returned)) if path == "/states" else next(answers)

    with sending(answer) as url:
        outcome = play(journey, Places(dict.fromkeys(journey.providers, url), f"{url}/states"))
    assert told in outcome.got, outcome.got
    assert "tkn-zz" not in str(outcome)


FORBIDDEN = {"code": "not.authorized", "status": 403, "contextId": "c", "details": [], "errors": []}


def test_check_is_not_green_on_no_journeys_and_those_of_nobody(run: Run, tmp_path: Path) -> None:
    """An empty folder, and a consumer that no table has, whose journeys nothing would play."""
    (tmp_path / "empty").mkdir()
    ended = run("check", "--journeys", tmp_path / "empty")
    assert (ended.returncode, ended.stdout) == (4, "")
    assert "empty: no journey here; expected <provider>/<journey>.yaml" in ended.stderr
    copied = Path(shutil.copytree(JOURNEYS, tmp_path / "journeys"))
    edit(copied / JOURNEY, "consumer: outdial", "consumer: outdail")
    ended = run("check", "--journeys", copied)
    assert ended.returncode == 4
    assert f"{JOURNEY}: consumer: genesys-cloud has none 'outdail' - did you mean 'outdial'?" in ended.stderr
