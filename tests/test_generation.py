"""`pacts/` come from complete green runs only, and are the same bytes every time."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pact.error import MismatchesError

from consumer_tests.test_scenarios import test_scenario as consumer_test
from outdial.generation.clients import CLIENTS
from outdial.generation.play import play
from outdial.tables import Scenario, load_suite
from outdial.tables.matching import example
from tests.conftest import ROOT, Run
from tests.raw_provider import http, sending
from tests.table_files import copy_tables, edit


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def pacts(tmp_path: Path) -> Path:
    """A copy of the committed pacts, for runs to overwrite or leave alone."""
    return Path(shutil.copytree(ROOT / "pacts", tmp_path / "pacts"))


def test_committed_pacts_are_what_the_consumer_tests_generate(run: Run, tmp_path: Path) -> None:
    """A table or client that changed without `make pact` is noticed, whether rows were added, changed or removed."""
    ended = run("generate", "--pacts", tmp_path / "pacts")
    assert ended.returncode == 0, ended.stdout
    assert contents(tmp_path / "pacts") == contents(ROOT / "pacts"), "run `make pact` and commit pacts/"


def test_parallel_workers_lose_nothing(run: Run, tmp_path: Path) -> None:
    """Consumer tests in parallel write the same bytes as one after the other."""
    (tmp_path / "pacts").mkdir()
    ended = run("generate", "-n", "3", "--pacts", tmp_path / "pacts")
    assert ended.returncode == 0, ended.stdout
    assert contents(tmp_path / "pacts") == contents(ROOT / "pacts")


def test_a_foreign_file_in_the_way_is_an_error_and_stays(run: Run, tmp_path: Path) -> None:
    """A green run that cannot write its pacts is not green, and says which file and what to do."""
    foreign = tmp_path / "outdial-genesys-cloud.json"
    foreign.write_text("{}")
    ended = run("generate", "--pacts", tmp_path)
    assert ended.returncode == 4
    assert f"error: {foreign}: not written by this command" in ended.stdout
    assert contents(tmp_path) == {foreign.name: b"{}"}


def test_a_failed_scenario_leaves_the_pacts_alone_and_says_so(run: Run, pacts: Path, tmp_path: Path) -> None:
    """One row that its client does not meet: exit code 1, no pact touched, and the reason on the terminal."""
    tables = copy_tables(tmp_path)
    edit(tables / "genesys-cloud.yaml", "returns: {id: 00000000", "returns: {id: 10000000")
    ended = run("generate", "--tables", tables, "--pacts", pacts)
    assert ended.returncode == 1
    assert "pacts/ stays as it was: the run was not green" in ended.stdout
    assert contents(pacts) == contents(ROOT / "pacts")


def test_a_selected_scenario_leaves_the_pacts_alone_and_says_so(run: Run, pacts: Path) -> None:
    """A run of one case is green, and writes nothing."""
    ended = run("generate", "-k", "get_call/unknown-conversation", "--pacts", pacts)
    assert ended.returncode == 0
    assert "pacts/ stays as it was" in ended.stdout
    assert contents(pacts) == contents(ROOT / "pacts")


def test_a_selection_of_no_row_names_the_nearest(run: Run, pacts: Path) -> None:
    """A misspelt row plays nothing, which is no success, and the row that was meant is named."""
    ended = run("generate", "-k", "no-sation", "--pacts", pacts)
    assert ended.returncode == 5
    assert "did you mean 'no-station'?" in ended.stderr
    assert contents(pacts) == contents(ROOT / "pacts")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_leaves_the_pacts_alone(number: signal.Signals, pacts: Path, tmp_path: Path) -> None:
    """Wherever a signal hits a run, each pact stays whole; a run that could finish says what it did."""
    command = [sys.executable, "-m", "outdial", "generate", "--pacts", str(pacts)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        deadline = time.monotonic() + 60
        while not any(tmp_path.glob("build/shards-*/*")):
            assert time.monotonic() < deadline, "no shard was written"
            time.sleep(0.005)
        os.killpg(running.pid, number)
        said = running.communicate()[0]
    assert running.returncode != 0
    assert contents(pacts) == contents(ROOT / "pacts")
    if number is signal.SIGINT:
        assert "pacts/ stays as it was" in said


def test_a_new_row_in_yaml_is_a_new_interaction(run: Run, tmp_path: Path) -> None:
    """A scenario is data: no Python changes when a row is added, and no other row changes in the pact."""
    tables, pacts = copy_tables(tmp_path), tmp_path / "pacts"
    pacts.mkdir()
    row = "  with-a-second-label: {for: [place_call_for_agent], body: {label: retention}}\n"
    edit(tables / "genesys-cloud.yaml", "  to-a-conference:", f"{row}  to-a-conference:")
    ended = run("generate", "--tables", tables, "--pacts", pacts)
    assert ended.returncode == 0, ended.stdout
    generated = contents(pacts)["outdial-genesys-cloud.json"].decode()
    committed = contents(ROOT / "pacts")["outdial-genesys-cloud.json"].decode()
    assert '"key": "genesys-cloud/place_call_for_agent/with-a-second-label"' in generated
    assert generated.count('"key": ') == committed.count('"key": ') + 1


def test_options_of_the_environment_do_not_change_what_is_played(run: Run, tmp_path: Path) -> None:
    """`PYTEST_ADDOPTS=--collect-only` would play nothing and be green, and so may a plugin."""
    (tmp_path / "few.py").write_text(FEW)
    named = {"PYTEST_ADDOPTS": "--collect-only", "PYTEST_PLUGINS": "few", "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    ended = run("generate", "--pacts", tmp_path / "pacts", env={**os.environ, **named})
    assert ended.returncode == 0, ended.stdout
    assert contents(tmp_path / "pacts") == contents(ROOT / "pacts")


FEW = """\
def pytest_collection_modifyitems(items):
    items[:] = items[:{count}]
"""


@pytest.mark.parametrize("count", [0, 3])
def test_rows_that_were_not_played_are_not_green(pacts: Path, tmp_path: Path, count: int) -> None:
    """However they came to be left out, and though every one that was played holds."""
    (tmp_path / "few.py").write_text(FEW.format(count=count))
    tests = ROOT / "consumer_tests"
    command = [sys.executable, "-m", "pytest", "-c", f"{tests}/pytest.ini", f"--pacts={pacts}", f"--rootdir={tests}"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    ended = subprocess.run(
        [*command, "-p", "few", str(tests)], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode in {1, 5}, ended.stdout
    assert contents(pacts) == contents(ROOT / "pacts")


def test_a_row_is_judged_where_python_leaves_assertions_out(run: Run, tmp_path: Path) -> None:
    """`PYTHONOPTIMIZE`, which images set to save space, made every row green."""
    tables = copy_tables(tmp_path)
    edition = tables / "genesys-cloud.yaml"
    edition.write_text(edition.read_text().replace("error: NotFound", "error: BadRequest"))
    command = ("generate", "-k", "genesys-cloud/get_call/unknown", "--tables", tables, "--pacts", tmp_path / "pacts")
    ended = run(*command, env={**os.environ, "PYTHONOPTIMIZE": "1"})
    assert ended.returncode == 1
    assert "expected BadRequest, got NotFound" in ended.stdout


def test_a_row_that_does_not_pass_is_told_in_a_few_lines(run: Run, tmp_path: Path) -> None:
    """Where the row stands and what happened, and no traceback of what runs it."""
    tables = copy_tables(tmp_path)
    edit(tables / "genesys-cloud.yaml", "returns: {id: 00000000", "returns: {id: 10000000")
    command = ("generate", "-k", "genesys-cloud/get_call/readonly-scope", "--tables", tables, "--pacts", tmp_path / "p")
    ended = run(*command, env={**os.environ, "CI": "true"})  # where pytest's summary would say it again
    assert ended.returncode == 1
    assert f"{tables}/genesys-cloud.yaml:" in ended.stdout
    assert "id is '00000000-" in ended.stdout
    assert ended.stdout.count("\n") <= 10, ended.stdout


def refused_row() -> Scenario:
    """A row whose client raises an error of its own."""
    return next(
        each for each in load_suite(clients=CLIENTS) if each.case_id == "genesys-cloud/get_call/unknown-conversation"
    )


def test_a_refusal_counts_only_as_the_error_that_the_row_names() -> None:
    """A caller acts on the class, so another class of one status is another outcome."""
    scenario = refused_row()
    expected = scenario.expected
    body = json.dumps(example(expected.body))
    with sending(lambda _path, _body: http(body, f"{expected.status} No")) as url:
        play(scenario, url)
        with pytest.raises(AssertionError, match="expected RateLimited, got"):
            play(replace(scenario, expected=replace(expected, error="RateLimited")), url)
        with pytest.raises(AssertionError, match="expected status 418, got"):
            play(replace(scenario, expected=replace(expected, status=418)), url)


def test_a_client_that_sends_nothing_has_not_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client makes of an answer is worth nothing without the row's request."""
    monkeypatch.setattr("consumer_tests.test_scenarios.play", lambda _scenario, _url: None)
    with pytest.raises(MismatchesError):
        consumer_test(refused_row(), tmp_path, tmp_path)
    assert list(tmp_path.iterdir()) == []
