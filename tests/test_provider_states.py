"""Provider states over HTTP: every mistake is answered 4xx by name, at once; nothing is shared; a state is one file."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as some

from outdial.documents import DocumentError
from outdial.provider import World
from outdial.tables import STATES
from outdial.tables.vocabulary import FOLDER, States
from outdial.verification.stub_process import RunningStub
from provider_states import BadState, ProviderStates, record_kinds
from tests.conftest import EXAMPLES, SECONDS
from tests.table_files import edit

json_values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
states = some.sampled_from(sorted(STATES))
parameters = some.sampled_from(sorted({name for state in STATES.values() for name in state.model_fields}))


@pytest.fixture(scope="module")
def http() -> requests.Session:
    """One connection for all changes of this module."""
    return requests.Session()


def change(http: requests.Session, stub: RunningStub, content: Any) -> requests.Response:
    """The answer to one state change; `bytes` are sent as they are."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return http.post(stub.state_url, data=body, headers={"Content-Type": "application/json"}, timeout=SECONDS)


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_state_returns_what_the_vocabulary_promises(
    http: requests.Session, stub: RunningStub, state: str
) -> None:
    """Without parameters; its values are new each time, and none is the example's. A teardown is nothing to do."""
    answers = [change(http, stub, {"state": state, "params": {}, "action": "setup"}) for _ in range(2)]
    first, second = (answer.json() for answer in answers)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert set(first) <= set(STATES[state].returns)
    assert first
    fixed = {"redirectUri", "orgName"}  # a place and a name, not things: the same for every client
    assert not {name for name in first if first[name] in (second[name], STATES.examples[name])} - fixed
    answer = change(http, stub, {"state": state, "action": "teardown"})
    assert (answer.status_code, answer.json()) == (200, {})


@settings(max_examples=EXAMPLES * 4)
@given(
    state=states | some.text(max_size=60) | json_values,
    params=some.dictionaries(parameters | some.text(max_size=20), json_values, max_size=3) | json_values,
    action=some.sampled_from(["setup"] * 3 + ["explode", None, 5]),
)
def test_a_wrong_change_is_refused_by_name_and_never_a_fault_of_the_stub(
    http: requests.Session, stub: RunningStub, state: Any, params: Any, action: Any
) -> None:
    """Any state, parameters and action: made, or 400 that names what is wrong and what is valid. Never 5xx."""
    answer = change(http, stub, {"state": state, "params": params, "action": action})
    known = isinstance(state, str) and state in STATES
    assert answer.status_code in ({200, 400} if known and action == "setup" else {400}), answer.text
    if answer.status_code == 200:
        return
    problem = answer.json()["error"]
    if action != "setup":
        assert "Valid: setup, teardown" in problem
    elif not known:
        assert "no provider state" in problem
        assert all(valid in problem for valid in STATES)
    else:
        assert repr(state) in problem
        assert all(valid in problem for valid in STATES[state].model_fields)


@pytest.mark.parametrize(
    ("state", "params", "said"),
    [
        ("an agnet", {}, "did you mean 'an agent'?"),
        (5, {}, "no provider state 5"),
        ("an agent", {"statoin": "none"}, "'statoin'"),
        ("an agent", {"station": "asociated"}, "station: "),
        ("an agent", {"role": {"division": "hom"}}, "role.division: "),
        ("an agent", {"role": {"permision": []}}, "unknown key 'permision' - did you mean 'permissions'?"),
        ("an access token", {"grant": "password"}, "grant"),
        ("an access token", {"user": {}}, "parameters: a client_credentials token has no user"),
        ("an agent", "associated", "an agent"),
        ("an agent", [], "an agent"),
    ],
)
def test_the_refusal_says_what_is_wrong(
    http: requests.Session, stub: RunningStub, state: Any, params: Any, said: str
) -> None:
    """A misspelt value or key, an impossible combination, parameters that are no object."""
    answer = change(http, stub, {"state": state, "params": params, "action": "setup"})
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]


VOICEMAIL = """\
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The committed states, copied, with a made-up one."""
    copied = Path(shutil.copytree(FOLDER, tmp_path / "states"))
    (copied / "made-up").mkdir()
    (copied / "made-up" / "a-voicemail.yaml").write_text(VOICEMAIL)
    return copied


def test_a_new_state_is_one_file(folder: Path) -> None:
    """Its parameters are checked, its record made, its values returned: ten lines of YAML and nothing else."""
    made_up, world = States(folder), World()
    values = ProviderStates(world, made_up).set_up("a voicemail", {"mood": "angry"})
    voicemail = world.find("voicemail", values["voicemailId"])
    assert voicemail is not None
    owner = world.find("agent", voicemail["owner"])
    assert owner is not None
    assert (voicemail["mood"], owner["station"]) == ("angry", "none")
    assert record_kinds(made_up)["voicemail"].attributes["mood"].values == ("calm", "angry")
    assert made_up.examples["voicemailId"].endswith("ff")
    with pytest.raises(BadState, match="mood"):
        ProviderStates(world, made_up).set_up("a voicemail", {"mood": "agry"})


def test_states_that_contain_each_other_or_share_a_value_are_refused(folder: Path) -> None:
    """A state within itself would never end; a pact has one stand-in for each name."""
    edit(folder / "organisation" / "a-queue.yaml", "queueId:", "skillId:")
    with pytest.raises(DocumentError, match="skillId has two examples"):
        States(folder).examples  # noqa: B018 - reading it is the check
    edit(folder / "made-up" / "a-voicemail.yaml", "state: an agent", "state: a voicemail")
    with pytest.raises(DocumentError, match="no state 'a voicemail'"):
        len(States(folder))
