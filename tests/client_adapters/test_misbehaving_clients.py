"""What a client does wrong is told in one line with its row, in time, and nothing is written."""

import time
from pathlib import Path

import pytest

from outdial.__main__ import main
from tests.client_adapters.client import SECRET
from tests.client_adapters.playing import CLIENT, command, lines_of

ACCEPTED, UNKNOWN_TOKEN, SPENT = (f"app/genesys-cloud/place_call/{row}" for row in ("accepted", "unknown-token", "rate-limit-spent"))  # fmt: skip
POST = "POST /api/v2/conversations/calls"
FAULTS = [
    ("hang", 2, UNKNOWN_TOKEN, "gave no answer within 2 s (--seconds), and sent no request"),
    ("hang after the request", 2, UNKNOWN_TOKEN, f"gave no answer within 2 s (--seconds), after {POST}; it was answered 401 bad.credentials"),
    ("crash", 2, UNKNOWN_TOKEN, "ended with exit code 1, saying 'no such field: division'"),
    ("killed", 2, UNKNOWN_TOKEN, "ended by SIGKILL"),
    ("garbage", 2, UNKNOWN_TOKEN, "wrote 'Loading configuration…' to standard output, which is no JSON"),
    ("not an object", 2, UNKNOWN_TOKEN, """wrote '["seq", 2]': """),
    ("two answers", 2, UNKNOWN_TOKEN, "answered twice; one question has one answer"),
    ("double POST", 2, UNKNOWN_TOKEN, f"sent {POST} twice; an operation is one request"),
    ("retry on 429", 0, SPENT, f"sent {POST} twice; an operation is one request"),
    ("waits on 429", 0, SPENT, "it was answered 429 too.many.requests.retry.after, which invites to wait and send it again"),
    ("wrong operation", 2, UNKNOWN_TOKEN, f"sent {POST}/user/someone, which is not the row's request; did not send {POST}"),
    ("wrong body", 1, ACCEPTED, f"sent another {POST} than the row's: $.phoneNumber: Body mismatch: Expected '+1' (String) to be equal to '+13175550142'"),
    ("wrong token", 1, ACCEPTED, f"sent another {POST} than the row's: Authorization: not as expected (the value is a secret and not shown)"),
    ("no request", 2, UNKNOWN_TOKEN, f"did not send {POST}"),
    ("wrong types", 2, UNKNOWN_TOKEN, "status: expects a whole number, found '401'"),
    ("no status of HTTP", 2, UNKNOWN_TOKEN, "status: "),
    ("misspelt", 2, UNKNOWN_TOKEN, "unknown key 'staus' - did you mean 'status'?"),
    ("huge line", 2, UNKNOWN_TOKEN, "wrote a line of more than 1,000,000 bytes, which begins '{\"seq\": 2, "),
    ("another row's answer", 2, UNKNOWN_TOKEN, "answered seq 99, and seq 2 was asked"),
    ("refusal taken for accepted", 2, UNKNOWN_TOKEN, "took a refusal for accepted: 401 bad.credentials"),
    ("wrong status", 2, UNKNOWN_TOKEN, "read status 403, and it was 401"),
    ("wrong code", 2, UNKNOWN_TOKEN, "read code 'not.authorized', and it was 'bad.credentials'"),
    ("accepted taken for refused", 1, ACCEPTED, "said 'Refused' to an accepted request"),
    ("wrong result", 1, ACCEPTED, "read id 'another', and it was '"),
]  # fmt: skip
SECONDS = 2
SLOW = {"hang", "hang after the request", "waits on 429"}


@pytest.mark.parametrize(("fault", "at", "row", "said"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_fault_is_one_line_with_its_row_and_nothing_is_written(
    fault: str, at: int, row: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, the row first, what was wrong after it; a client that waits costs its time limit and no more."""
    pacts, limit = tmp_path / "pacts", SECONDS if fault in SLOW else 20
    began = time.monotonic()
    rows = ["-k", "place_call/accepted or place_call/unknown-token or place_call/rate-limit-spent"]
    options = ["--tables", "genesys-cloud/place_call", *rows, "--pacts", str(pacts), "--seconds", str(limit)]
    code = main(["pact", "--consumer", "app", "--client", command(fault, at), *options])
    took = time.monotonic() - began
    out, err = capfd.readouterr()
    assert (code, err, pacts.exists()) == (1, "", False)
    first, *others = lines_of(out)
    assert first.startswith(f"FAIL {row} (")
    assert said in first.partition(": the client ")[2]
    assert fault.endswith("on 429") or not others
    assert took < 60
    print(f"{fault} | {row} | {took:.1f} s | exit code {code}")  # shown by pytest -rP


def test_two_answers_to_the_last_row_are_told_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a client says when nothing more is asked belongs to the last row."""
    select = ["--tables", "genesys-cloud/place_call", "-k", "accepted", "--pacts", str(tmp_path / "pacts")]
    code = main(["pact", "--consumer", "app", "--client", command("two answers", 1), *select])
    assert code == 1
    assert lines_of(capfd.readouterr().out)[0].endswith("the client answered twice; one question has one answer")


def test_no_secret_of_a_client_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not a token that it sends instead of the row's, nor one in its last words."""
    options = ["--tables", "genesys-cloud/place_call", "--pacts", str(tmp_path / "pacts")]
    for fault in ("wrong token", "last words"):
        assert main(["pact", "--consumer", "app", "--client", command(fault, 1), *options]) == 1
    out = capfd.readouterr().out
    assert len(lines_of(out)) == 2
    assert SECRET not in out


def test_a_client_that_always_fails_is_given_up(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A crash at every row is not started again without end."""
    always = tmp_path / "always.py"
    always.write_text("""print('{"client": "x"}', flush=True); input(); raise SystemExit('as always')""")
    options = ["--client", f"python3 {always}", "--consumer", "app", "--pacts", str(tmp_path / "pacts")]
    options += ["--tables", "genesys-cloud"]
    assert main(["pact", *options]) == 1
    out = capfd.readouterr().out
    assert len(lines_of(out)) == 5
    assert "the client failed 5 times; " in out


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("no-such-adapter --fast", "cannot start 'no-such-adapter': No such file or directory; --client takes a command"),
        ("'unclosed", '--client "\'unclosed" is no command: No closing quotation'),
        ("", "--client names no command"),
        ("true", 'the client cannot be asked: it ended with exit code 0; its first line is {"client": "name and version"}'),
        ("echo hello", "the client cannot be asked: it wrote 'hello' to standard output, which is no JSON"),
        ("no_such_module:play", "the client cannot be asked: it ended with exit code 1, saying \"no_such_module:play: No module"),
        ("json:no_such_function", "module 'json' has no attribute 'no_such_function'"),
    ],
    ids=["no command", "quotation", "empty", "ends", "garbage", "no module", "no function"],
)  # fmt: skip
def test_a_client_that_cannot_be_asked_is_told_before_any_row(
    client: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line on standard error, exit code 4."""
    options = ["--tables", "genesys-cloud", "--pacts", str(tmp_path / "pacts")]
    code = main(["pact", "--consumer", "app", "--client", client, *options])
    err = capfd.readouterr().err
    assert (code, err.count("\n")) == (4, 1)
    assert said in err


def test_the_client_of_these_tests_does_right_unless_asked_otherwise() -> None:
    """So that each fault is the only one."""
    assert CLIENT.is_file()
