"""What the tests of a whole dial need: an agent who is logged in, a number with a fate, a look at a session."""

from dataclasses import dataclass
from typing import Any

import pytest
import requests

from outdial.clients import Dial, NiceCxone, NiceCxoneLogin, Station
from outdial.verification.stub_process import RunningStub

STATION = Station(station_id="3001")


@dataclass(frozen=True)
class Tenant:
    """One stub, seen as a tenant of NICE CXone."""

    url: str
    token: str

    def given(self, state: str, **params: Any) -> dict[str, str]:
        """What a provider state returns."""
        return given(self.url, state, **params)

    def dial(self, outcome: str = "Active", seconds: int = 0, strategy: str = "Manual") -> Dial:
        """A dial whose fate is arranged."""
        number = self.given("a number to dial", outcome=outcome, seconds=seconds)["phoneNumber"]
        return Dial(phone_number=number, skill_id=int(self.given("an ACD skill", strategy=strategy)["acdSkillId"]))

    def client(self, url: str | None = None, seconds: tuple[float, float] = (5.0, 30.0)) -> NiceCxone:
        """The client, of this tenant or of what stands before it."""
        return NiceCxone(f"{url or self.url}/nice-cxone", token=self.token, seconds=seconds)

    def status(self, session_id: str, timeout: int = 0) -> int:
        """What the session's next poll is answered: 409 when it has ended."""
        path = f"{self.url}/nice-cxone/agent-sessions/{session_id}/get-next-event?timeout={timeout}"
        return requests.get(path, headers={"Authorization": f"Bearer {self.token}"}, timeout=30).status_code


def given(url: str, state: str, **params: Any) -> dict[str, str]:
    """What a provider state of a stub returns."""
    answer = requests.post(f"{url}/provider-states", json={"state": state, "params": params}, timeout=30)
    assert answer.status_code == 200, answer.text
    returned: dict[str, str] = answer.json()
    return returned


@pytest.fixture
def tenant(stub: RunningStub) -> Tenant:
    """A tenant, with the token of an agent who logged in with an access key."""
    client, key = given(stub.url, "an OAuth client"), given(stub.url, "an access key")
    with NiceCxoneLogin(f"{stub.url}/nice-cxone-login") as login:
        token = login.password(
            client["clientId"], client["clientSecret"], key["accessKeyId"], key["accessKeySecret"]
        ).access_token
    return Tenant(stub.url, token.get_secret_value())


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the sessions that clients start."""
    started: list[str] = []
    start = NiceCxone.start_session

    def noted(client: NiceCxone, station: Station) -> Any:
        made = start(client, station)
        started.append(made.session_id)
        return made

    monkeypatch.setattr(NiceCxone, "start_session", noted)
    return started
