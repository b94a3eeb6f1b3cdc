"""Fixtures and options of the consumer tests. Pacts come from a complete green run of them and from nowhere else.

Each passed row leaves a pact of its own; these are merged once, at the end. A failed, partial or interrupted run
leaves the pacts as they were.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import requests

from outdial.documents import DocumentError
from outdial.generation.command import Part, part
from outdial.pact_files.join import BY_TESTS, Incomplete, NotOurs, joined, write_pacts
from outdial.pact_files.selection import BadSelection, NoSuchRow, selector
from outdial.pact_files.shards import Shard, mark_of
from outdial.tables import TABLES

os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
PART, PLAYED = pytest.StashKey[Part](), pytest.StashKey[dict[str, str]]()
RecordProperty = Callable[[str, object], None]


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
    except (BadSelection, DocumentError, NoSuchRow) as problem:
        raise pytest.UsageError(str(problem)) from None
    config.stash[PLAYED] = {}
    config.pluginmanager.register(Pacts(config))


class Pacts:
    """Write the pacts of all passed rows at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._part, self._option = config.stash[PART], config.option
        self._played = config.stash[PLAYED]
        self._summary = ""

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        pacts, shard, untouched = self._option.pacts, self._option.shard, f"{self._option.pacts}/ stays as it was"
        if exitstatus != pytest.ExitCode.OK:
            if self._played:
                self._summary = f"{untouched}: the run was not green (exit code {int(exitstatus)})"
            return
        mark = mark_of(shard, self._part.digests) if shard else BY_TESTS
        try:
            written = write_pacts(joined(self._played, self._part.case_ids), pacts, mark)
            rows = f"{len(self._part.case_ids)} interactions{f' of shard {shard}' if shard else ''}"
            self._summary = f"{rows} written to {len(written)} pacts in {pacts}"
        except Incomplete as problem:
            self._summary = f"{untouched}: {problem}"
            if not self._option.rows:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        except NotOurs as problem:
            self._summary = f"{untouched}\nerror: {problem}"
            session.exitstatus = problem.exit_code

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._summary:
            terminalreporter.write_line(self._summary)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Stop after the current row at a signal: Python drops an exception raised while Pact releases an object."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        session.shouldstop = "interrupted"

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


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
def _basis(request: pytest.FixtureRequest, record_property: RecordProperty) -> None:
    """Write edition and basis of a journey into the JUnit file."""
    if mark := request.node.get_closest_marker("journey"):
        record_property("edition", mark.args[0])
        record_property("basis", mark.kwargs["basis"])


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
