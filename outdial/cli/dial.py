"""`outdial dial`: whole dials of NICE CXone's client against a running stub, each told by the event that ends it."""

from argparse import ArgumentParser, Namespace
from typing import Any, ClassVar

import requests

from outdial.clients import Dial, DialedCall, NiceCxone, NiceCxoneLogin, Refused, Station, Unreachable
from provider_states import STATES_PATH

DIALS = {
    "accepted": "Active",
    "refused": "Active",
    "accepted, then failed": "BadNumber",
}
"""Each dial, and what becomes of a call to its number; the refused one has an inbound skill."""
SECONDS = 20.0


class NoStub(Exception):
    """There is no stub with provider states at the address; the message says what to do."""

    exit_code: ClassVar[int] = 2


def add_options(parser: ArgumentParser) -> None:
    """Add the options that name the stub."""
    parser.add_argument("--stub", default="http://127.0.0.1:8650", metavar="URL", help="one that serves --states")
    parser.epilog = "example: outdial dial --stub http://127.0.0.1:8650"


def run(options: Namespace) -> int:
    """0 when every dial ended as it was arranged, else 1. Raises `NoStub`."""
    stub, ended = options.stub.rstrip("/"), dict[str, str]()
    for name, outcome in DIALS.items():
        try:
            ended[name] = _dialled(stub, name, outcome)
        except Unreachable as problem:
            raise NoStub(str(problem)) from None
        print(f"{name}: {ended[name]}", flush=True)
    wanted = {"accepted": "connected", "refused": "refused", "accepted, then failed": "failed: BadNumber"}
    return 0 if all(ended[name].startswith(end) for name, end in wanted.items()) else 1


def _dialled(stub: str, name: str, outcome: str) -> str:
    """One dial from its login on: token, session, dial, events, the end of the session."""
    client, key = _given(stub, "an OAuth client"), _given(stub, "an access key")
    skill = _given(stub, "an ACD skill", strategy="none" if name == "refused" else "Manual")
    number = _given(stub, "a number to dial", outcome=outcome, seconds=1)
    with NiceCxoneLogin(f"{stub}/nice-cxone-login") as login:
        token = login.password(
            client["clientId"], client["clientSecret"], key["accessKeyId"], key["accessKeySecret"]
        ).access_token
    dial = Dial(phone_number=number["phoneNumber"], skill_id=int(skill["acdSkillId"]))
    with NiceCxone(f"{stub}/nice-cxone", token=token.get_secret_value()) as api:
        try:
            return _told(api.place_call(Station(station_id="3001"), dial, SECONDS))
        except Refused as refusal:
            return f"refused: {refusal}; the session is ended"


def _told(call: DialedCall) -> str:
    end = call.session_left_open or "the session is ended"
    why = f": {call.disconnect_code or call.detail}" if call.disconnect_code or call.detail else ""
    return f"{call.state}{why}, contact {call.contact_id}; {end}"


def _given(stub: str, state: str, **params: Any) -> dict[str, str]:
    """Set a provider state of the stub and return its values."""
    try:
        answer = requests.post(stub + STATES_PATH, json={"state": state, "params": params}, timeout=10)
        answer.raise_for_status()
        returned: dict[str, str] = answer.json()
    except requests.RequestException as error:
        problem = f"no provider states at {stub}{STATES_PATH} ({type(error).__name__}); start `outdial stub --states`"
        raise NoStub(problem) from None
    return returned
