"""Input that cannot be used ends with exit code 4 and one clear message, never with a traceback."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from outdial.__main__ import main
from outdial.explain.inputs import LIMIT

CURL = """curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer <TOKEN>' \\
 -H 'Content-Type: application/json' -d '{"phoneNumber": "+13175550142"}'"""
ENTRY: dict[str, Any] = {
    "request": {"method": "POST", "url": "https://a.example/api/v2/x", "headers": []},
    "response": {"status": 403},
}
YAML = "request: POST https://api.mypurecloud.com/api/v2/conversations/calls\n"


def har(*entries: object, **log: object) -> str:
    """A HAR of some entries."""
    return json.dumps({"log": {"entries": list(entries), **log}})


MISFITS: list[Any] = [None, 5, "x", [], {"a": 1}]


def wrong_hars() -> list[str]:
    """HARs whose parts are of a wrong type, or are missing."""
    found = ["{}", "[]", "{", '{"log"', '{"log": 1}', '{"log": []}', '{"log": {}}', '{"log": {"entries": 5}}', har()]
    for wrong in MISFITS:
        found += [har(wrong), har({**ENTRY, "request": wrong})]
        found += [
            har({**ENTRY, "request": {**ENTRY["request"], key: wrong}}) for key in ("method", "url") if wrong != "x"
        ]
    found += [har(ENTRY, ENTRY), har(*[ENTRY] * 5000), "[" * 100_000, '{"log":' * 50_000]
    return found


def wrong_commands() -> list[str]:
    """Commands with a quote too few, an option too many, a value of a wrong kind."""
    at = [place for place, letter in enumerate(CURL) if letter == "'"]
    found = [CURL[:place] + CURL[place + 1 :] for place in at]
    for options in (
        "-F a=b", "--form a=b", "--unknown", "--unknown=x", "-Ü", "-d @file", "--data-binary @file", "--json @file",
        "-H @file", "-K file", "--config file", "--next", "-T file", "-n", "--digest", "--ntlm",
        "--negotiate", "--anyauth", "--aws-sigv4 aws", "--data-urlencode a@file", "--data-urlencode @file", "-V", "-M",
        "-h all", "--request-target /x", "https://b.example", "--url https://b.example", "-X 'A B'", "-d", "-H", "-X",
    ):  # fmt: skip
        found.append(f"{CURL} {options}")
    for url in ("", "''", "ftp://a/b", "file:///etc/passwd", "https://", "https://a:b/", "https://[::1", "https://a/{a,b}",
                "https://a/[1-9]", "'https://a/b c'", "gopher://x", "https:///path"):  # fmt: skip
        found.append(f"curl -X POST {url}")
    found += [
        "curl",
        "curl -d x",
        "curl $'",
        'curl "',
        "curl '",
        "curl $(",
        "curl \\",
        "curl --",
        "curl -",
        'curl ^"https://a',
    ]
    return found


def wrong_yaml() -> list[str]:
    """YAML that is none, or says what there is not."""
    found = [
        "request",
        "a: b",
        "request: 5",
        "request: []",
        "request: POST",
        "request: {a: b}",
        "- a",
        "&a [*a]",
        "\t- a",
    ]
    found += [
        "request: POST x\nrequest: GET x",
        "x: [",
        "x: {",
        "'",
        '"',
        "? [a]: b",
        "!!python/object:os.system {}",
        "%",
    ]
    for line in (
        "headers: 5", "headers: [a]", "given: 5", "given: {nobody: {a: b}}", "given: {agent: 5}",
        "given: {agent: {station: moon}}", "given: {agent: {height: 5}}", "given: {token: {grant: magic}}",
        "given: {token: {scopes: 5}}", "given: {token: {scopes: [5]}}", "given: {token: {permissions: {a: b}}}",
        "given: {token: {permissions: [x], division: moon}}", "edition: none-such", "bod: {}", "response: ''\nbody: 1.5",
        "response: 5", "edition: 5",
    ):  # fmt: skip
        found.append(YAML + line)
    return found


def wrong_text() -> list[str | bytes]:
    """What is no text, no request, or too much of either."""
    noise = random.Random(7)  # noqa: S311
    texts = ["", " \n ", "\0", "hello", "POST /x HTTP/1.1", "<html></html>", "wget https://a", "\ufeff"]
    found: list[str | bytes] = [*texts]
    found += [bytes(noise.randrange(256) for _ in range(size)) for size in (1, 2, 10, 100, 1000)]
    found += [b"\xff\xfe", b"\xff\xfea", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\x1f\x8b\x08"]
    found += [CURL.encode() + b"\xff", CURL + "\0"]
    found += ["x" * (LIMIT + 1), "curl " + "x" * 10_000_000, '{"log": "' + "x" * 10_000_000 + '"}']
    return found


DAMAGED = [*wrong_hars(), *wrong_commands(), *wrong_yaml(), *wrong_text()]


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


@pytest.mark.parametrize(
    "options",
    [
        ["--agent", "station=moon"], ["--agent", "station"], ["--agent", "=x"], ["--agent", "height=5"],
        ["--token", "status=maybe"], ["--token", "nothing=5"], ["--given", "moon.phase=full"], ["--given", "x"],
        ["--grant", "magic"], ["--permission", "a:b:c", "--division", "moon"], ["--edition", "genesis"],
        ["--entry", "0"], ["--response", "no-such-file"], ["--policies", "no-such-folder"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_options_are_refused(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The valid ones are named."""
    file = tmp_path / "request"
    file.write_text(har(ENTRY) if "--entry" in options else CURL)
    assert main(["explain", str(file), *options]) == 4
    assert capsys.readouterr().err.startswith("error: ")
