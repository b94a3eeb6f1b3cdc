"""One command: what it lists, how it ends, and what it says to a mistake."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.request import getproxies

import pytest
import requests

from outdial.__main__ import COMMANDS
from outdial.exit_codes import EXIT_CODES
from tests.command import outdial
from tests.conftest import ROOT

SCREEN = 40
"""Lines that a small terminal shows at once."""


def test_help_lists_every_command_and_every_exit_code() -> None:
    """`outdial --help` is enough to begin. Tests of each command show how its codes come about."""
    said = outdial("--help").out
    assert all(f"\n    {name}" in said for name in COMMANDS)
    assert all(f"\n  {code}  {meaning}\n" in said for code, meaning in EXIT_CODES.items())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_one_screen_with_an_example(command: str) -> None:
    """Its purpose, its options, and a line to copy."""
    done = outdial(command, "--help")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) <= SCREEN
    assert f"outdial {command}" in done.out.partition("example")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "error: the following arguments are required: COMMAND"),
        (["verfy"], "error: invalid command 'verfy' - did you mean 'verify'? Valid: broker, "),
        (["stub", "--prot", "1"], "error: invalid option '--prot' - did you mean '--port'? Valid: "),
        (["stub", "--stat"], "error: invalid option '--stat' - did you mean '--states'?"),
        (["stub", "--port", "99999"], "error: argument --port: invalid port '99999': expected 0 (a free one) to 65535"),
        (["stub", "--port", "http"], "error: argument --port: invalid port 'http'"),
        (["broker", "pubish"], "error: invalid command 'pubish' - did you mean 'publish'? Valid: can-i-deploy, "),
        (["broker", "publish", "--brnch", "x"], "error: invalid option '--brnch' - did you mean '--branch'? Valid: "),
        (["broker", "can-i-deploy", "-o", "tabel"], "error: invalid -o/--output 'tabel' - did you mean 'table'?"),
        (["broker", "record-deployment"], "error: the following arguments are required: --to"),
        (["settle", "--pacts", "no-such-folder"], "error: no-such-folder"),
        (["claims", "--policies", "no-such-folder"], "error: no-such-folder: no policy here"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_told_in_a_line_or_two(arguments: list[str], said: str) -> None:
    """The value, the nearest that would do, and exit code 4; no traceback."""
    done = outdial(*arguments)
    assert done.code == 4
    assert done.err.startswith(said)
    assert done.err.count("\n") <= 2


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """A result whose folder is a file: the path, the reason, exit code 2."""
    (tmp_path / "file").touch()
    done = outdial("schemas", "--out", tmp_path / "file" / "schemas")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert str(tmp_path / "file") in done.err


def test_help_imports_no_room() -> None:
    """Whoever only asks what there is does not wait for the rooms, pydantic, pytest or Pact."""
    program = "import sys; from outdial.__main__ import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = ended.stdout.splitlines()[-1].split()
    rooms = {module.rpartition(".")[0] for module, _ in COMMANDS.values()} - {"outdial.cli"}
    assert "outdial" in loaded
    assert not (rooms | {"contracts", "pydantic", "pytest", "pact", "rich", "yaml"}) & set(loaded)


@pytest.mark.parametrize("but", ["", "*", "intranet.example"])
def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(but: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a company's proxy, mock servers, stub and states are still asked directly."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", but)
    monkeypatch.setenv("NO_PROXY", but)
    done = outdial("pact", "--client", "contracts:play", "--consumer", "x", "--tables", "no-such-table")
    assert done.code == 4
    assert requests.utils.should_bypass_proxies("http://127.0.0.1:1/", None) or not getproxies()


@pytest.mark.parametrize("command", [["--help"], ["strength", "--edition", "nice-cxone.omnichannel"]])
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
