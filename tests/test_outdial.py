"""One command: what it lists, how it ends, and what it says to a mistake."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from outdial.__main__ import COMMANDS
from outdial.exit_codes import EXIT_CODES
from tests.conftest import ROOT, Run

ROW = "genesys-cloud/get_call/unknown-conversation"
PACT = ROOT / "pacts" / "outdial-genesys-cloud.json"
SCREEN = 40
"""Lines that a small terminal shows at once."""


def holds(run: Run, _folder: Path) -> int:
    return run("verify", "--pacts", PACT, "-k", ROW).returncode


def does_not_hold(run: Run, folder: Path) -> int:
    pact = json.loads(PACT.read_text())
    pact["interactions"] = [each for each in pact["interactions"] if each["key"] == ROW]
    pact["interactions"][0]["response"]["status"] = 403
    changed = folder / "changed.json"
    changed.write_text(json.dumps(pact))
    return run("verify", "--pacts", changed).returncode


def could_not(run: Run, _folder: Path) -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return run("stub", "--port", taken.getsockname()[1]).returncode


def unusable(run: Run, folder: Path) -> int:
    return run("strength", "--policies", folder).returncode


def nothing_selected(run: Run, _folder: Path) -> int:
    return run("verify", "-k", "no-such-row").returncode


ENDINGS: dict[int, Callable[[Run, Path], int]] = {
    0: holds,
    1: does_not_hold,
    2: could_not,
    4: unusable,
    5: nothing_selected,
}


@pytest.mark.parametrize("code", ENDINGS)
def test_each_exit_code_means_what_the_table_says(code: int, run: Run, tmp_path: Path) -> None:
    """One way to come to each code; what asks for 3, an answer that depends, has tests of its own."""
    assert ENDINGS.keys() == EXIT_CODES.keys() - {3}
    assert ENDINGS[code](run, tmp_path) == code


def test_help_lists_every_command_and_every_exit_code(run: Run) -> None:
    """`outdial --help` is enough to begin."""
    said = run("--help").stdout
    assert all(f"\n    {name}" in said for name in COMMANDS)
    assert all(f"\n  {code}  {meaning}\n" in said for code, meaning in EXIT_CODES.items())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_one_screen_with_an_example(command: str, run: Run) -> None:
    """What it does, its options, and a line to copy."""
    ended = run(command, "--help")
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) <= SCREEN
    assert f"outdial {command}" in ended.stdout.partition("example")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "error: the following arguments are required: COMMAND"),
        (["verfy"], "error: there is no command 'verfy' - did you mean 'verify'? Valid: broker, "),
        (["stub", "--prot", "1"], "error: there is no option '--prot' - did you mean '--port'? Valid: "),
        (["stub", "--stat"], "error: there is no option '--stat' - did you mean '--states'?"),
        (["stub", "--port", "99999"], "error: argument --port: invalid port '99999': expected 0 (a free one) to 65535"),
        (["stub", "--port", "http"], "error: argument --port: invalid port 'http'"),
        (
            ["broker", "can-i-deploy", "--output", "tabel"],
            "error: argument -o/--output: invalid choice: 'tabel' (choose from",
        ),
        (["broker", "record-deployment"], "error: the following arguments are required: --to"),
        (["settle", "--pacts", "no-such-folder"], "error: no-such-folder"),
        (["claims", "--policies", "no-such-folder"], "error: no-such-folder: no policy here"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_told_in_a_line_or_two(arguments: list[str], said: str, run: Run) -> None:
    """What was given, the nearest that would do, and exit code 4; no traceback."""
    ended = run(*arguments)
    assert ended.returncode == 4
    assert ended.stderr.startswith(said)
    assert ended.stderr.count("\n") <= 2


def test_what_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    """A result whose folder is a file: the path, the reason, exit code 2."""
    (tmp_path / "file").touch()
    ended = run("claims", "--page", tmp_path / "file" / "claims.md")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert str(tmp_path / "file") in ended.stderr


def test_help_imports_no_room() -> None:
    """Whoever only asks what there is does not wait for the rooms, pydantic, pytest or Pact."""
    program = "import sys; from outdial.__main__ import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = ended.stdout.splitlines()[-1].split()
    rooms = {module.rpartition(".")[0] for module, _ in COMMANDS.values()} - {"outdial.cli"}
    assert "outdial" in loaded
    assert not (rooms | {"contracts", "pydantic", "pytest", "pact", "rich", "yaml"}) & set(loaded)


def test_an_interruption_is_quiet() -> None:
    """Control-C ends with 2, the code for what could not be done, and without a traceback."""
    command = [sys.executable, "-m", "outdial", "settle"]
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs inherit that it is ignored
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heeding) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=120)[1]
    assert (process.returncode, errors) == (2, "")


@pytest.mark.parametrize("but", ["", "*", "intranet.example"])
@pytest.mark.parametrize("command", [["generate", "-k", "get_call/participants"], ["verify", "-k", "get_call"]])
def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(command: list[str], but: str, tmp_path: Path) -> None:
    """Behind a company's proxy, mock servers, stub and states are still asked directly."""
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    env = {**os.environ, "PYTHONPATH": str(ROOT), **proxies, "no_proxy": but, "NO_PROXY": but}
    where = ["--pacts", str(tmp_path / "pacts")] if command[0] == "generate" else []
    ended = subprocess.run(
        [sys.executable, "-m", "outdial", *command, *where],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("command", [["claims"], ["--help"], ["strength", "--edition", "nice-cxone.omnichannel"]])
def test_a_reader_that_leaves_is_no_error(command: list[str], tmp_path: Path) -> None:
    """`outdial … | true`: nothing on standard error."""
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-m", "outdial", *command],
        cwd=tmp_path, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=240, check=False,
    )  # fmt: skip
    os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode in {0, 2}


def test_make_names_the_exit_code_that_it_hides(tmp_path: Path) -> None:
    """`make` ends with 2 whatever the command's code; the code is in its last line."""
    if shutil.which("make") is None:
        pytest.skip("there is no make here")
    command = ["make", "--assume-old=.venv/installed", "verify", f"ARGS=--pacts {tmp_path / 'none.json'}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert "Error 4" in ended.stderr
