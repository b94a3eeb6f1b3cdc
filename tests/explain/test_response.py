"""Every published refusal of an operation is read as evidence of it."""

import json

import pytest

from outdial.definitions.catalogue import catalogue
from outdial.explain import explain

GENESYS = catalogue("genesys-cloud")
assert GENESYS is not None
CALLS = next(each for each in GENESYS.operations if each.name == "postConversationsCalls")
CALL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 --json '{"phoneNumber": "+13175550142"}'"""
REFUSALS = [(status, code) for status, codes in CALLS.codes.items() for code in codes]


@pytest.mark.parametrize(("status", "code"), REFUSALS, ids=lambda each: str(each))
def test_every_published_code_leads(status: int, code: str) -> None:
    """The first line has its status and code, and no change mends another rule only."""
    body = {"message": GENESYS.text(code, status), "code": code, "status": status} if GENESYS else {}
    found = explain(CALL, f"HTTP/1.1 {status} Refused\n\n{json.dumps(body)}")
    assert found.accepted is False
    assert f"({status} {code})." in found.headline
    assert found.response is not None
    assert not found.response.foreign


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"message": "no", "code": "moon.phase", "status": 403}, "does not publish the code moon.phase"),
        ({"errors": [{"code": "forbidden"}]}, "something else answered"),
        ("<html></html>", "something else answered"),
    ],
)
def test_what_the_vendor_does_not_send_is_told(body: object, why: str) -> None:
    """By its code, or by its form."""
    found = explain(CALL, f"HTTP/1.1 403 No\n\n{body if isinstance(body, str) else json.dumps(body)}")
    assert any(why in each for each in found.why)
