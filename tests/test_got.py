"""A failing row tells the provider's answer; verdicts on anybody's pact stand beside the official verifier's."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from outdial.__main__ import main
from tests.raw_provider import http, sending

WANTED = {"code": "wanted", "message": "as wanted"}
TOKEN = "live-9f8e7d6c5b4a"
WAYS: dict[str, tuple[bytes, int | None, str, str]] = {
    "another-code": (http('{"code": "other", "message": "not that"}', "403 Forbidden"), 403, "other", "not that"),
    "another-status": (http(json.dumps(WANTED), "404 Not Found"), 404, "wanted", "as wanted"),
    "accepted": (http('{"id": "1"}', "202 Accepted"), 202, "", ""),
    "200-with-an-error": (http(json.dumps(WANTED)), 200, "wanted", "as wanted"),
    "500": (http('{"error": "boom", "error_description": "why"}', "500 Oops"), 500, "boom", "why"),
    "html": (http("<html>Bad gateway</html>", "502 Bad", "text/html"), 502, "", "text/html, <html>Bad gateway</html>"),
    "empty": (http("", "403 Forbidden"), 403, "", "an empty body"),
    "list": (http('["no"]', "403 Forbidden"), 403, "", 'application/json, ["no"]'),
    "cut": (http('{"code": "wa', "403 Forbidden", length=99), None, "", "cut off after 12 of 99 bytes"),
    "redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: /way/ok\r\nContent-Length: 0\r\n\r\n",
        302,
        "",
        "redirects to /way/ok",
    ),
    "closed": (b"", None, "", "the connection was closed without an answer"),
    "no-http": (b"SSH-2.0-OpenSSH_9.6\r\n", None, "", "not HTTP: BadStatusLine SSH-2.0-OpenSSH_9.6"),
    "terminal-codes": (http('{"code": "a\\u001b[31mb", "message": "c\\nd"}', "403 F"), 403, "a [31mb", "c d"),
    "gzip": (http(gzip.compress(b'{"code": "x", "message": "y"}'), "403 No\r\nContent-Encoding: gzip"), 403, "x", "y"),
    "long": (http(json.dumps({"code": "x", "message": "y" * 9000}), "403 F"), 403, "x", "y" * 300 + "…"),
    "secret": (
        http(f'{{"access_token": "{TOKEN}"}}', "403 F"),
        403,
        "",
        'application/json, {"access_token": (secret)}',
    ),
}
"""What is sent, and the status, code and message that are told of it."""

Told = tuple[str, dict[str, dict[str, Any]], Path]


def written(folder: Path, name: str, *rows: dict[str, Any]) -> Path:
    """Write a pact of somebody else."""
    names = {"consumer": {"name": "c"}, "provider": {"name": "p"}}
    pact = {**names, "interactions": list(rows), "metadata": {"pactSpecification": {"version": "4.0"}}}
    (folder / f"{name}.json").write_text(json.dumps(pact))
    return folder / f"{name}.json"


def row(key: str, **parts: Any) -> dict[str, Any]:
    """Return an interaction that expects 200."""
    head = {"type": "Synchronous/HTTP", "description": key, "key": key}
    return {**head, "request": {"method": "GET", "path": f"/{key}"}, "response": {"status": 200}, **parts}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run over a pact with a row for each way: its output, its JSON by row, and its JUnit."""
    folder = tmp_path_factory.mktemp("got")
    expected = {"status": 403, "body": {"content": WANTED, "contentType": "application/json"}}
    comments = {"because": "the-rule", "basis": "published", "source": "page 4"}
    pact = written(folder, "pact", *(row(way, response=expected, comments=comments) for way in WAYS))
    with sending(lambda path, _: WAYS[path.removeprefix("/")][0]) as url:
        code, output, results = verified(folder, pact, "--provider-url", url)
    assert code == 1, output
    return output, results, folder / "results.xml"


def verified(folder: Path, *words: object) -> tuple[int, str, dict[str, dict[str, Any]]]:
    """Run `outdial verify`; return its code, its output, and its JSON by row."""
    files = ("--json", folder / "results.json", "--junit", folder / "results.xml")
    command = [sys.executable, "-m", "outdial", "verify", *map(str, (*words, *files))]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    results = json.loads((folder / "results.json").read_text())
    return ended.returncode, ended.stdout + ended.stderr, {each["case"]: each for each in results}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_sent_is_what_is_told(told: Told, way: str) -> None:
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


def test_no_secret_of_an_answer_is_told(told: Told) -> None:
    """Neither the output nor a file holds a token that the provider sent."""
    output, results, junit = told
    assert TOKEN not in output + json.dumps(results) + junit.read_text()


MOVED = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
GZIP = http(gzip.compress(b'{"id": 1}'), "200 OK\r\nContent-Encoding: gzip")
STATE = "state-value-4711"
TEXT = {"contentType": "application/json"}
HEADER = {"X-Key": ["example"]}
FROM_STATE = {"header": {"$['X-Key'][0]": {"type": "ProviderState", "expression": "${key}", "dataType": "STRING"}}}
KINDS: dict[str, tuple[dict[str, Any], bytes, bool, bool]] = {
    "redirect": ({"response": {"status": 302, "headers": {"Location": ["/there"]}}}, MOVED, True, False),
    "redirect-elsewhere": ({"response": {"status": 302, "headers": {"Location": ["/x"]}}}, MOVED, False, False),
    "gzip": ({"response": {"status": 200, "body": {"content": {"id": 1}, **TEXT}}}, GZIP, True, True),
    "gzip-other": ({"response": {"status": 200, "body": {"content": {"id": 2}, **TEXT}}}, GZIP, False, False),
    "purge": ({"request": {"method": "PURGE", "path": "/purge"}}, http("{}"), True, True),
    "trace": ({"request": {"method": "TRACE", "path": "/trace"}}, http("{}"), True, True),
    "body-without-content": ({"response": {"status": 200, "body": TEXT}}, http("[5]"), True, True),
    "header-of-a-state": (
        {
            "providerStates": [{"name": "a key"}],
            "request": {"method": "GET", "path": "/header-of-a-state", "headers": HEADER, "generators": FROM_STATE},
            "response": {"status": 200, "headers": {"X-Echo": ["other"]}},
        },
        http("{}", f"200 OK\r\nX-Echo: {STATE}"),
        False,
        False,
    ),
}
"""What a row states, what the provider sends, and whether it holds: for us, and for the official verifier.

The official verifier follows a redirect, which we compare as an answer: the one intended difference of verdicts.
"""


def official(folder: Path, pact: Path, url: str) -> tuple[int, str, dict[str, bool]]:
    """Run `pact verifier`; return its code, its output, and its verdicts by row."""
    address, port = url.removeprefix("http://").split(":")
    where = ("--hostname", address, "--port", port, "--state-change-url", f"{url}/states", "--json", folder / "o.json")
    command: list[str | Path] = [Path(sys.executable).with_name("pact"), "verifier", "--file", pact, *where]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
    report = json.loads((folder / "o.json").read_text())
    found = {str(each.get("interactionKey")): each["result"] == "OK" for each in report.get("interactionResults", [])}
    return ended.returncode, ended.stdout + ended.stderr, found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bool], dict[str, bool], str]:
    """The verdicts of both verifiers on one pact, and our output."""
    folder = tmp_path_factory.mktemp("kinds")
    pact = written(folder, "pact", *(row(name, **stated) for name, (stated, *_) in KINDS.items()))

    def send(path: str, _: bytes) -> bytes:
        return (
            http(f'{{"key": "{STATE}"}}') if path == "/states" else KINDS.get(path[1:], ({}, http("{}", "404 No")))[1]
        )

    with sending(send) as url:
        _, output, results = verified(folder, pact, "--provider-url", url, "--state-url", f"{url}/states")
        _, _, theirs = official(folder, pact, url)
    assert STATE not in output + json.dumps(results)
    assert "body-without-content: the response body has no `content`, so no body is compared" in output
    return {name: bool(each["passed"]) for name, each in results.items()}, theirs, output


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_is_the_official_verifiers(both: tuple[dict[str, bool], dict[str, bool], str], kind: str) -> None:
    """On each kind of row, as the table says."""
    ours, theirs, output = both
    assert (ours[kind], theirs[kind]) == KINDS[kind][2:], output


@pytest.mark.parametrize(
    ("kind", "code", "theirs", "said"),
    [
        ("a byte order mark", 0, 1, "1 interactions verified: 1 hold"),  # which the official verifier cannot read
        ("a message beside", 0, 0, "pact.json: 1 messages skipped; only HTTP is verified here"),
        ("pending and wrong", 0, 0, "pact.json: 1 pending interactions, which are reported and do not decide"),
        ("a state", 4, 0, "--provider-url needs --state-url"),  # its values would be missing
    ],
)
def test_a_file_is_judged_as_by_the_official_verifier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, code: int, theirs: int, said: str
) -> None:
    """Without a state URL, which is needed only where a row has a state."""
    rows = [row("one")]
    if kind == "a message beside":
        rows.append({"type": "Asynchronous/Messages", "description": "an event", "contents": {}})
    elif kind == "pending and wrong":
        rows.append(row("two", pending=True, response={"status": 418}))
    elif kind == "a state":
        rows.append(row("two", providerStates=[{"name": "a key"}]))
    pact = written(tmp_path, "pact", *rows)
    if kind == "a byte order mark":
        pact.write_text("\ufeff" + pact.read_text())
    files = ["--json", str(tmp_path / "r.json"), "--junit", str(tmp_path / "r.xml")]
    with sending(lambda *_: http("{}")) as url:
        assert main(["verify", str(pact), "--provider-url", url, *files]) == code
        assert official(tmp_path, pact, url)[0] == theirs
    captured = capsys.readouterr()
    assert said in captured.out + captured.err
