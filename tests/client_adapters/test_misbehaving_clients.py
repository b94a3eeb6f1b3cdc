"""A client's fault is told in one line with its row, in time, and nothing is written."""

from pathlib import Path

import pytest

from tests.client_adapters.client import SECRET
from tests.client_adapters.playing import command, lines_of
from tests.command import Done, outdial

ACCEPTED, UNKNOWN_TOKEN, SPENT = (f"app/genesys-cloud/place_call/{row}" for row in ("accepted", "unknown-token", "rate-limit-spent"))  # fmt: skip
POST = "POST /api/v2/conversations/calls"
FAULTS = [
    ("hang", 2, UNKNOWN_TOKEN, "gave no answer within 1 s (--seconds), and sent no request"),
    ("crash", 2, UNKNOWN_TOKEN, "ended with exit code 1, saying 'no such field: division'"),
    ("garbage", 2, UNKNOWN_TOKEN, "wrote 'Loading configuration…' to standard output, which is not JSON"),
    ("double POST", 2, UNKNOWN_TOKEN, f"sent {POST} twice; an operation is one request"),
    ("waits on 429", 0, SPENT, f"after {POST}; it was answered 429 too.many.requests.retry.after, which invites to wait and send it again"),
    ("wrong operation", 2, UNKNOWN_TOKEN, f"sent {POST}/user/someone, which is not the row's request; did not send {POST}"),
    ("wrong body", 1, ACCEPTED, f"sent another {POST} than the row's: $.phoneNumber: Body mismatch: Expected '+1' (String) to be equal to '+13175550142'"),
    ("wrong token", 1, ACCEPTED, f"sent another {POST} than the row's: Authorization: not as expected (the value is a secret and not shown)"),
    ("no request", 2, UNKNOWN_TOKEN, f"did not send {POST}"),
    ("wrong types", 2, UNKNOWN_TOKEN, "status: expects a whole number, found '401'"),
    ("another row's answer", 2, UNKNOWN_TOKEN, "answered seq 99, and seq 2 was asked"),
    ("refusal taken for accepted", 2, UNKNOWN_TOKEN, "took a refusal for accepted: 401 bad.credentials"),
    ("wrong status", 2, UNKNOWN_TOKEN, "read status 403, and it was 401"),
    ("accepted taken for refused", 1, ACCEPTED, "said 'Refused' to an accepted request"),
    ("wrong result", 1, ACCEPTED, "read id 'another', and it was '"),
]  # fmt: skip
SLOW = {"hang", "waits on 429"}


def play(client: str, folder: Path, *options: str) -> Done:
    """Run `outdial pact` with this client over one table."""
    words = ("pact", "--consumer", "app", "--client", client, "--pacts", folder / "pacts", "--tables")
    return outdial(*words, "genesys-cloud/place_call", *options, folder=folder)


@pytest.mark.parametrize(("fault", "at", "row", "said"), FAULTS, ids=[fault for fault, *_ in FAULTS])
def test_a_fault_is_one_line_with_its_row_and_nothing_is_written(
    fault: str, at: int, row: str, said: str, tmp_path: Path
) -> None:
    """Exit code 1; a client that waits costs its time limit and no more; no token that it sends is shown."""
    rows = ["-k", "place_call/accepted or place_call/unknown-token or place_call/rate-limit-spent"]
    done = play(command(fault, at), tmp_path, *rows, "--seconds", "1" if fault in SLOW else "20")
    assert (done.code, done.err, (tmp_path / "pacts").exists()) == (1, "", False)
    (told,) = lines_of(done.out)
    assert told.startswith(f"FAIL {row} (")
    assert said in told.partition(": the client ")[2]
    assert SECRET not in done.text


def test_no_secret_in_last_words_is_told(tmp_path: Path) -> None:
    """Masked like every other text of the client."""
    done = play(command("last words", 1), tmp_path, "-k", "accepted")
    assert (done.code, SECRET in done.text, "saying" in done.out) == (1, False, True)


def test_a_client_that_fails_ends_the_run(tmp_path: Path) -> None:
    """With its row, and the number of rows that were not played."""
    always = tmp_path / "always.py"
    always.write_text("""print('{"client": "x"}', flush=True); input(); raise SystemExit('as always')""")
    done = play(f"python3 {always}", tmp_path)
    assert (done.code, len(lines_of(done.out))) == (1, 1)
    assert " rows were not played" in done.out


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("no-such-adapter --fast", "cannot start 'no-such-adapter': No such file or directory; --client takes a command"),
        ("'unclosed", 'invalid --client "\'unclosed": No closing quotation'),
        ("", "invalid --client '': expected a command"),
        ("true", 'the client cannot be asked: it ended with exit code 0; its first line is {"client": "name and version"}'),
        ("echo hello", "the client cannot be asked: it wrote 'hello' to standard output, which is not JSON"),
        ("no_such_module:play", "the client cannot be asked: it ended with exit code 1, saying \"no_such_module:play: No module"),
        ("json:no_such_function", "module 'json' has no attribute 'no_such_function'"),
    ],
    ids=["no command", "quotation", "empty", "ends", "garbage", "no module", "no function"],
)  # fmt: skip
def test_a_client_that_cannot_be_asked_is_told_before_any_row(client: str, said: str, tmp_path: Path) -> None:
    """One line on standard error, exit code 4."""
    done = play(client, tmp_path)
    assert (done.code, done.err.count("\n")) == (4, 1)
    assert said in done.err
