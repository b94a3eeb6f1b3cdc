"""A pytest plugin that makes every interaction of a pact a test item, verified against a provider on all cores."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pact_files import Interaction, Pact
from verification.background import BackgroundVerification, Key, key_of
from verification.gate import Gate
from verification.result import CaseResult

Verifying = Callable[[Sequence[Interaction]], AbstractContextManager[tuple[BackgroundVerification, Mapping[Key, str]]]]
"""Starts to verify interactions, and says what is wrong with the `because` of some."""


class NotHonoured(Exception):
    """The provider answered otherwise than the consumer expects."""


class PactNode(pytest.File):
    """The interactions of one pact."""

    pact: Pact
    gate: Gate

    def collect(self) -> Iterator["InteractionItem"]:
        for each in self.pact.interactions:
            yield InteractionItem.from_parent(self, name=each.case_id, interaction=each, gates=self.gate.holds(each))


class InteractionItem(pytest.Item):
    """One interaction; `result` is known before the item runs. One that does not gate is observed, and never fails."""

    result: CaseResult

    def __init__(self, *, interaction: Interaction, gates: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.interaction = interaction
        self.gates = gates

    def runtest(self) -> None:
        if self.gates and not self.result.passed:
            raise NotHonoured

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if not isinstance(excinfo.value, NotHonoured):
            return super().repr_failure(excinfo, style)
        about = [f"given    {self.interaction.given}", f"expected {self.interaction.expected}"]
        return "\n".join([*about, f"got      {self.result.got}", *self.result.problems])

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class PactPlugin:
    """Collects the interactions of these pacts, has them verified, and writes a line for each and a summary."""

    def __init__(self, pacts: Sequence[Pact], verifying: Verifying, gate: Gate) -> None:
        self.results: list[tuple[Interaction, CaseResult]] = []
        self.stopped_by: BaseException | None = None
        self._pacts = {pact.path.resolve(): pact for pact in pacts}
        self._verifying = verifying
        self._gate = gate
        self._started = time.perf_counter()

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> PactNode | None:
        if file_path not in self._pacts:
            return None
        node: PactNode = PactNode.from_parent(parent, path=file_path)
        node.pact = self._pacts[file_path]
        node.gate = self._gate
        return node

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Everything selected is verified in the background while the items wait, each for its own result."""
        items = [item for item in session.items if isinstance(item, InteractionItem)]
        if not items or session.testsfailed:
            return None
        try:
            with self._verifying([item.interaction for item in items]) as (running, reasons):
                for item, following in zip(items, [*items[1:], None], strict=True):
                    item.result = running.result(item.interaction)
                    if reason := reasons.get(key_of(item.interaction)):
                        item.result = replace(item.result, problems=(*item.result.problems, reason))
                    self.results.append((item.interaction, item.result))
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if session.shouldfail:
                        raise session.Failed(session.shouldfail)
        except pytest.Session.Failed:
            raise
        except Exception as error:
            self.stopped_by = error
        return True

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dots: `pytest_runtest_makereport` writes a line for each interaction."""
        if report.when == "call" and report.outcome in {"passed", "failed"}:
            return report.outcome, "", ""
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        about, result = self.results[-1]
        mark, colour = ("ok  ", {"green": True}) if result.passed else ("FAIL", {"red": True})
        if not self._gate.holds(about):
            mark, colour = ("seen", {"cyan": True}) if result.passed else ("else", {"yellow": True})
        line = f"{about.case_id} | expected {about.expected} | got {result.got} | given {about.given}"
        if self._terminal.isatty:  # a log keeps the whole line, a screen one row of it
            line = line[: max(self._terminal._tw.fullwidth - len(mark) - 2, 20)]
        self._terminal.write(mark, **colour)
        self._terminal.write_line(f" {line}")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._terminal: pytest.TerminalReporter = session.config.pluginmanager.getplugin("terminalreporter")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.results or self.stopped_by:
            return
        seconds = time.perf_counter() - self._started
        gating = [each for each in self.results if self._gate.holds(each[0])]
        held = sum(result.passed for _, result in gating)
        basis = Counter(about.basis for about, _ in gating)
        observed = [each for each in self.results if not self._gate.holds(each[0])]
        if observed:
            terminalreporter.write_sep("-", "observed")
            for about, result in observed:
                found = "as the row has it" if result.passed else f"not {about.expected} but {result.got}"
                terminalreporter.write_line(f"{about.case_id} | {about.basis} | {found} | {about.evidence}")
        terminalreporter.write_sep("-", "verification")
        for pact, count in Counter(f"{about.consumer} -> {about.provider}" for about, _ in self.results).items():
            terminalreporter.write_line(f"{count:5} {pact}")
        counted = ", ".join(f"{count} {name}" for name, count in sorted(basis.items()))
        outcome = f"{held} hold, {len(gating) - held} do not ({counted})"
        seen = f"; {len(observed)} observed" if observed else ""
        terminalreporter.write_line(f"{len(gating)} interactions verified: {outcome}{seen}; {seconds:.1f} s")
