"""Every command of the README does what it says, in a fresh copy of the project; its files are what they claim."""

import os
import re
import shutil
import socket
import subprocess
import tomllib
from contextlib import ExitStack
from pathlib import Path

from outdial.__main__ import COMMANDS
from outdial.broker.setting import policy_version
from outdial.exit_codes import EXIT_CODES
from outdial.generation.clients import CLIENTS
from outdial.pact_files import read_pacts
from outdial.provider import POLICIES
from outdial.tables import load_suite
from tests.broker.doubles import JOURNEY, Broker, recorded_broker
from tests.command import outdial
from tests.conftest import ROOT
from tests.table_files import copy_tables, edit

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh( background| broker| refused)?\n(.*?)^```$", README, re.M | re.S)
PICTURE = README.partition("```text\n$ ")[2].partition("```")[0].splitlines()[1:]
CLONE = re.compile(r"git clone \S+ outdial && cd outdial")
OWN = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # these tests run below make


def test_every_target_of_the_readme_exists_and_its_refusal_is_real(tmp_path: Path) -> None:
    """`make` alone lists them; the picture of the first command is what it prints."""
    assert CLONE.match(BLOCKS[0][1]), "the first block clones the project"
    listed = subprocess.run(["make"], cwd=ROOT, env=OWN, capture_output=True, text=True, check=True).stdout
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z-]+)", " ".join(commands for _, commands in BLOCKS)):
        assert re.search(rf"^{target}:.* ## \S", makefile, re.M), target
    assert re.search(r"^  make test +\S", listed, re.M)
    request = tmp_path / "request.txt"
    command = next(commands for kind, commands in BLOCKS if kind == " refused")
    request.write_text(command.partition("\n")[2].rpartition("REQUEST")[0])
    words = command.partition("\n")[0].partition("outdial ")[2].partition(" <<")[0].replace("- ", f"{request} ")
    done = outdial(*words.split())
    assert done.code == 1
    assert PICTURE
    assert all(line in done.out for line in PICTURE)


def copied(folder: Path) -> Path:
    """The project's files as they are now, committed, with the tools already installed."""
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / "bin").symlink_to(ROOT / ".venv" / "bin")
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in filter(lambda each: (ROOT / each).is_file(), listed.stdout.split("\n")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for made in ("installed", "tools"):
        (folder / ".venv" / made).touch()  # nothing is installed for the copy: it would move the .venv of this one
    identity = ("-c", "user.name=A Reader", "-c", "user.email=reader@example.org")
    for command in ("init -q -b main", "add -A", "commit -q -m cloned"):
        subprocess.run(["git", *identity, *command.split()], cwd=folder, check=True)
    return folder


def answer_for(broker: Broker, clone: Path) -> None:
    """Let a broker answer for every committed pact, and know the environment of the page."""
    version = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True).stdout.strip()
    for pact in read_pacts([ROOT / "pacts"]):
        at = policy_version(POLICIES, pact.provider)
        assert at, f"{pact.provider} has a policy"
        broker.serve_pact(pact.consumer, pact.provider, version, at, *JOURNEY)


def test_every_command_of_the_readme_runs(tmp_path: Path) -> None:
    """In the order of the page, each block ends with exit code 0.

    A `background` block runs until the page ends, on a free port; a `broker` block meets a broker that answers as
    recorded.
    """
    clone = copied(tmp_path / "outdial")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    own, outputs = OWN | {"PYTHONPATH": str(clone)}, []
    with ExitStack() as stack:
        answer_for(broker := stack.enter_context(recorded_broker()), clone)
        for kind, commands in BLOCKS:
            script = CLONE.sub("true", commands).replace("make test", "make --dry-run test")  # this is `make test`
            script = script.replace("https://broker.example", broker.url).replace("8650", port)
            if kind == " background":
                command = ["bash", "-c", f'exec {script.strip()} ARGS="--port {port}"']
                process = subprocess.Popen(command, cwd=clone, env=own, stdout=subprocess.PIPE, text=True)
                stack.enter_context(process)
                stack.callback(process.terminate)
                assert process.stdout is not None
                assert "listening on" in process.stdout.readline()
                continue
            command = ["bash", "-euo", "pipefail", "-c", script]
            ended = subprocess.run(command, cwd=clone, env=own, capture_output=True, text=True, timeout=400)
            expected = 1 if kind == " refused" else 0
            assert ended.returncode == expected, f"{commands}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
            outputs.append(ended.stdout)
    assert any("missing.any.permissions" in output for output in outputs), "the refusal that the page promises"


def test_the_row_of_the_readme_can_be_added_to_the_table_that_it_names(tmp_path: Path) -> None:
    """A reader who pastes the example has one row more, also in editions that extend it; its names are known."""
    ((table, row),) = re.findall(r"`contracts/tables/(\S+\.yaml)`.*?```yaml\n(.*?)```", README, re.S)
    tables = copy_tables(tmp_path)
    before = {each.case_id for each in load_suite(tables, CLIENTS)}
    edit(tables / table, "\nrefused:\n", f"\nrefused:\n{row}")
    added = {each.case_id for each in load_suite(tables, CLIENTS)} - before
    assert {case_id.rpartition("/")[2] for case_id in added} == set(re.findall(r"^  (\S+):", row, re.M))


def test_the_pinned_tools_are_the_declared_ones() -> None:
    """Each declared dependency has a pin with hashes, and no line names a place to load it from."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, tools = ((ROOT / name).read_text() for name in ("constraints.txt", "tests/constraints.txt"))
    for name in declared["project"]["dependencies"]:
        assert re.search(rf"(?mi)^{re.escape(name)}==\S+", runtime), f"{name}: `make setup` installs it"
    for name in [*declared["project"]["dependencies"], *declared["dependency-groups"]["test"]]:
        assert re.search(rf"(?mi)^{re.escape(name)}==\S+.*\\\n +--hash=sha256:", runtime + tools), name
    assert "://" not in runtime + tools


def test_the_page_of_commands_has_every_command_and_exit_code() -> None:
    """Its tables are those that the commands keep."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `outdial (\S+?)[ `]", page, re.M)) == set(COMMANDS)
    assert re.findall(r"^\| (\d) \| (.+) \|$", page, re.M) == [(str(code), said) for code, said in EXIT_CODES.items()]
