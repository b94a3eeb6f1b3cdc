"""No credential gets out: not on the screen, not in JSON, not in an error."""

import json
from pathlib import Path

import pytest

from outdial.__main__ import main
from outdial.explain import NotUnderstood, explain
from outdial.explain.curl import read_curl
from outdial.explain.request import read_response

URL = "https://api.mypurecloud.com/api/v2/conversations/calls"
SECRET = "s3cr3tTOKENvalue"
BODY = f'{{"phoneNumber": "+13175550142", "access_token": "{SECRET}", "x": {{"password": "{SECRET}"}}}}'
LONG = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlMTIzNDU2Nzg5MA"
RESPONSE = f"HTTP/1.1 403 Forbidden\nSet-Cookie: s={SECRET}\n\n" + json.dumps({"token": SECRET, "code": SECRET})
PLANTED = {
    "bearer": f"curl -X POST {URL} -H 'Authorization: Bearer {SECRET}'",
    "bearer, long": f"curl -X POST {URL} -H 'Authorization: Bearer {LONG}' -d '{{\"to\": \"{LONG}\"}}'",
    "another scheme": f"curl -X POST {URL} -H 'Authorization: Digest {SECRET}'",
    "no scheme": f"curl -X POST {URL} -H 'Authorization: {SECRET}'",
    "user": f"curl -X POST {URL} -u 'client:{SECRET}'",
    "user in the URL": f"curl -X POST https://client:{SECRET}@api.mypurecloud.com/api/v2/conversations/calls",
    "oauth2-bearer": f"curl -X POST {URL} --oauth2-bearer {SECRET}",
    "cookie": f"curl -X POST {URL} -b 'session={SECRET}'",
    "proxy": f"curl -X POST {URL} -x http://u:{SECRET}@proxy -U u:{SECRET} --proxy-header 'Proxy-Authorization: {SECRET}'",
    "own header": f"curl -X POST {URL} -H 'X-Api-Key: {SECRET}' -H 'x-genesys-user-id: {SECRET}'",
    "query": f"curl -X POST '{URL}?access_token={SECRET}'",
    "body": f"curl -X POST {URL} -H 'Authorization: Bearer x' -H 'Content-Type: application/json' -d '{BODY}'",
    "token again": f"curl -X POST {URL} -H 'Authorization: Bearer {SECRET}' --json '{{\"callerId\": \"{SECRET}\", \"phoneNumber\": 5}}'",
    "in the path": f"curl -X POST {URL}/user/{LONG} -H 'Authorization: Bearer {LONG}' --json '{{}}'",
    "form": f"curl -X POST https://login.mypurecloud.com/oauth/token -d grant_type=refresh_token -d refresh_token={SECRET} -d code={SECRET}",
    "client secret": f"curl https://login.mypurecloud.com/oauth/token -d grant_type=client_credentials -d client_secret={SECRET}",
    "unclosed quote": f"curl -X POST {URL} -H 'Authorization: Bearer {SECRET}",
    "unknown option": f"curl -X POST {URL} --token={SECRET}",
    "file": f"curl -X POST {URL} -d @{SECRET}",
    "two URLs": f"curl -X POST {URL} {SECRET}",
    "bad URL": f"curl 'https://api.mypurecloud.com:{SECRET}/x'",
    "har": json.dumps({"log": {"entries": [{"request": {"method": "POST", "url": f"{URL}?token={SECRET}", "headers": [
        {"name": "Authorization", "value": f"Bearer {SECRET}"}, {"name": "Cookie", "value": SECRET}],
        "postData": {"text": BODY}}, "response": {"status": 403, "content": {"text": RESPONSE}}}]}}),
    "broken har": json.dumps({"log": {"entries": [{"request": {"method": "POST", "url": [SECRET], "headers": SECRET}}]}}),
    "yaml": f"request: POST {URL}\nheaders: {{Authorization: Bearer {SECRET}}}\nbody: {BODY}",
    "broken yaml": f"request: POST {URL}\nheaders: {{Authorization: [Bearer {SECRET}]}}\nbody: 5.5\n",
    "yaml, value": f"request: POST {URL}\ngiven: {{token: {{status: {SECRET}, grant: {SECRET}}}}}",
    "no request": SECRET,
}  # fmt: skip


@pytest.mark.parametrize("place", PLANTED)
@pytest.mark.parametrize("options", [["--verbose"], ["--json"]], ids=str)
def test_a_planted_credential_is_never_shown(
    place: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is answered, and whichever way."""
    request, response = tmp_path / "request", tmp_path / "response"
    request.write_text(PLANTED[place])
    response.write_text(RESPONSE)
    main(["explain", str(request), "--response", str(response), "--grant", "client_credentials", *options])
    main(["explain", str(request), *options])
    said = capsys.readouterr()
    assert said.out + said.err
    for text in (said.out, said.err):
        assert SECRET not in text
        assert LONG not in text


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_credential_is_in_no_field_of_the_answer(place: str) -> None:
    """A program that logs the answer, or a part of it, logs no secret."""
    try:
        said = repr(explain(PLANTED[place], RESPONSE))
    except NotUnderstood as refused:
        said = str(refused)
    assert SECRET not in said
    assert LONG not in said


def test_a_token_is_in_no_repr() -> None:
    """Objects that hold a request do not show it."""
    assert SECRET not in repr(read_curl(PLANTED["bearer"]))
    assert SECRET not in repr(read_response(RESPONSE))
