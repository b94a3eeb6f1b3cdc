"""The command as people use it: neighbours of the covered operations, exit codes, time, and that nothing is sent."""

import json
import socket
from pathlib import Path
from shutil import copytree

import pytest

from outdial.__main__ import main
from outdial.provider import POLICIES

API = "https://api.mypurecloud.com/api/v2"
BEARER = "-H 'Authorization: Bearer <TOKEN>'"
CALL = f"""curl -X POST {API}/conversations/calls/user/5f {BEARER} --json '{{"phoneNumber": "+13175550142"}}'"""
KNOWN = [
    "--grant=client_credentials", "--permission=conversation:call:add", "--division=home", "--agent=division=home",
    "--agent=station=associated", "--agent=exists=true", "--given=destination.placeable=true", "--token=status=valid",
    "--token=rate_limit=free", "--token=network=allowed", "--token=service=available", "--token=authorized=true",
    "--token=security_policy=allows",
]  # fmt: skip


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    """Exit code and JSON."""
    code = main(["explain", *arguments, "--json"])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, found


def test_the_exit_code_is_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    """0 accepted, 1 refused, 3 it depends."""
    assert explained(capsys, CALL, *KNOWN)[0] == 0
    assert explained(capsys, CALL, *KNOWN, "--agent=station=none")[0] == 1
    assert explained(capsys, CALL, *KNOWN[:-1])[0] == 3


def test_nothing_is_sent_anywhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a name is looked up."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert explained(capsys, CALL)[0] == 3


def test_a_refusal_can_be_kept_as_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The rows that pin it are named; where there is none, what a row would say."""
    main(["explain", CALL.replace("/user/5f", ""), "--grant=client_credentials", "--row"])
    assert "Pinned by genesys-cloud/place_call/" in capsys.readouterr().out
    main(["explain", f"curl -X DELETE {API}/routing/queues/5f {BEARER}", "--permission=none", "--row"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("No row pins it. For a table: DELETE /api/v2/routing/queues/{queueId}, because: permission")


@pytest.mark.parametrize("options", [[], ["curl http://x", "--page"], ["nosuch.txt"]])
def test_a_request_that_is_not_there_is_named(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Neither nothing, nor a request beside the page, nor a file that does not exist."""
    assert main(["explain", *options]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert ("nosuch.txt: no such file" in said.err) == (options == ["nosuch.txt"])


def test_a_file_that_is_no_text_is_named_with_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that exists is never said to be missing."""
    (tmp_path / "request").write_bytes(b"\xfa")
    assert main(["explain", str(tmp_path / "request")]) == 4
    assert "request: byte 0 is not utf-8" in capsys.readouterr().err


def test_only_what_is_asked_for_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another edition that cannot be read does not matter; the one that is asked for does."""
    folder = copytree(POLICIES, tmp_path / "policies")
    for path in folder.glob("*.yaml"):
        if path.stem != "genesys-cloud":
            path.write_text("provider: [broken")
    assert explained(capsys, CALL, *KNOWN, "--policies", str(folder))[0] == 0
    assert main(["explain", CALL, "--policies", str(folder), "--edition", "owner-id"]) == 4
    assert "genesys-cloud.owner-id.yaml" in capsys.readouterr().err
