"""Public cases, each with the right answer; and the answers of the real service, which name the rule."""

import json
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest
import yaml

from outdial.explain import Explanation, explain
from outdial.explain.command import add_options, said_by

CASES = {each["id"]: each for each in yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text())}
NAMING = yaml.safe_load((Path(__file__).parent / "naming.yaml").read_text())
CALL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 --json '{"phoneNumber": "+13175550142"}'"""


def explained(name: str) -> Explanation:
    """The explanation of a case."""
    case, parser = CASES[name], ArgumentParser()
    add_options(parser)
    options = parser.parse_args(shlex.split(case.get("flags", "")))
    return explain(case["request"], case.get("response"), said_by(options))


def body_of(found: Explanation) -> dict[str, object]:
    """The body of the corrected command."""
    curl = next(each.curl for each in found.ways if each.curl)
    body: dict[str, object] = json.loads(curl.partition("-d '")[2].rpartition("'")[0])
    return body


def test_n02_an_accepted_call_that_stays_silent_is_a_setting_of_the_agent() -> None:
    """Nothing is changed in the request."""
    found = explained("n02")
    assert (found.accepted, found.ways, found.blockers) == (True, (), ())
    assert "Placing calls with another app" in found.never_connects[0].says
    assert any("persistent connection" in each.says for each in found.never_connects)


def test_n05_fields_are_mended_and_the_token_has_no_user() -> None:
    """A name is no id; attributes belong on top; the queue moves to the field that is meant."""
    found = explained("n05")
    assert found.headline == "Refused: the token has no user (400 not.a.user)."
    wrong = {each.name: each.instead for each in found.wrong}
    assert "use callFromQueueId" in wrong["queueId"]
    assert "'ARC-P1-Critical' is not an id" in wrong["queueId"]
    assert "language skill" in wrong["languageId"]
    assert "use attributes" in wrong["participants[0].attributes"]
    body = body_of(found)
    assert body["callFromQueueId"] == "<queue id>"
    assert body["attributes"] == {"alarm_id": "a-1", "severity": "1"}
    assert body["participants"] == [{"name": "Alarm: fire", "address": "+13175550142"}]


def test_n07_a_slash_too_many_is_named_and_not_taken_for_a_refusal() -> None:
    """The operation is found, with its permission and its required field."""
    found = explained("n07")
    assert found.request == "PATCH /api/v2/conversations/callbacks"
    assert "conversation:callback:edit" in found.text()
    assert "agentId" in found.headline
    assert any("slash" in each for each in found.notes)
    assert "/callbacks'" in found.ways[0].curl


def test_n08_a_token_without_its_scheme_is_seen_on_any_operation() -> None:
    """The answer is published for all of them."""
    found = explained("n08")
    assert found.headline == "Refused: the request carries no bearer token (401 authentication.required)."
    assert "Authorization: Bearer <ACCESS_TOKEN>" in found.ways[0].curl


def test_n09_the_classic_host_of_nice_is_known() -> None:
    """And that the fields are in the query, and the body is not sent as JSON."""
    found = explained("n09")
    assert found.request == "POST /queuecallback"
    assert any("query" in each for each in found.notes)
    assert any("Content-Type: application/json" in each for each in found.notes)


def test_n10_a_skill_goes_by_its_number() -> None:
    """skillName is replaced, not kept beside."""
    found = explained("n10")
    assert [each.name for each in found.wrong] == ["skillName"]
    assert "use skillId" in found.wrong[0].instead
    assert '"skillId": <skillId>}' in found.ways[0].curl
    assert "skillName" not in found.ways[0].curl


def test_n11_a_path_that_is_not_published_leads_to_the_one_that_is() -> None:
    """A permission is not replaced by one of a like spelling."""
    found = explained("n11")
    assert found.accepted is False
    assert "publishes no operation PATCH /api/v2/conversations/voice" in found.headline
    assert found.ways[0].operation.endswith("/participants/{participantId}/replace")
    assert "conversation:communication:blindTransfer" in found.text()
    assert "conference:add" not in found.text()


def test_n12_the_permission_is_the_one_that_the_answer_names() -> None:
    """And the organization may not have it at all."""
    found = explained("n12")
    assert "the role of the OAuth client lacks the permission processautomation:trigger:edit or" in found.headline
    assert "the feature is not enabled there" in " ".join(found.why)
    [way] = found.ways
    assert way.steps[0].who == "administrator"


def test_n14_nice_has_another_token_endpoint_and_no_client_credentials() -> None:
    """Both are said."""
    text = explained("n14").text()
    assert "https://cxone.niceincontact.com/auth/token" in text
    assert "grant client_credentials does not exist; use password" in text
    assert "access key" in text


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


def test_a_response_counts_more_than_what_was_said() -> None:
    """A permission that the answer misses is not there, whatever the flags say."""
    body = json.dumps({"code": "missing.any.permissions", "message": "[conversation:conference:add]", "status": 403})
    found = explain(
        CALL, body, {"token": {"grant": "authorization_code", "permissions": ["conversation:conference:add"]}}
    )
    assert "lacks the permission" in found.headline
    assert "contradicts" in found.why[0]


def test_a_foreign_answer_is_told_and_never_answered_by_an_assumption() -> None:
    """A 403 of a proxy does not lead to "400 invalid.property (assumed)"."""
    found = explain(CALL.replace('"phoneNumber"', '"number"'), "HTTP/1.1 403 Forbidden\n\n<html>no</html>")
    assert found.headline.startswith("Refused (403)")
    assert any("something else answered" in each for each in found.why)


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


def test_nothing_is_invented_to_paste() -> None:
    """A number that was not given is a placeholder."""
    found = explain(
        CALL.replace('{"phoneNumber": "+13175550142"}', "{}"), None, {"token": {"grant": "client_credentials"}}
    )
    assert "+1317" not in found.text()
    assert all("+1317" not in way.curl for way in found.ways)
