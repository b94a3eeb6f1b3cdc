"""What a command costs: time, CPU time and peak memory, of all its processes."""

import os
import resource
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import ClassVar

ROOT = Path(__file__).parent.parent
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, seconds of CPU, and MB at the peak: what processes share is counted once (Linux)."""

    seconds: float
    cpu: float
    memory: float

    COLUMNS: ClassVar = ("seconds", "CPU seconds", "peak MB")

    @classmethod
    def median(cls, costs: Sequence["Cost"]) -> "Cost":
        """The median of each."""
        return cls(*(median(getattr(each, name) for each in costs) for name in ("seconds", "cpu", "memory")))

    def cells(self) -> list[str]:
        """As cells of a table."""
        return [f"{self.seconds:.2f}", f"{self.cpu:.2f}", f"{self.memory:.0f}"]


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command from the project's folder. Raises `RuntimeError` when it fails."""
    before, started = _cpu(), time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PACT_DO_NOT_TRACK": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        peak, ended = [0.0], Event()
        watching = Thread(target=_watch, args=(running.pid, ended, peak), daemon=True)
        watching.start()
        said = running.communicate()[0]
        seconds = time.perf_counter() - started
        ended.set()
        watching.join()
    if running.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said[-3000:]}")
    return Cost(seconds, _cpu() - before, peak[0])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(pid: int, ended: Event, peak: list[float]) -> None:
    while not ended.wait(LOOK_SECONDS):
        peak[0] = max(peak[0], sum(map(_megabytes, _tree(pid))))


def _tree(pid: int) -> list[int]:
    """A process with all that it has started."""
    children: list[str] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += file.read_text().split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _megabytes(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
