"""A pact of many rows: read, cut into pieces, and joined from what eight machines left; time and peak memory of each.

Nothing is played: rows are generated from one of the committed pact, so the sizes are those of real ones.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cost import Cost, cost_of
from benchmarks.report import machine, table
from outdial.pact_files.join import write_pacts
from outdial.pact_files.shards import Shard, mark_of

PACT = Path(__file__).parent.parent / "pacts" / "outdial-genesys-cloud.json"
MACHINES = 8
READ = "from pathlib import Path; import sys; from pact_files import read_interactions as r; x = r([Path(sys.argv[1])])"
CUT = f"{READ}; from pact_files.cutting import piece_of, pieces; print(sum(len(piece_of(each)) for each in pieces(x)))"


def leave(rows: int, folder: Path) -> list[Path]:
    """Write the partial pacts of eight machines and return their folders."""
    pact = json.loads(PACT.read_text(encoding="utf-8"))
    (one, *_) = pact["interactions"]
    names = [f"{one['key']}-{at:05}" for at in range(rows)]
    folders = []
    for number in range(1, MACHINES + 1):
        shard = Shard(number, MACHINES)
        whole = {**pact, "interactions": [{**one, "key": name} for name in shard.part(names)]}
        folders.append(folder / str(number))
        write_pacts({PACT.name: whole}, folders[-1], mark_of(shard, dict.fromkeys(names, "")))
    return folders


def main() -> None:
    """Print one table."""
    options = ArgumentParser(prog="benchmarks.large_pact", description=__doc__)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    with TemporaryDirectory(prefix="outdial-bench-") as name:
        folders = leave(chosen.rows, Path(name))
        pacts = Path(name) / "pacts"
        join = [sys.executable, "-m", "outdial", "join", *map(str, folders), "--pacts", str(pacts)]
        pact = str(pacts / PACT.name)
        commands = {
            "joined": join,
            "read": [sys.executable, "-c", READ, pact],
            "read and cut": [sys.executable, "-c", CUT, pact],
            "loaded by json alone": [sys.executable, "-c", "import json, sys; json.load(open(sys.argv[1]))", pact],
        }
        costs = {what: [cost_of(command) for _ in range(chosen.rounds)] for what, command in commands.items()}
        size = Path(pact).stat().st_size / 1e6
    rows = [[what, *Cost.median(each).cells()] for what, each in costs.items()]
    print(table([f"{chosen.rows:,} rows, {size:.0f} MB", *Cost.COLUMNS], rows))
    print(f"\nmedians of {chosen.rounds} runs, start-up included; {machine()}")


if __name__ == "__main__":
    main()
