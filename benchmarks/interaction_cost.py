"""Milliseconds per interaction, generated and verified, as the number of interactions grows; ours beside the stock way.

Everything runs as a command of its own, and nothing is subtracted: interpreter, imports, and the stub's start are
in the times. The marginal cost is what each further interaction adds between the two sizes.
"""

import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.generated_tables import PACT, PROVIDER, write_tables
from benchmarks.report import machine, table

ROOT = Path(__file__).parent.parent
START, FEW, MANY = 2, 100, 1000
Command = Callable[[int], list[str]]


def timed(command: Sequence[str]) -> float:
    """Seconds that a command takes. Raises `RuntimeError` when it fails."""
    started = time.perf_counter()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return seconds


class Sizes:
    """Tables of each size, and folders that pacts are written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables = {rows: write_tables(rows, folder) for rows in (START, FEW, MANY)}

    def pacts(self, kind: str, rows: int) -> Path:
        """An empty folder for pacts, or the one filled before."""
        folder = self._folder / f"{kind}-{rows}"
        folder.mkdir(exist_ok=True)
        return folder

    def generate(self, kind: str, *command: str) -> Command:
        """A command that plays the tables of a size and writes their pacts anew."""

        def generate(rows: int) -> list[str]:
            pacts = self.pacts(kind, rows)
            for old in pacts.iterdir():
                old.unlink()
            return [sys.executable, "-m", *command, "--tables", str(self._tables[rows]), "--pacts", str(pacts)]

        return generate

    def check(self, kind: str) -> None:
        """Both ways must have done the work: so many interactions in the pact."""
        for rows in (START, FEW, MANY):
            written = self.pacts(kind, rows) / PACT
            found = len(json.loads(written.read_text(encoding="utf-8"))["interactions"]) if written.exists() else 0
            if found != rows:
                raise RuntimeError(f"{kind}: {found} interactions in {written}, expected {rows}")


def measured(name: str, command: Command, rounds: int) -> list[str]:
    """One row of the table."""
    times = [{rows: timed(command(rows)) for rows in (START, FEW, MANY)} for _ in range(rounds)]
    seconds = {rows: median(each[rows] for each in times) for rows in (START, FEW, MANY)}
    each = {rows: seconds[rows] / rows * 1000 for rows in (FEW, MANY)}
    marginal = {rows: (seconds[rows] - seconds[START]) / (rows - START) * 1000 for rows in (FEW, MANY)}
    return [
        name,
        f"{seconds[START]:.2f} s",
        f"{each[FEW]:.1f}",
        f"{each[MANY]:.1f}",
        f"{marginal[FEW]:.1f}",
        f"{marginal[MANY]:.1f}",
        f"{marginal[MANY] / marginal[FEW]:.2f}",
    ]


def main() -> None:
    """Print one table."""
    options = ArgumentParser(prog="benchmarks.interaction_cost", description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--stock-rounds", type=int, default=1, help="the stock way takes minutes; 0 leaves it out")
    chosen = options.parse_args()
    with TemporaryDirectory(prefix="outdial-bench-") as name:
        sizes = Sizes(Path(name))
        rows = [measured("generate, outdial", sizes.generate("ours", "outdial", "generate"), chosen.rounds)]
        sizes.check("ours")

        def pact(rows: int) -> str:
            return str(sizes.pacts("ours", rows) / PACT)

        ours: Command = lambda rows: [sys.executable, "-m", "outdial", "verify", "--pacts", pact(rows)]  # noqa: E731
        stock: Command = lambda rows: [sys.executable, "-m", "benchmarks.stock", pact(rows), PROVIDER]  # noqa: E731
        if chosen.stock_rounds:
            stock_tests = ("-p", "no:cacheprovider", "-p", "consumer_tests.conftest", "benchmarks/stock.py")
            generate = sizes.generate("stock", "pytest", *stock_tests)
            rows.append(measured("generate, stock", generate, chosen.stock_rounds))
            sizes.check("stock")
        rows.append(measured("verify, outdial", ours, chosen.rounds))
        if chosen.stock_rounds:
            rows.append(measured("verify, stock", stock, chosen.stock_rounds))
    columns = ["ms per interaction", f"{START} in all", f"of {FEW}", f"of {MANY:,}"]
    columns += [f"each beyond {START}, up to {FEW}", f"each beyond {START}, up to {MANY:,}", "ratio of these two"]
    print(table(columns, rows))
    print(f"\nmedians of {chosen.rounds} runs (stock: {chosen.stock_rounds}), nothing subtracted; {machine()}")


if __name__ == "__main__":
    main()
