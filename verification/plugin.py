"""A pytest plugin that makes every interaction of a pact a test item, verified against a provider on all cores."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pact_files.pact_file import BadPact, Interaction, read_pacts
from verification.background import BackgroundVerification
from verification.result import CaseResult
from verification.stub_process import StubFailed, running_stub
from verification.verify import Target

RUNNING = pytest.StashKey[BackgroundVerification]()
RESULTS = pytest.StashKey[dict[str, tuple[Interaction, CaseResult]]]()
STARTED = pytest.StashKey[float]()


class NotHonoured(Exception):
    """The provider answered otherwise than the consumer expects."""


def pytest_addoption(parser: pytest.Parser) -> None:
    options = parser.getgroup("verification")
    options.addoption("--provider-url", help="base URL of the provider (default: the stub, started for this run)")
    options.addoption("--state-url", help="URL that changes that provider's states")
    options.addoption("--results", type=Path, help="file for the results as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if bool(config.option.provider_url) != bool(config.option.state_url):
        raise pytest.UsageError("--provider-url and --state-url go together: states make what the requests name")
    config.stash[RESULTS] = {}
    config.stash[STARTED] = time.perf_counter()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PactFile | None":
    if file_path.suffix != ".json":
        return None
    collector: PactFile = PactFile.from_parent(parent, path=file_path)
    return collector


class PactFile(pytest.File):
    """One pact."""

    def collect(self) -> Iterator["PactItem"]:
        try:
            interactions = read_pacts([self.path])
        except BadPact as problem:
            raise self.CollectError(str(problem)) from None
        for interaction in interactions:
            yield PactItem.from_parent(self, name=interaction.case_id, interaction=interaction)


class PactItem(pytest.Item):
    """One interaction of a pact."""

    def __init__(self, *, interaction: Interaction, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.interaction = interaction

    def runtest(self) -> None:
        result = self.config.stash[RUNNING].result(self.interaction)
        self.config.stash[RESULTS][self.nodeid] = (self.interaction, result)
        if not result.passed:
            raise NotHonoured("\n".join(result.problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if not isinstance(excinfo.value, NotHonoured):
            return super().repr_failure(excinfo, style)
        about = self.interaction
        got = self.config.stash[RESULTS][self.nodeid][1].got
        lines = [
            f"given    {about.given}",
            f"expected {about.expected}",
            f"got      {got}",
            str(excinfo.value),
        ]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[None]:
    """Everything selected is verified in the background while the items wait, each for its own result."""
    selected = [item.interaction for item in session.items if isinstance(item, PactItem)]
    if not selected or session.config.option.collectonly:
        return (yield)
    option = session.config.option
    with ExitStack() as stack:
        if option.provider_url:
            providers = {interaction.provider for interaction in selected}
            if len(providers) > 1:
                problem = (
                    f"--provider-url is one provider, the pacts are of {len(providers)}: {', '.join(sorted(providers))}"
                )
                raise pytest.UsageError(f"{problem}; name one pact, such as {selected[0].pact}")
            target = Target(option.provider_url.rstrip("/"), option.state_url, prefixed=False)
        else:
            try:
                stub = stack.enter_context(running_stub())
            except StubFailed as problem:
                raise pytest.UsageError(str(problem)) from None
            target = Target(stub.url, stub.state_url)
        session.config.stash[RUNNING] = stack.enter_context(BackgroundVerification(selected, target))
        return (yield)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """No dots: `pytest_runtest_logreport` writes a line for each interaction."""
    if report.when == "call" and report.outcome in {"passed", "failed"}:
        return report.outcome, "", ""
    return None


class Lines:
    """Writes one line for each interaction as its result comes in, and a summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal: pytest.TerminalReporter = self._config.pluginmanager.getplugin("terminalreporter")
        if report.when != "call" or report.nodeid not in self._config.stash[RESULTS]:
            return
        about, result = self._config.stash[RESULTS][report.nodeid]
        mark, colour = ("ok  ", {"green": True}) if result.passed else ("FAIL", {"red": True})
        line = f"{about.case_id} | expected {about.expected} | got {result.got} | given {about.given}"
        if terminal.isatty:  # a log keeps the whole line, a screen one row of it
            line = line[: max(terminal._tw.fullwidth - len(mark) - 2, 20)]
        terminal.write(mark, **colour)
        terminal.write_line(f" {line}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        results = self._config.stash[RESULTS].values()
        if not results:
            return
        seconds = time.perf_counter() - self._config.stash[STARTED]
        held = sum(result.passed for _, result in results)
        basis = Counter(about.content.get("comments", {}).get("basis", "unknown") for about, _ in results)
        pacts = Counter(f"{about.consumer} -> {about.provider}" for about, _ in results)
        terminalreporter.write_sep("-", "verification")
        for pact, count in pacts.items():
            terminalreporter.write_line(f"{count:5} {pact}")
        counted = ", ".join(f"{count} {name}" for name, count in sorted(basis.items()))
        outcome = f"{held} hold, {len(results) - held} do not ({counted})"
        terminalreporter.write_line(f"{len(results)} interactions verified: {outcome}; {seconds:.1f} s")
        if path := self._config.option.results:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps([_as_json(*each) for each in results], indent=2) + "\n", encoding="utf-8")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Lines(session.config))


def _as_json(about: Interaction, result: CaseResult) -> dict[str, Any]:
    return {
        "case": about.case_id,
        "consumer": about.consumer,
        "provider": about.provider,
        "given": about.given,
        "expected": about.expected,
        "got": result.got,
        "passed": result.passed,
        "problems": list(result.problems),
    }
