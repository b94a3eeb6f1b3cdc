"""Fixtures and options of the consumer tests. Pacts come from a complete green run of them and from nowhere else.

Each passed row leaves a pact of its own; these are merged once, at the end. A failed, partial or interrupted run
leaves the pacts as they were.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import mkdtemp
from types import FrameType
from typing import Any

import pytest
import requests

from outdial.documents import DocumentError
from outdial.generation.part import Part, part
from outdial.pact_files.join import BY_TESTS, Incomplete, NotOurs, join
from outdial.pact_files.selection import BadSelection, NoSuchRow, selector
from outdial.pact_files.shards import Shard, mark_of
from outdial.tables import TABLES

os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
BUILD = Path("build").absolute()
SHARDS = pytest.StashKey[Path]()
PART = pytest.StashKey[Part]()
SUMMARY = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    options = parser.getgroup("outdial")
    options.addoption("--tables", type=Path, default=TABLES, help="folder of decision tables")
    options.addoption("--pacts", type=Path, default=Path("pacts"), help="folder that a complete green run writes")
    options.addoption("--shard", type=Shard.read, help="play every N-th row: I/N")
    options.addoption("--rows", default="", help="only the rows, or journeys, that this expression selects")
    options.addoption("--provider-url", help="base URL of a provider; {edition} stands for an edition's name")
    options.addoption("--login-url", help="base URL of its login host")
    options.addoption("--state-url", help="URL that sets up its provider states")
    options.addoption("--state-seconds", type=float, default=60.0, help="timeout of the state URL")
    options.addoption("--editions", default="", help="only journeys of these editions, separated by commas")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "journey(edition, basis): a test of several requests against a provider")
    option = config.option
    if option.provider_url or option.collectonly:  # journeys alone, which write no pact
        return
    try:
        config.stash[PART] = part(option.tables, option.shard, option.rows)
        if worker := getattr(config, "workerinput", None):
            config.stash[SHARDS] = Path(worker["outdial_shards"])
        else:
            BUILD.mkdir(exist_ok=True)
            config.stash[SHARDS] = Path(mkdtemp(prefix="shards-", dir=BUILD))
    except (BadSelection, DocumentError, NoSuchRow) as problem:
        raise pytest.UsageError(str(problem)) from None
    except OSError as problem:
        raise pytest.UsageError(f"{BUILD}: cannot keep the pacts of rows there: {problem.strerror}") from None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop after the current row at a signal: Python drops an exception raised while Pact releases an object."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        session.shouldstop = "interrupted"

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]  # pytest-xdist has no types
    node.workerinput["outdial_shards"] = str(node.config.stash[SHARDS])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" in metafunc.fixturenames:
        rows = metafunc.config.stash[PART].rows if PART in metafunc.config.stash else []
        metafunc.parametrize("scenario", [pytest.param(each, id=each.case_id) for each in rows])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the journeys of the editions and of the expression."""
    editions = set(filter(None, config.option.editions.split(",")))
    selects = selector(config.option.rows)
    for item in list(items):
        mark = item.get_closest_marker("journey")
        if mark and not (
            (not editions or mark.args[0] in editions) and selects(f"{mark.args[0]}/journey/{item.name[5:]}")
        ):
            items.remove(item)


class Provider:
    """A provider with its states, as a journey sees it."""

    def __init__(self, url: str, state_url: str, login_url: str | None, seconds: float) -> None:
        self._url, self._state_url, self._login_url, self._seconds = url, state_url, login_url, seconds

    def url(self, edition: str) -> str:
        """Return the base URL of an edition. Skips the test where nobody gave the address of its login host."""
        if "{edition}" not in self._url and edition.endswith("-login"):
            return self._login_url or pytest.skip("needs --login-url")
        return self._url.replace("{edition}", edition)

    def state(self, name: str, **params: Any) -> dict[str, str]:
        """Set up a provider state and return its values."""
        asked = {"state": name, "params": params, "action": "setup"}
        answer = requests.post(self._state_url, json=asked, timeout=self._seconds)
        assert answer.ok, f"the state URL answers {answer.status_code} to {name!r}: {answer.text[:200]}"
        values: dict[str, str] = answer.json()
        return values


@pytest.fixture(scope="session")
def provider(pytestconfig: pytest.Config) -> Iterator[Provider]:
    """The provider of --provider-url, or a stub that lives as long as the session."""
    option = pytestconfig.option
    if option.provider_url:
        yield Provider(option.provider_url, option.state_url, option.login_url, option.state_seconds)
        return
    command = [sys.executable, "-m", "outdial", "stub", "--states", "--quiet", "--port=0", "--ready-file=-"]
    with subprocess.Popen([*command, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stub:
        assert stub.stdout
        addresses = json.loads(stub.stdout.readline())
        yield Provider(f"{addresses['url']}/{{edition}}", addresses["states"], None, option.state_seconds)
        stub.terminate()


@pytest.fixture(autouse=True)
def _basis(request: pytest.FixtureRequest, record_property: Any) -> None:
    """Write edition and basis of a journey into the JUnit file."""
    if mark := request.node.get_closest_marker("journey"):
        record_property("edition", mark.args[0])
        record_property("basis", mark.kwargs["basis"])


@pytest.fixture
def shards(pytestconfig: pytest.Config) -> Path:
    """The folder of the pacts of single rows."""
    return pytestconfig.stash[SHARDS]


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Print no dot for a row that passes."""
    return ("passed", "", "") if report.passed and report.when == "call" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Report a failed row in a few lines: its place in the table, the problem, the place in the code."""
    report = yield
    scenario = getattr(item, "funcargs", {}).get("scenario")
    if call.excinfo and report.failed and scenario:
        at = call.excinfo.traceback[-1]
        problem = call.excinfo.exconly(tryshort=True).splitlines()[:4]
        report.longrepr = "\n".join([scenario.place, *problem, f"at {at.path}:{at.lineno + 1}"])
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if SHARDS not in config.stash or hasattr(config, "workerinput"):
        return
    shards, played, shard = config.stash[SHARDS], config.stash[PART], config.option.shard
    pacts = config.option.pacts
    untouched = f"{pacts}/ stays as it was"
    if exitstatus != pytest.ExitCode.OK:
        if any(shards.iterdir()):
            config.stash[SUMMARY] = f"{untouched}: the run was not green (exit code {int(exitstatus)})"
        return
    try:
        written = join(shards, played.case_ids, pacts, mark_of(shard, played.digests) if shard else BY_TESTS)
        of = f" of shard {shard}" if shard else ""
        config.stash[SUMMARY] = f"{len(played.case_ids)} interactions{of} written to {len(written)} pacts in {pacts}"
    except Incomplete as problem:
        config.stash[SUMMARY] = f"{untouched}: {problem}"
        if not config.option.rows:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    except NotOurs as problem:
        config.stash[SUMMARY] = f"{untouched}\nerror: {problem}"
        session.exitstatus = problem.exit_code


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if summary := terminalreporter.config.stash.get(SUMMARY, None):
        terminalreporter.write_line(summary)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SHARDS in config.stash and not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[SHARDS], ignore_errors=True)
