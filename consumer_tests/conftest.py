"""Pacts come from a complete green run of these tests and from nowhere else.

Each passed scenario leaves a shard; the shards are joined once, at the end. A failed, partial, interrupted
or parallel run never leaves `pacts/` wrong, and says what it did.
"""

import os
import pickle
import shutil
import signal
from collections.abc import Generator
from pathlib import Path
from tempfile import mkdtemp
from threading import Event
from types import FrameType
from typing import Any

import pytest

from outdial.documents import DocumentError
from outdial.generation.part import Part, part, saw
from outdial.pact_files.join import Incomplete, NotOurs, join, shard_path
from outdial.pact_files.selection import NoSuchRow
from outdial.pact_files.shards import BadShards, Left, Occupied, Shard, begin, finish
from outdial.tables import TABLES

os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
BUILD = Path("build").absolute()
SHARDS = pytest.StashKey[Path]()
PART = pytest.StashKey[Part]()
PICKLED = pytest.StashKey[bytes]()
LEFT = pytest.StashKey[Left]()
SAID = pytest.StashKey[str]()
INTERRUPTED = Event()
"""Set by a signal to end: Python drops an exception that is raised while an object is released, as Pact's often are."""


def pytest_addoption(parser: pytest.Parser) -> None:
    options = parser.getgroup("outdial")
    options.addoption("--tables", type=Path, default=TABLES, help="folder of scenario tables")
    options.addoption("--pacts", type=Path, default=Path("pacts"), help="folder that a complete green run writes")
    options.addoption("--shard", type=Shard.read, help="the machine whose rows are played, such as 2/8")
    options.addoption("--out", type=Path, help="folder for what that machine leaves")
    options.addoption("--timings", type=Path, help="seconds of rows, for the split")
    options.addoption("--rows", default="", help="only rows that this expression selects")


def _interrupt(number: int, frame: FrameType | None) -> None:
    INTERRUPTED.set()
    signal.default_int_handler(number, frame)


def pytest_configure(config: pytest.Config) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    option = config.option
    if worker := getattr(config, "workerinput", None):
        config.stash[SHARDS] = Path(worker["outdial_shards"])
        config.stash[PART] = Part(pickle.loads(worker["outdial_rows"]), (), ())  # noqa: S301 - of this run's own parent
        return
    try:
        config.stash[PART] = found = part(option.tables, option.shard, option.timings, option.rows)
    except (BadShards, DocumentError, NoSuchRow) as problem:
        raise pytest.UsageError(str(problem)) from None
    if option.shard:
        given = saw(option.tables, option.timings)
        try:
            config.stash[LEFT] = begin(option.out, "pacts", option.shard, given, found.groups, _file_of)
        except Occupied as problem:
            raise pytest.UsageError(str(problem)) from None
        config.stash[SHARDS] = option.out
    elif not option.collectonly:
        try:
            BUILD.mkdir(exist_ok=True)
            config.stash[SHARDS] = Path(mkdtemp(prefix="shards-", dir=BUILD))
        except OSError as problem:
            raise pytest.UsageError(f"{BUILD}, where rows are kept until all are green: {problem.strerror}") from None


def _file_of(case_id: str) -> str:
    return shard_path(Path(), case_id).name


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]  # pytest-xdist has no types
    node.workerinput["outdial_shards"] = str(node.config.stash[SHARDS])
    stash = node.config.stash
    if PICKLED not in stash:
        stash[PICKLED] = pickle.dumps(stash[PART].rows)  # read and checked here, and nowhere else
    node.workerinput["outdial_rows"] = stash[PICKLED]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" in metafunc.fixturenames:
        rows = metafunc.config.stash[PART].rows
        metafunc.parametrize("scenario", [pytest.param(each, id=each.case_id) for each in rows])


@pytest.fixture
def shards(pytestconfig: pytest.Config) -> Path:
    """Where this run keeps its shards."""
    return pytestconfig.stash[SHARDS]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A row that does not pass is told in a few lines: where it stands, what happened, and where."""
    report = yield
    scenario = getattr(item, "funcargs", {}).get("scenario")
    if call.excinfo and report.failed and scenario:
        at = call.excinfo.traceback[-1]
        said = call.excinfo.exconly(tryshort=True).splitlines()[:4]
        report.longrepr = "\n".join([scenario.place, *said, f"at {at.path}:{at.lineno + 1}"])
    return report


def pytest_runtest_teardown(item: pytest.Item) -> None:
    if INTERRUPTED.is_set():
        raise KeyboardInterrupt


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if INTERRUPTED.is_set():
        session.exitstatus = exitstatus = pytest.ExitCode.INTERRUPTED
    config = session.config
    shards = config.stash.get(SHARDS, None)
    if shards is None or hasattr(config, "workerinput"):
        return
    shard = config.option.shard
    untouched = f"{shards} is not finished" if shard else "pacts/ stays as it was"
    if exitstatus != pytest.ExitCode.OK:
        if not any(shards.iterdir()):
            return  # nothing was played, and what was wrong is said
        config.stash[SAID] = f"{untouched}: the run was not green (exit code {int(exitstatus)})"
        return
    case_ids = config.stash[PART].case_ids
    try:
        if shard:
            finish(shards, config.stash[LEFT], _seconds(config))
            config.stash[SAID] = f"{len(case_ids)} interactions of {shard} written to {shards}; `outdial join` joins"
        else:
            pacts = config.option.pacts
            written = join(shards, case_ids, pacts)
            config.stash[SAID] = f"{len(case_ids)} interactions written to {len(written)} pacts in {pacts}"
    except (BadShards, Incomplete) as problem:
        config.stash[SAID] = f"{untouched}: {problem}"
        if not config.option.rows:  # rows that nobody left out are missing
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    except NotOurs as problem:
        config.stash[SAID] = f"{untouched}\nerror: {problem}"
        session.exitstatus = problem.exit_code


def _seconds(config: pytest.Config) -> dict[str, float]:
    """How long each row took, by the case ids that are the names of its tests."""
    passed = config.pluginmanager.getplugin("terminalreporter").stats.get("passed", ())
    return {each.nodeid.partition("[")[2].rstrip("]"): each.duration for each in passed}


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if said := terminalreporter.config.stash.get(SAID, None):
        terminalreporter.write_line(said)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SHARDS in config.stash and LEFT not in config.stash and not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[SHARDS], ignore_errors=True)
