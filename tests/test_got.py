"""What a failing row says that the provider answered is what the provider answered."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from outdial.verification.stub_process import RunningStub
from tests.conftest import ROOT, Run
from tests.raw_provider import http, sending

WANTED = {"code": "wanted", "message": "as wanted"}
TOKEN = "live-9f8e7d6c5b4a"
WAYS: dict[str, tuple[bytes, int | None, str, str]] = {
    "another-code": (http('{"code": "other", "message": "not that"}', "403 Forbidden"), 403, "other", "not that"),
    "another-status": (http(json.dumps(WANTED), "404 Not Found"), 404, "wanted", "as wanted"),
    "accepted": (http('{"id": "1"}', "202 Accepted"), 202, "", ""),
    "200-with-an-error": (http(json.dumps(WANTED)), 200, "wanted", "as wanted"),
    "500": (http('{"error": "boom", "error_description": "why"}', "500 Oops"), 500, "boom", "why"),
    "number-as-code": (http('{"code": 20003, "message": "no"}', "403 Forbidden"), 403, "20003", "no"),
    "html": (http("<html>Bad gateway</html>", "502 Bad", "text/html"), 502, "", "text/html, <html>Bad gateway</html>"),
    "html-as-json": (http("<html>", "403 Forbidden"), 403, "", "application/json, <html>"),
    "text": (http("go away", "403 Forbidden", "text/plain"), 403, "", "text/plain, go away"),
    "empty": (http("", "403 Forbidden"), 403, "", "an empty body"),
    "list": (http('["no"]', "403 Forbidden"), 403, "", 'application/json, ["no"]'),
    "null": (http("null", "403 Forbidden"), 403, "", "application/json, null"),
    "cut": (http('{"code": "wa', "403 Forbidden", length=99), 403, "", "cut off after 12 of 99 bytes"),
    "redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: /way/ok\r\nContent-Length: 0\r\n\r\n",
        302,
        "",
        "redirects to /way/ok",
    ),
    "closed": (b"", None, "", "the connection was closed without an answer"),
    "no-http": (b"SSH-2.0-OpenSSH_9.6\r\n", None, "", "not HTTP: BadStatusLine SSH-2.0-OpenSSH_9.6"),
    "terminal-codes": (http('{"code": "a\\u001b[31mb", "message": "c\\nd"}', "403 F"), 403, "a [31mb", "c d"),
    "long": (http(json.dumps({"code": "x", "message": "y" * 9000}), "403 F"), 403, "x", "y" * 300 + "…"),
    "secret": (
        http(f'{{"access_token": "{TOKEN}"}}', "403 F"),
        403,
        "",
        'application/json, {"access_token": (secret)}',
    ),
}
"""What is sent, and the status, code and message that are told of it."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, run: Run) -> tuple[str, dict[str, dict[str, str]], Path]:
    """One run over a pact with a row for each way: its output, its JSON by row, and its JUnit."""
    folder = tmp_path_factory.mktemp("got")
    rows = [
        {
            "type": "Synchronous/HTTP",
            "description": f"the way {way}",
            "key": way,
            "request": {"method": "GET", "path": f"/way/{way}"},
            "response": {
                "status": 403,
                "body": {"content": WANTED, "contentType": "application/json"},
            },
            "comments": {"because": "the-rule", "basis": "published", "source": "page 4"},
        }
        for way in WAYS
    ]
    metadata = {"pactSpecification": {"version": "4.0"}}
    pact = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": rows, "metadata": metadata}
    (folder / "pact.json").write_text(json.dumps(pact))

    def answer(path: str, _: bytes) -> bytes:
        return WAYS[path.rpartition("/")[2]][0]

    results, junit = folder / "results.json", folder / "results.xml"
    with sending(answer) as url:
        where = ("--provider-url", url, "--state-url", f"{url}/states")
        ended = run("verify", folder / "pact.json", *where, "--json", results, "--junit", junit)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ended.stdout, {each["case"]: each for each in json.loads(results.read_text())}, junit


@pytest.mark.parametrize("way", WAYS)
def test_what_was_sent_is_what_is_told(told: tuple[str, dict[str, dict[str, object]], Path], way: str) -> None:
    """Status, code and message in the JSON, the terminal and the JUnit properties; never those that were expected."""
    output, results, junit = told
    _, status, code, message = WAYS[way]
    found = results[way]
    assert (found["status"], found["code"], found["message"], found["passed"]) == (status, code, message, False)
    [block] = [each for each in output.split("FAIL ") if each.startswith(f"{way}\n")]
    lines = block.split("\n     ")
    assert f"got      {found['got']}" in lines
    assert len(lines) <= 8
    assert "published: page 4" in block
    [case] = [each for each in ElementTree.parse(junit).iter("testcase") if each.get("name") == way]  # noqa: S314 - our own file
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert properties["got"] == found["got"]
    assert properties["because"] == "the-rule"


def test_no_secret_of_an_answer_is_told(told: tuple[str, dict[str, dict[str, object]], Path]) -> None:
    """Neither the output nor a file holds a token that the provider sent."""
    output, results, junit = told
    assert TOKEN not in output + json.dumps(results) + junit.read_text()


def test_a_failing_row_says_where_it_stands_and_which_rule_of_the_stub_refuses(
    run: Run, stub: RunningStub, tmp_path: Path
) -> None:
    """A committed row has its table's file and line; against the stub also the rule, with what it looked at."""
    pact = json.loads((ROOT / "pacts" / "outdial-genesys-cloud.json").read_text())
    [row] = [each for each in pact["interactions"] if each["key"] == "genesys-cloud/place_call/no-station"]
    row["response"]["status"] = 418
    pact["interactions"] = [row]
    (tmp_path / "pact.json").write_text(json.dumps(pact))
    results, junit = tmp_path / "r.json", tmp_path / "r.xml"
    ended = run("verify", tmp_path / "pact.json", "--json", results, "--junit", junit)
    [found] = [each for each in json.loads(results.read_text()) if "/journey/" not in each["case"]]
    assert ended.returncode == 1
    path, line = found["place"].rsplit(":", 1)
    assert (ROOT / path).read_text().splitlines()[int(line) - 1].strip().startswith("no-station:")
    assert found["refused by"] == "station (agent.station: none)"
    assert all(found[name] in ended.stdout for name in ("place", "refused by", "source"))
    where = ("--provider-url", f"{stub.url}/genesys-cloud", "--state-url", stub.state_url)
    ended = run("verify", tmp_path / "pact.json", *where, "--gate", "all", "--json", results, "--junit", junit)
    assert ended.returncode == 1
    assert found["place"] in ended.stdout
    assert "refused by" not in ended.stdout
