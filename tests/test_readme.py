"""Every command of the README does what it says, in a fresh copy of the project."""

import os
import re
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from outdial.__main__ import COMMANDS
from outdial.broker.setting import policy_version
from outdial.exit_codes import EXIT_CODES
from outdial.generation.clients import CLIENTS
from outdial.pact_files import read_pacts
from outdial.provider import POLICIES
from outdial.tables import load_suite
from tests.broker.doubles import JOURNEY, RecordedBroker, recorded_broker
from tests.conftest import ROOT
from tests.table_files import copy_tables, edit

BLOCK = re.compile(r"^```sh( background| broker| refused)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OWN = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # these tests run below make
ENDS = {" refused": 1}
CLONE = re.compile(r"git clone \S+ outdial && cd outdial")


@pytest.fixture
def broker(clone: Path) -> Iterator[RecordedBroker]:
    """A broker that answers for every committed pact, and knows the environment of the page."""
    version = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True).stdout.strip()
    with recorded_broker() as running:
        for pact in read_pacts([ROOT / "pacts"]):
            at = policy_version(POLICIES, pact.provider)
            assert at, f"{pact.provider} has a policy"
            running.serve_pact(pact.consumer, pact.provider, version, at, *JOURNEY)
        yield running


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files as they are now, with the tools already installed."""
    folder = tmp_path_factory.mktemp("clone") / "outdial"
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / "bin").symlink_to(ROOT / ".venv" / "bin")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for made in ("installed", "tools"):
        (folder / ".venv" / made).touch()  # nothing is installed for the copy: it would move the .venv of this one
    identity = ("-c", "user.name=A Reader", "-c", "user.email=reader@example.org")
    for command in ("init -q -b main", "add -A", "commit -q -m cloned"):
        subprocess.run(["git", *identity, *command.split()], cwd=folder, check=True)
    return folder


def test_every_command_of_the_readme_runs(clone: Path, broker: RecordedBroker) -> None:
    """In the order of the page, each block ends with exit code 0.

    A `background` block runs until the page ends, on a free port; a `broker` block meets a broker that answers as
    recorded.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    own = OWN | {"PYTHONPATH": str(clone)}
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    picture = page.partition("```text\n$ ")[2].partition("```")[0].splitlines()[1:]
    blocks = BLOCK.findall(page)
    assert CLONE.match(blocks[0][1]), "the first block clones the project"
    running = []
    outputs = []
    try:
        for kind, commands in blocks:
            script = CLONE.sub("true", commands).replace("make test", "make --dry-run test")  # this is `make test`
            script = script.replace("https://broker.example", broker.url).replace("8650", port)
            if kind == " background":
                script = f'{script.strip()} ARGS="--port {port}"'
                process = subprocess.Popen(
                    ["bash", "-c", f"exec {script}"], cwd=clone, env=own, stdout=subprocess.PIPE, text=True
                )
                assert process.stdout is not None
                running.append(process)
                assert "listening on" in process.stdout.readline()
                continue
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=clone,
                env=own,
                capture_output=True,
                text=True,
                timeout=400,
                check=False,
            )
            assert ended.returncode == ENDS.get(kind, 0), f"{commands}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
            outputs.append(ended.stdout)
    finally:
        for process in running:
            process.terminate()
            process.wait(10)
    assert picture
    assert all(any(line in output for output in outputs) for line in picture), "the picture is real"
    assert any("missing.any.permissions" in output for output in outputs), "the refusal that the page promises"


def test_the_row_of_the_readme_can_be_added_to_the_table_that_it_names(tmp_path: Path) -> None:
    """A reader who pastes the example has one row more, also in editions that extend it; its names are known."""
    said = (ROOT / "README.md").read_text()
    ((table, row),) = re.findall(r"`contracts/tables/(\S+\.yaml)`.*?```yaml\n(.*?)```", said, re.S)
    tables = copy_tables(tmp_path)
    before = {each.case_id for each in load_suite(tables, CLIENTS)}
    edit(tables / table, "\nrefused:\n", f"\nrefused:\n{row}")
    added = {each.case_id for each in load_suite(tables, CLIENTS)} - before
    assert {case_id.rpartition("/")[2] for case_id in added} == set(re.findall(r"^  (\S+):", row, re.M))


def test_make_help_lists_every_target_with_its_meaning() -> None:
    """`make` alone tells what there is."""
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "pact", "verify", "stub", "test"):
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE)


def test_the_pinned_tools_are_the_declared_ones() -> None:
    """Each declared dependency has a pin with hashes, and no line names a place to load it from."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, tools = ((ROOT / name).read_text() for name in ("constraints.txt", "tests/constraints.txt"))
    pins = runtime + tools
    for name in declared["project"]["dependencies"]:
        assert re.search(rf"(?mi)^{re.escape(name)}==\S+", runtime), f"{name}: `make setup` installs it"
    for name in [*declared["project"]["dependencies"], *declared["dependency-groups"]["test"]]:
        assert re.search(rf"(?mi)^{re.escape(name)}==\S+.*\\\n +--hash=sha256:", pins), name
    assert "://" not in pins


def test_the_page_of_commands_has_every_command_and_exit_code() -> None:
    """Its tables are those that the commands keep."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `outdial (\S+?)[ `]", page, re.M)) == set(COMMANDS)
    assert re.findall(r"^\| (\d) \| (.+) \|$", page, re.M) == [(str(code), said) for code, said in EXIT_CODES.items()]
