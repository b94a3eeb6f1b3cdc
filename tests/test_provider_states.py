"""Provider states over HTTP: every mistake is answered 4xx by name, at once; nothing is shared; memory is bounded."""

import json
from typing import Any
from uuid import UUID

import pytest
import requests
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from outdial.provider import World
from outdial.provider.records import new_key
from outdial.tables import STATES
from outdial.verification.stub_process import RunningStub
from provider_states import ProviderStates, StubProvider, record_kinds

SECONDS = 5
FUZZED = settings(deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
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
    """Each state can be set up without parameters; its values are new each time, and none is the example's."""
    answers = [change(http, stub, {"state": state, "params": {}, "action": "setup"}) for _ in range(2)]
    first, second = (answer.json() for answer in answers)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert set(first) <= set(STATES[state].returns)
    assert first
    fixed = {"redirectUri", "orgName"}  # a place and a name, not things: the same for every client
    assert not {name for name in first if first[name] == second[name]} - fixed
    assert not {name for name in first if first[name] == STATES.examples[name]} - fixed


@pytest.mark.parametrize("state", sorted(STATES))
def test_a_teardown_is_nothing_to_do(http: requests.Session, stub: RunningStub, state: str) -> None:
    """Nothing is shared that would need one, so verifiers that ask for it are told so."""
    answer = change(http, stub, {"state": state, "action": "teardown"})
    assert (answer.status_code, answer.json()) == (200, {})


@settings(FUZZED, max_examples=60)
@given(name=some.text(max_size=60) | json_values, params=json_values)
def test_an_unknown_state_is_refused_by_name(http: requests.Session, stub: RunningStub, name: Any, params: Any) -> None:
    """A state that nobody has, of whatever type: 400 that shows it and every valid name."""
    assume(not isinstance(name, str) or name not in STATES)
    answer = change(http, stub, {"state": name, "params": params, "action": "setup"})
    problem = answer.json()["error"]
    assert answer.status_code == 400
    assert "no provider state" in problem
    assert all(valid in problem for valid in STATES)


@settings(FUZZED, max_examples=60)
@given(state=states, name=some.text(min_size=1, max_size=20), value=json_values)
def test_an_unknown_parameter_is_refused_by_name(
    http: requests.Session, stub: RunningStub, state: str, name: str, value: Any
) -> None:
    """A parameter that a state does not take: 400 that names the state, the parameter and the valid ones."""
    assume(name not in STATES[state].model_fields)
    answer = change(http, stub, {"state": state, "params": {name: value}, "action": "setup"})
    problem = answer.json()["error"]
    assert answer.status_code == 400
    assert repr(state) in problem
    assert repr(name) in problem
    assert all(valid in problem for valid in STATES[state].model_fields)


@settings(FUZZED, max_examples=200)
@given(state=states, params=some.dictionaries(parameters, json_values, max_size=3) | json_values)
def test_a_wrong_value_is_refused_and_never_a_fault_of_the_stub(
    http: requests.Session, stub: RunningStub, state: str, params: Any
) -> None:
    """Known names with any values: either the state is made, or 400 names it and its parameters. Never 5xx."""
    answer = change(http, stub, {"state": state, "params": params, "action": "setup"})
    assert answer.status_code in {200, 400}, answer.text
    if answer.status_code == 400:
        problem = answer.json()["error"]
        assert repr(state) in problem
        assert all(valid in problem for valid in STATES[state].model_fields)


@pytest.mark.parametrize(
    ("state", "params", "said"),
    [
        ("an agent", {"station": "asociated"}, "station: "),
        ("an agent", {"role": {"division": "hom"}}, "role.division: "),
        ("an agent", {"role": {"permision": []}}, "unknown key 'permision' - did you mean 'permissions'?"),
        ("an access token", {"grant": "password"}, "grant"),
        ("an access token", {"user": {}}, "parameters: Value error, a client_credentials token has no user"),
        ("an agent", "associated", "an agent"),
        ("an agent", [], "an agent"),
        ("an agent", False, "an agent"),
    ],
)
def test_the_refusal_says_what_is_wrong(
    http: requests.Session, stub: RunningStub, state: str, params: Any, said: str
) -> None:
    """A misspelt value or key, an impossible combination, parameters that are no object."""
    answer = change(http, stub, {"state": state, "params": params, "action": "setup"})
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]


@settings(FUZZED, max_examples=60)
@given(content=some.binary(max_size=60) | json_values | some.dictionaries(some.text(max_size=8), json_values))
def test_what_is_no_state_change_is_refused(http: requests.Session, stub: RunningStub, content: Any) -> None:
    """Any bytes and any JSON in place of {state, params, action}: 400 with a reason, never 5xx."""
    answer = change(http, stub, content)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


@settings(FUZZED, max_examples=30)
@given(action=json_values)
def test_an_unknown_action_is_refused(http: requests.Session, stub: RunningStub, action: Any) -> None:
    """Pact knows two actions; another one is shown beside them."""
    assume(action not in ("setup", "teardown"))
    answer = change(http, stub, {"state": "an agent", "action": action})
    assert answer.status_code == 400
    assert "Valid: setup, teardown" in answer.json()["error"]


def test_other_methods_are_told_how_states_are_changed(stub: RunningStub) -> None:
    """A state URL opened in a browser explains itself."""
    answer = requests.get(stub.state_url, timeout=SECONDS)
    assert answer.status_code == 405
    assert "POST {state, params, action}" in answer.json()["error"]


def test_every_id_is_one_that_the_vendor_would_give() -> None:
    """Made for many at once, each is a UUID of its own."""
    made = [new_key("uuid") for _ in range(600)]
    assert len({UUID(each) for each in made}) == 600
    assert all((UUID(each).version, str(UUID(each))) == (4, each) for each in made)


def test_a_wrong_secret_begins_with_the_right_one() -> None:
    """So that a provider that compares no more than the beginning takes it."""
    world = World()
    returned = ProviderStates(StubProvider(world)).set_up("an OAuth client", {"secret": "wrong"})
    record = world.find("client", returned["clientId"])
    assert record is not None
    assert returned["clientSecret"] == f"{record['secret']}-and-more"


def test_the_world_stays_bounded_over_any_number_of_states() -> None:
    """Past its limit the world forgets the oldest record of a kind, and keeps the newest."""
    limit, world = 50, World(limit=50)
    provider = ProviderStates(StubProvider(world))
    for state in sorted(STATES) * 5 * limit:
        values = provider.set_up(state, {})
    first = provider.set_up("a queue", {})["queueId"]
    assert world.find("queue", first) is not None
    for _ in range(limit):
        values = provider.set_up("a queue", {})
    assert world.find("queue", first) is None
    assert world.find("queue", values["queueId"]) is not None
    assert len(world) <= limit * len(record_kinds())
