"""The vocabulary is said once: a state is one file, a vendor a folder, and no Python knows either by name."""

import json
import shutil
from pathlib import Path
from textwrap import dedent

import pytest

from outdial.documents import DocumentError
from outdial.provider import Application, Call, World
from outdial.tables.vocabulary import FOLDER, States
from provider_states import BadState, ProviderStates, StubProvider, load_policies, record_kinds
from tests.table_files import edit

VOICEMAIL = """
name: a voicemail
meaning: A message that was left for an agent.
parameters:
  mood: [calm, angry]
  owner: {state: an agent, with: {station: none}}
makes:
  voicemail: {attributes: {mood: "${mood}", owner: "${owner.agentId}"}}
returns:
  voicemailId: {value: "${voicemail.id}", example: 00000000-0000-4000-8000-0000000000ff}
"""
"""A made-up state, whole."""

KIOSK_STATES = {
    "a kiosk key": """
name: a kiosk key
meaning: What a kiosk logs in with.
parameters: {secret: [right, wrong]}
fresh: [own, other]
makes:
  kiosk_key: {key: secret, attributes: {secret: "${own}"}}
returns:
  keyId: {value: "${kiosk_key.id}", example: EXAMPLE-NOT-A-KEY}
  keySecret: {value: {choose: "${secret}", from: {right: "${own}", wrong: "${other}"}}, example: EXAMPLE-NOT-A-SECRET}
""",
    "a kiosk session": """
name: a kiosk session
meaning: A session of a kiosk; `pending` are the events that nobody has asked for yet.
parameters:
  status: [live, ended]
  pending: list
impossible:
  - when: {status: ended, pending: {not: null}}
    says: an ended session has no events
makes:
  session: {attributes: {status: "${status}", events: "${pending}"}}
returns:
  sessionId: {value: "${session.id}", example: 00000000-0000-4000-8000-0000000000fe}
""",
}
QUESTION = """
kiosk:
  {asks: "Is it so?", matters: made up, meanwhile: made up, find_out: ask}
"""
KIOSK_POLICY = """
provider: kiosk
source: made up
shape: {refusal: {error: "${code}"}}
unknown_path: {status: 404, code: unknown, message: no such path}
rules:
  live-session:
    kind: condition
    fact: session.status
    any_of: [live]
    deny: {status: 409, code: ended, message: the session ended}
    basis: assumed
    source: {asks: "Is it so?"}
operations:
  log-in:
    request: POST /login
    summary: open a session
    finds: {kiosk_key: body.key}
    rules:
      - id: right-secret
        kind: same
        fact: body.secret
        as: kiosk_key.secret
        deny: {status: 401, code: denied, message: wrong secret}
        basis: assumed
        source: {asks: "Is it so?"}
    accept:
      status: 201
      creates: {session: {kind: session}}
      body: {id: "${session.id}"}
  ring:
    request: POST /sessions/{id}/ring
    summary: ring a bell
    finds: {session: path.id}
    rules: [live-session]
    accept:
      status: 202
      appends: {session: {events: [{item: {rang: "${body.bell}"}}]}}
  next-event:
    request: GET /sessions/{id}/events
    summary: the oldest event that nobody has asked for
    when: {fact: session.events, present: true}
    finds: {session: path.id}
    rules: [live-session]
    accept: {status: 200, takes: {event: session.events}, body: {session: "${session.id}", event: "${event}"}}
  no-event:
    request: GET /sessions/{id}/events
    summary: nothing happened
    finds: {session: path.id}
    rules: [live-session]
    accept: {status: 304, body: ""}
  end:
    request: DELETE /sessions/{id}
    summary: end a session
    finds: {session: path.id}
    rules: [live-session]
    accept: {status: 202, changes: {session: {status: ended}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The committed states, copied."""
    return Path(shutil.copytree(FOLDER, tmp_path / "states"))


def write(folder: Path, files: dict[str, str]) -> None:
    """A file for each text, by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.replace(' ', '-')}.yaml").write_text(text.lstrip())


def test_a_new_state_is_one_file(folder: Path) -> None:
    """Its parameters are checked, its record made, its values returned: ten lines of YAML and nothing else."""
    write(folder / "made-up", {"a voicemail": VOICEMAIL})
    states, world = States(folder), World()
    values = ProviderStates(StubProvider(world), states).set_up("a voicemail", {"mood": "angry"})
    voicemail = world.find("voicemail", values["voicemailId"])
    assert voicemail is not None
    owner = world.find("agent", voicemail["owner"])
    assert owner is not None
    assert (voicemail["mood"], owner["station"]) == ("angry", "none")
    assert record_kinds(states)["voicemail"].attributes["mood"].values == ("calm", "angry")
    assert states.examples["voicemailId"].endswith("ff")
    with pytest.raises(BadState, match="mood"):
        ProviderStates(StubProvider(world), states).set_up("a voicemail", {"mood": "agry"})


def test_a_new_vendor_is_a_folder_of_states_and_a_policy(folder: Path, tmp_path: Path) -> None:
    """Keys that are secrets, sessions with a queue, events that an accepted request leaves behind: all of it data."""
    write(folder / "kiosk", KIOSK_STATES)
    write(tmp_path / "policies", {"kiosk": KIOSK_POLICY})
    (tmp_path / "questions.yaml").write_text(QUESTION)
    states = States(folder)
    stub = Application(load_policies(tmp_path / "policies", states), World())
    arranged = ProviderStates(StubProvider(stub.world), states)

    def ask(method: str, path: str, **body: str) -> tuple[int, object]:
        headers = {"content-type": "application/json"}
        answer = stub.answer(Call(method, f"/kiosk{path}", headers, json.dumps(body).encode()))
        return answer.status, json.loads(answer.body or b"null")

    key, wrong = (arranged.set_up("a kiosk key", given) for given in ({}, {"secret": "wrong"}))
    assert ask("POST", "/login", key=wrong["keyId"], secret=wrong["keySecret"]) == (401, {"error": "denied"})
    status, made = ask("POST", "/login", key=key["keyId"], secret=key["keySecret"])
    assert status == 201
    assert isinstance(made, dict)
    session = f"/sessions/{made['id']}"
    assert ask("GET", f"{session}/events") == (304, None)
    assert [ask("POST", f"{session}/ring", bell=bell)[0] for bell in ("front", "back")] == [202, 202]
    events = [ask("GET", f"{session}/events") for _ in range(3)]
    assert events[:2] == [(200, {"session": made["id"], "event": {"rang": bell}}) for bell in ("front", "back")]
    assert events[2] == (304, None)
    assert [ask("DELETE", session)[0] for _ in range(2)] == [202, 409]
    assert ask("GET", f"{session}/events") == (409, {"error": "ended"})
    waiting = arranged.set_up("a kiosk session", {"pending": [{"rang": "side"}]})["sessionId"]
    assert ask("GET", f"/sessions/{waiting}/events") == (200, {"session": waiting, "event": {"rang": "side"}})


def test_the_secrets_of_a_new_vendor_are_in_no_trace(folder: Path, tmp_path: Path) -> None:
    """Which facts are secret follows from the states: keys of the form `secret`, and texts that are new each time."""
    write(folder / "kiosk", KIOSK_STATES)
    write(tmp_path / "policies", {"kiosk": KIOSK_POLICY})
    (tmp_path / "questions.yaml").write_text(QUESTION)
    states = States(folder)
    stub = Application(load_policies(tmp_path / "policies", states), World())
    key = ProviderStates(StubProvider(stub.world), states).set_up("a kiosk key", {})
    body = json.dumps({"key": key["keyId"], "secret": key["keySecret"]}).encode()
    decision = stub.answer(Call("POST", "/kiosk/login", {"content-type": "application/json"}, body)).decision
    assert decision is not None
    assert decision.accepted
    assert key["keySecret"] not in str(decision.trace)


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "said"),
    [
        ("oauth/an-access-token", "grant: client_credentials, user:", "grnt: client_credentials, user:", "grnt:", "no parameter 'grnt' - did you mean 'grant'?"),
        ("oauth/an-access-token", "user.exists: false", "user.exits: false", "user.exits", "no parameter 'user.exits' - did you mean 'user.exists'?"),
        ("oauth/an-access-token", "unless: {status: unknown}", "unless: {status: unknwn}", "unknwn", "status is never 'unknwn' - did you mean 'unknown'?"),
        ("oauth/an-access-token", "status: ${status}", "status: ${statsu}", "${statsu}", "nothing fills ${statsu} - did you mean 'status'?"),
        ("oauth/an-access-token", "{each: ", "{eech: ", "{eech", "no value is made of 'eech, in'"),
        ("oauth/an-access-token", '"${token.id}"', '"${tokn.id}"', "${tokn.id}", "did you mean 'token.id'?"),
        ("oauth/an-access-token", "user: {state: an agent,", "user: {state: an agnet,", "an agnet", "no state 'an agnet' - did you mean 'an agent'?"),
        ("oauth/an-access-token", "key: secret", "key: secrt", "secrt", "'secrt' is not known - did you mean 'secret'?"),
        ("oauth/an-access-token", "impossible:", "imposible:", "imposible:", "unknown key 'imposible' - did you mean 'impossible'?"),
        ("oauth/an-access-token", "token by ${grant} stands", "token by ${grnt} stands", "${grnt}", "did you mean 'grant'?"),
        ("oauth/a-refresh-token", "with: {grant: authorization_code}", "with: {grant: authorisation_code}", "authorisation_code", "did you mean 'authorization_code'?"),
        ("oauth/an-authorization-code", "{registered: https", "{registred: https", "      redirect_uri:", "chooses from registred, other"),
        ("telephony/an-outbound-number", "  number: &number", "  earlier: {attributes: {number: '${number.id}'}}\n  number: &number", "earlier:", "nothing fills ${number.id}"),
        ("organisation/a-queue", "name: a queue", "name: a skill", "name: a skill", "state 'a skill' stands twice"),
        ("organisation/a-role", "permissions: names", "permissions: nams", "nams", "permissions"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_state_is_refused_at_its_line(
    folder: Path, file: str, old: str, new: str, at: str, said: str
) -> None:
    """File, line, what stands there and what would be valid."""
    path = folder / f"{file}.yaml"
    edit(path, old, new)
    with pytest.raises(DocumentError) as refused:
        record_kinds(States(folder))
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if at in text)
    assert said in str(refused.value)
    if "stands twice" not in said:
        assert str(refused.value).startswith(f"{path}:{line}: ")


def test_states_that_contain_each_other_are_refused(folder: Path) -> None:
    """A state within itself would never end."""
    write(folder, {"an echo": dedent(VOICEMAIL).replace("a voicemail", "an echo").replace("an agent", "an echo")})
    with pytest.raises(DocumentError, match="no state 'an echo'"):
        len(States(folder))


def test_two_examples_of_one_returned_value_are_refused(folder: Path) -> None:
    """A pact has one stand-in for each name."""
    edit(folder / "organisation" / "a-queue.yaml", "queueId:", "skillId:")
    with pytest.raises(DocumentError, match="skillId has two examples"):
        States(folder).examples  # noqa: B018 - reading it is the check
