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
from outdial.generation.clients import CLIENTS, play
from outdial.tables import TABLES, Scenario, load_suite
from outdial.tables.matching import example
from tests.command import outdial
from tests.conftest import ROOT, Run
from tests.raw_provider import http, sending
from tests.table_files import edit

EDITION = "nice-cxone.omnichannel"
NAME = f"omnichannel-middleware-{EDITION}.json"
FEW = """\
def pytest_collection_modifyitems(items):
    items[:] = items[:3]
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its bytes."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def pacts(tmp_path: Path) -> Path:
    """A copy of one committed pact, for runs to overwrite or leave alone."""
    (tmp_path / "pacts").mkdir()
    return Path(shutil.copy(ROOT / "pacts" / NAME, tmp_path / "pacts")).parent


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the tables of one small edition."""
    (tmp_path / "tables").mkdir()
    return Path(shutil.copy(TABLES / f"{EDITION}.yaml", tmp_path / "tables")).parent


def test_committed_pacts_are_what_the_consumer_tests_generate(run: Run, tmp_path: Path) -> None:
    """A changed table or client is noticed; options of pytest in the environment change nothing."""
    (tmp_path / "few.py").write_text(FEW)
    named = {"PYTEST_ADDOPTS": "--collect-only", "PYTEST_PLUGINS": "few", "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    ended = run("generate", "--pacts", tmp_path / "pacts", env={**os.environ, **named})
    assert ended.returncode == 0, ended.stdout
    assert contents(tmp_path / "pacts") == contents(ROOT / "pacts"), "run `make pact` and commit pacts/"


def test_a_failed_row_leaves_the_pacts_alone_and_is_told_in_a_few_lines(run: Run, pacts: Path, tables: Path) -> None:
    """Its place and the problem, and no traceback."""
    edit(
        tables / f"{EDITION}.yaml",
        "bad.request: {status: 400, error: BadRequest",
        "bad.request: {status: 400, error: NotFound",
    )
    ended = run("generate", "--tables", tables, "--pacts", pacts, env={**os.environ, "CI": "true"})
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "pacts/ stays as it was: the run was not green" in ended.stdout
    assert f"{tables}/{EDITION}.yaml:" in ended.stdout
    assert "expected NotFound, got BadRequest" in ended.stdout
    assert ended.stdout.count("\n") <= 10, ended.stdout
    assert (pacts / NAME).read_bytes() == (ROOT / "pacts" / NAME).read_bytes()


def test_a_selection_leaves_the_pacts_alone(run: Run, pacts: Path, tables: Path) -> None:
    """A run of one row is green and writes nothing; a misspelt row is no success, and the nearest is named."""
    before = contents(pacts)
    one = run("generate", "--tables", tables, "-k", "accepted", "--pacts", pacts)
    assert (one.returncode, "pacts/ stays as it was" in one.stdout) == (0, True)
    none = outdial("generate", "--tables", tables, "-k", "acepted", "--pacts", pacts)
    assert (none.code, "did you mean 'accepted'?" in none.err) == (5, True)
    assert contents(pacts) == before


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_an_interrupted_run_leaves_the_pacts_alone(number: signal.Signals, pacts: Path, tmp_path: Path) -> None:
    """Wherever a signal hits a run, each pact stays whole; a run that could finish says what it did."""
    before = contents(pacts)
    command = [sys.executable, "-m", "outdial", "generate", "--pacts", str(pacts)]
    (tmp_path / "temporary").mkdir()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DEBUG_TEMPROOT": str(tmp_path / "temporary")}
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        deadline = time.monotonic() + 60
        while not any((tmp_path / "temporary").rglob("*.json")):
            assert time.monotonic() < deadline, "no row was played"
            time.sleep(0.005)
        os.killpg(running.pid, number)
        said = running.communicate()[0]
    assert running.returncode != 0
    assert contents(pacts) == before
    if number is signal.SIGINT:
        assert "pacts/ stays as it was" in said


def test_rows_that_were_not_played_are_not_green(pacts: Path, tables: Path, tmp_path: Path) -> None:
    """However they came to be left out, and though every one that was played holds."""
    before = contents(pacts)
    (tmp_path / "few.py").write_text(FEW)
    tests = ROOT / "consumer_tests"
    command = [sys.executable, "-m", "pytest", "-c", f"{tests}/pytest.ini", f"--pacts={pacts}", f"--rootdir={tests}"]
    command += [f"--tables={tables}", "-p", "few", str(tests / "test_scenarios.py")]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout
    assert contents(pacts) == before


def refused_row() -> Scenario:
    """Return a row whose client raises an error of its own."""
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


def test_a_client_that_sends_nothing_has_not_passed(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reading of an answer is worth nothing without the row's request."""
    monkeypatch.setattr("consumer_tests.test_scenarios.play", lambda _scenario, _url: None)
    with pytest.raises(MismatchesError):
        consumer_test(refused_row(), tmp_path_factory, pytestconfig)
