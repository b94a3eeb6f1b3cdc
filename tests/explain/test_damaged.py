"""Input that cannot be used ends with exit code 4 and one clear message, never with a traceback."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from outdial.__main__ import main
from outdial.explain import search
from outdial.explain.inputs import LIMIT

CURL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 -H 'Content-Type: application/json' -d '{"phoneNumber": "+13175550142"}'"""
SENT = {"method": "POST", "url": "https://a.example/api/v2/x", "headers": []}
ENTRY: dict[str, Any] = {"request": SENT, "response": {"status": 403}}
YAML = "request: POST https://api.mypurecloud.com/api/v2/conversations/calls\n"


def har(*entries: object) -> str:
    """A HAR of some entries."""
    return json.dumps({"log": {"entries": list(entries)}})


HARS = ["{}", "[]", "{", '{"log"', '{"log": 1}', '{"log": []}', '{"log": {"entries": 5}}', har(), har(ENTRY, ENTRY)]
HARS += [har(*[ENTRY] * 5000), "[" * 100_000, '{"log":' * 50_000]
NOT_TEXT: list[Any] = [None, 5, [], {}]
HARS += [har({**ENTRY, "request": {**SENT, key: wrong}}) for key in ("method", "url") for wrong in NOT_TEXT]
HARS += [har({**ENTRY, "request": wrong}) for wrong in [*NOT_TEXT, "x", {"a": 1}]]
OPTIONS = """-F a=b; --form a=b; --unknown; --unknown=x; -Ü; -d @file; --data-binary @file; --json @file; -H @file; -K file;
--config file; --next; -T file; -n; --digest; --ntlm; --negotiate; --aws-sigv4 aws; --data-urlencode a@file; -V; -M; -h all;
--data-urlencode @file; --request-target /x; https://b.example; --url https://b.example; -X 'A B'; -d; -H; -X"""
URLS = (
    "'' ftp://a/b file:///etc/passwd https:// https://a:b/ https://[::1 https://a/{a,b} 'https://a/b c' https:///path"
)
COMMANDS = [CURL[:at] + CURL[at + 1 :] for at, letter in enumerate(CURL) if letter == "'"]
COMMANDS += [f"{CURL} {options.strip()}" for options in OPTIONS.split(";")]
COMMANDS += [f"curl -X POST {url}" for url in URLS.split()]
COMMANDS += ["curl" + " -H x:y" * 5000]  # reading its options takes the square of their number
COMMANDS += ["curl", "curl -d x", "curl $'", 'curl "', "curl $(", "curl \\", "curl --", "curl -", 'curl ^"https://a']
YAMLS = ["request", "a: b", "request: 5", "request: []", "request: POST", "request: {a: b}", "- a", "&a [*a]", "\t- a"]
YAMLS += ["request: POST x\nrequest: GET x", "x: [", "x: {", "'", '"', "!!python/object:os.system {}", "%"]
GIVEN = """headers: 5; headers: [a]; given: 5; given: {nobody: {a: b}}; given: {agent: 5}; given: {agent: {station: moon}};
given: {agent: {height: 5}}; given: {token: {grant: magic}}; given: {token: {scopes: 5}}; given: {token: {scopes: [5]}};
given: {token: {permissions: {a: b}}}; given: {token: {permissions: [x], division: moon}}; edition: none-such; bod: {};
response: 5; edition: 5"""
YAMLS += [YAML + line.strip() for line in GIVEN.split(";")]
NOISE = random.Random(7)  # noqa: S311
TEXTS: list[str | bytes] = ["", " \n ", "\0", "hello", "<html></html>", "wget https://a", "\ufeff", CURL + "\0"]
TEXTS += [bytes(NOISE.randrange(256) for _ in range(size)) for size in (1, 2, 10, 100, 1000)]
TEXTS += [b"\xff\xfe", b"\xff\xfea", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", CURL.encode() + b"\xff", "x" * (LIMIT + 1)]
DAMAGED = [*HARS, *COMMANDS, *YAMLS, *TEXTS]


@pytest.mark.parametrize("damaged", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_input_is_refused_with_one_message(
    damaged: str | bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4, nothing on standard output, a message of a few lines on standard error."""
    file = tmp_path / "request"
    file.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    assert main(["explain", str(file)]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert len(said.err.splitlines()) < 20
    assert len(said.err) < 1500


WRONG = """--agent station=moon; --agent station; --agent =x; --agent height=5; --token status=maybe; --token nothing=5;
--given moon.phase=full; --given x; --grant magic; --permission a:b:c --division moon; --edition genesis; --entry 0;
--response no-such-file; --policies no-such-folder"""


@pytest.mark.parametrize("options", [each.split() for each in WRONG.split(";")], ids=" ".join)
def test_wrong_options_are_refused(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The valid ones are named."""
    file = tmp_path / "request"
    file.write_text(har(ENTRY) if "--entry" in options else CURL)
    assert main(["explain", str(file), *options]) == 4
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            [CURL, "--token", "grant=client_credential"],
            "--token grant=client_credential: invalid token.grant - did you",
        ),
        ([CURL, "--grant", "client_credential"], "--grant client_credential: invalid token.grant - did you mean"),
        ([CURL.replace("'Authorization: Bearer <TOKEN>'", "\"Authorization: Bearer ' 'x'")], 'a quote (") is opened'),
        ([CURL.replace("-H 'Authorization: Bearer <TOKEN>'", '-H \'X: " -H "Y: 1"').replace("'", "", 2)], "a quote"),
    ],
)
def test_an_error_repeats_what_was_typed(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The option with its value, and the quote that is open, whatever the number of quotes."""
    assert main(["explain", *arguments]) == 4
    assert says in capsys.readouterr().err


def test_too_many_unknown_facts_are_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The search is given up after a number of steps."""
    monkeypatch.setattr(search, "LIMIT", 2)
    assert main(["explain", CURL]) == 4
    assert "state more of them, such as --grant" in capsys.readouterr().err
