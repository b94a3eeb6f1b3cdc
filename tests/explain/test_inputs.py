"""What people paste is read as they have it, or refused with what is read and how to get it."""

import json

import pytest

from outdial.explain.inputs import read_given
from outdial.explain.request import NotUnderstood

URL = "https://api.mypurecloud.com/api/v2/conversations/calls"
BODY = '{"phoneNumber": "+13175550142"}'
CURL = f"curl -X POST '{URL}' -H 'Authorization: Bearer <TOKEN>' -H 'Content-Type: application/json' -d '{BODY}'"
ERROR = '{"message": "…", "code": "not.a.user", "status": 400}'
ANSWER = f"HTTP/1.1 400 Bad Request\nContent-Type: application/json\n\n{ERROR}"
ENTRY = {
    "request": {"method": "POST", "url": URL, "headers": [], "postData": {"text": BODY}},
    "response": {"status": 400, "headers": [], "content": {"text": ERROR}},
}
HAR = {"log": {"entries": [ENTRY]}}
JSON_HEADER = [{"key": "Content-Type", "value": "application/json"}]
SAVED = {
    "method": "POST",
    "url": {"raw": URL},
    "header": JSON_HEADER,
    "auth": {"type": "bearer"},
    "body": {"raw": BODY},
}
POSTMAN = {"info": {"name": "x"}, "item": [{"request": SAVED}]}
SDK_LOG = {
    "method": "POST", "url": URL, "requestHeaders": {"Authorization": "Bearer <TOKEN>"}, "requestBody": BODY,
    "statusCode": 400, "responseBody": ERROR,
}  # fmt: skip
VERBOSE = f"""* Connected
> POST /api/v2/conversations/calls HTTP/2
> Host: api.mypurecloud.com
>
< HTTP/2 400
< content-type: application/json
<
{{ [512 bytes data]
{ERROR}
* Connection #0 left intact"""
CMD = CURL.replace("'", '^"').replace(BODY, BODY.replace('"', '\\^"'))
REQUESTS = {
    "one line": CURL,
    "a prompt": f"$ {CURL}",
    "lines with backslashes": CURL.replace(" -H", " \\\n  -H"),
    "lines without backslashes": CURL.replace(" -H", "\n  -H"),
    "a token before it": f"TOKEN=abcdef\n{CURL}",
    "a code fence": f"```bash\n{CURL}\n```",
    "words around a fence": f"I ran\n```\n{CURL}\n```\nand it fails",
    "typographic quotes": CURL.replace("'", "\u2019").replace('"', "\u201d"),
    "no-break spaces": CURL.replace(" -H", "\u00a0-H"),
    "cmd": CMD,
    "fetch": f'fetch("{URL}", {{"headers": {{"authorization": "Bearer x"}}, "body": {json.dumps(BODY)}, "method": "POST"}});',
    "Invoke-WebRequest": f'Invoke-WebRequest -Uri "{URL}" -Method "POST" -Headers @{{"authorization"="Bearer $t"}} -Body \'{BODY}\'',
    "Invoke-RestMethod": f"$body = @{{ phoneNumber = '+13175550142' }} | ConvertTo-Json\nInvoke-RestMethod -Method Post -Uri {URL} -Headers @{{Authorization = \"Bearer $t\"}}",
    "Python": f"import requests\nr = requests.post('{URL}', headers={{'Authorization': f'Bearer {{token}}'}}, json={{'phoneNumber': '+13175550142'}})",
    "Python, a variable": f"payload = {{\n  'phoneNumber': '+13175550142',\n}}\nrequests.post(\"{URL}\", json=payload, headers=h)",
    "Python SDK": "body = {'phoneNumber': '+13175550142'}\napi.post_conversations_calls(body=body)",
    "JavaScript": f"const res = await axios.post('{URL}', {{ phoneNumber: '+13175550142' }}, {{ headers: {{ Authorization: `Bearer ${{token}}` }} }});",
    "JavaScript, stringify": "fetch(`${base}/api/v2/conversations/calls`, { method: 'POST', body: JSON.stringify({ phoneNumber: '+13175550142' }) })",
    "JavaScript SDK": "let body = { phoneNumber: '+13175550142' };\nawait apiInstance.postConversationsCalls(body)",
    "XMLHttpRequest": f"xhr.open('POST', '{URL}'); xhr.setRequestHeader('Authorization', 'Bearer ' + t); xhr.send(JSON.stringify({{phoneNumber: '+13175550142'}}))",
    "HAR": json.dumps(HAR),
    "one entry of a HAR": json.dumps(ENTRY),
    "Postman": json.dumps(POSTMAN),
    "SDK log, JSON": json.dumps(SDK_LOG),
    "SDK log": f"=== REQUEST ===\nURL: {URL}\nMethod: POST\nBody: {BODY}\n=== RESPONSE ===\nStatus: 400\nBody: {ERROR}",
    "raw HTTP": f"POST /api/v2/conversations/calls HTTP/1.1\nHost: api.mypurecloud.com\nContent-Type: application/json\n\n{BODY}",
    ".http file": f"### place a call\nPOST {URL}\nAuthorization: Bearer {{{{token}}}}\nContent-Type: application/json\n\n{BODY}\n\n###\n",
    "YAML": f"request: POST {URL}\nbody: {BODY}",
}
RESPONSES = {
    "a body": ERROR,
    "curl -i": ANSWER,
    "a status and a text": "400 This request requires a user context.",
    "an SDK's exception": f"ApiException: (400)\nReason: Bad Request\nHTTP response body: {ERROR}",
    "a fence": f"```json\n{ERROR}\n```",
    "a tool's line": "API Error: 400 - This request requires a user context.",
}
BOTH = {
    "command, then curl -i": f"{CURL}\n\n{ANSWER}",
    "command, then the body": f"{CURL}\n{ERROR}",
    "curl -v": f"{CURL}\n{VERBOSE}",
    "two fences": f"```\n{CURL}\n```\ngives\n```json\n{ERROR}\n```",
    "HAR": json.dumps(HAR),
    "SDK log, JSON": json.dumps(SDK_LOG),
    "SDK log": REQUESTS["SDK log"],
    "raw HTTP": f"{REQUESTS['raw HTTP']}\n\n{ANSWER}",
}


@pytest.mark.parametrize("form", REQUESTS)
def test_a_request_is_read(form: str) -> None:
    """Method, path and body are those that were sent."""
    request = read_given(REQUESTS[form]).request
    assert request is not None
    assert (request.method, request.path) == ("POST", "/api/v2/conversations/calls")
    assert json.loads(request.body) == json.loads(BODY)


@pytest.mark.parametrize("form", RESPONSES)
def test_a_response_alone_is_read(form: str) -> None:
    """Without a request beside it."""
    given = read_given(RESPONSES[form])
    assert given.request is None
    assert given.response is not None
    assert (given.response.status or given.response.json["status"]) == 400


@pytest.mark.parametrize("form", BOTH)
def test_a_request_and_its_answer_are_told_apart(form: str) -> None:
    """In the order in which a terminal shows them."""
    given = read_given(BOTH[form])
    assert given.request is not None
    assert given.response is not None
    assert json.loads(given.request.body) == json.loads(BODY)
    assert given.response.json["code"] == "not.a.user"


@pytest.mark.parametrize("text", ["hello", "{}", '{"a": 1}', "<html></html>", "a: b", ""])
def test_what_is_not_read_is_refused_with_what_is(text: str) -> None:
    """And with how to get it."""
    with pytest.raises(NotUnderstood, match="Copy as cURL"):
        read_given(text)


def test_a_broken_yaml_says_what_is_wrong() -> None:
    """The message does not break off before its reason."""
    with pytest.raises(NotUnderstood, match=r"line 2: .*expected `request: POST"):
        read_given(f"request: POST {URL}\nbodi: {{}}")
