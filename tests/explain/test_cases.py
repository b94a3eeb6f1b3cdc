"""Public cases, each with the right answer; and the answers of the real service, which name the rule."""

import json
import shlex
from pathlib import Path

import pytest
import yaml

from outdial.__main__ import main
from outdial.explain import explain

CASES = {each["id"]: each for each in yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())}
NAMING = yaml.safe_load((Path(__file__).parent / "naming.yaml").read_text())
CALL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 --json '{"phoneNumber": "+13175550142"}'"""


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_its_answer(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code, what the text says, and what it does not say."""
    case, response = CASES[name], tmp_path / "response"
    response.write_text(case.get("response", ""))
    given = [case["request"]] if "request" in case else []
    given += ["--response", str(response)] if "response" in case else []
    code = main(["explain", *given, *shlex.split(case.get("flags", ""))])
    printed = " ".join(capsys.readouterr().out.replace("\\\n", " ").split())
    assert code == case["exit"], printed
    assert [part for part in case["says"] if part not in printed] == [], printed
    assert [part for part in case.get("lacks", []) if part in printed] == [], printed


@pytest.mark.parametrize(("status", "code", "message", "headline", "step"), NAMING, ids=lambda each: str(each)[:40])
@pytest.mark.parametrize("form", ["whole", "alone", "text"])
def test_a_response_that_names_a_rule_is_the_answer(
    status: int, code: str, message: str, headline: str, step: str, form: str
) -> None:
    """The first line is it, and the first thing to do mends it; with the request, without, and by its text alone."""
    body = json.dumps({"code": code, "message": message, "status": status})
    if form == "text" and not message:
        pytest.skip("no text")
    response = f"HTTP/1.1 {status} No\n\n{body}" if form != "text" else f"API Error: {status} - {message} (1f)"
    found = explain(None if form == "alone" else CALL, response)
    assert found.accepted is False
    assert headline in found.headline
    assert f"({status} {code})." in found.headline
    if form != "alone":
        assert step in found.ways[0].steps[0].text


def test_advice_does_not_lead_in_a_circle() -> None:
    """The operation that one is sent to does not send back."""
    found = explain(CALL, None, {"token": {"grant": "client_credentials"}})
    assert [way.operation.partition(" ")[2] for way in found.ways] == [
        "/api/v2/conversations/calls",
        "/api/v2/conversations/calls/user/{userId}",
    ]
    assert "proved in public" in found.ways[0].note
    there = explain(CALL.replace("/calls", "/calls/user/5f"), None, {"token": {"grant": "client_credentials"}})
    assert {way.operation for way in there.ways} == {"POST /api/v2/conversations/calls/user/{userId}"}
