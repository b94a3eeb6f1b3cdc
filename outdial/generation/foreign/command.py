"""A team's own client under contract: its rows are played, and a complete green run writes its pacts."""

import os
import re
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from outdial.generation.foreign.client_process import CannotStart, ClientFailed, ClientProcess, command_of
from outdial.generation.foreign.expectations import Expectations, read_expectations
from outdial.generation.foreign.play import play
from outdial.generation.foreign.selection import of_consumer, select
from outdial.pact_files.hiding import hidden
from outdial.pact_files.join import join, write_shard
from outdial.pact_files.selection import NoSuchRow, selector
from outdial.tables import Scenario

CONSUMER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]*")
MOST_STARTS = 5
"""A client that fails as often is not started again."""
LAST_WORDS_SECONDS = 0.5
"""How long a client may go on when nothing more is asked."""


def add_options(parser: ArgumentParser) -> None:
    """Add the options for a client of a team's own."""
    own = parser.add_argument_group(
        "a client of your own (docs/your-own-client.md)",
        "Of its tables, single ones may be named: EDITION or EDITION/OPERATION.",
    )
    own.add_argument("--client", metavar="COMMAND", help="plays the rows: a command, or module:function")
    own.add_argument("--consumer", type=_consumer, metavar="NAME", help="its name in the pacts")
    own.add_argument("--expects", type=Path, metavar="FILE", help="YAML: what it must say, and needs of an answer")
    own.add_argument("--seconds", type=_seconds, default=10.0, metavar="N", help="to answer a row (default: 10)")


def generate(options: Namespace) -> list[Path] | None:
    """The pacts that were written; None when a row did not hold, and with `-k`. Raises `CannotStart`, `DocumentError`,
    `NoSuchTable`, `NoSuchRow`, `NotOurs`."""
    if options.consumer is None:
        raise CannotStart("--client needs --consumer: the name of your application in its pacts")
    if options.workers != "0":
        raise CannotStart("-n is not for --client: the client is one process")
    command = command_of(options.client)
    all_rows = select(options.tables)
    expects = read_expectations(options.expects, all_rows) if options.expects else Expectations({})
    rows = [of_consumer(expects.added(each), options.consumer) for each in all_rows]
    if options.rows:
        selects = selector(options.rows)
        if not (chosen := [each for each in rows if selects(each.case_id)]):
            raise NoSuchRow(options.rows, (each.case_id for each in rows))
        print(f"{len(chosen)} of {len(rows)} rows selected")
        rows = chosen
    os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
    with TemporaryDirectory(prefix="outdial-") as folder:
        shards = Path(folder) / "shards"
        shards.mkdir()
        green = _play_all(command, rows, expects, options.seconds, shards)
        if not green or options.rows:
            print(f"{options.pacts} stays as it was: {'a part of the rows was asked for' if green else 'see above'}")
            return [] if green else None
        made = {"generated": f"by the client of {options.consumer}; never edited"}
        written = join(shards, [each.case_id for each in rows], options.pacts, made)
    print(f"{len(rows)} interactions written to {len(written)} pacts in {options.pacts}")
    return written


def _play_all(
    command: list[str], rows: Sequence[Scenario], expects: Expectations, seconds: float, shards: Path
) -> bool:
    """Return whether every row held; print a line for each that did not."""
    failed: list[int] = []
    took: list[float] = []

    def tell(seq: int, problem: object) -> None:
        failed.append(seq)
        print(f"FAIL {rows[seq - 1].case_id} ({rows[seq - 1].place}): the client {hidden(str(problem))}")

    client, starts = ClientProcess(command), 1
    try:
        for seq, row in enumerate(rows, start=1):
            began = time.monotonic()
            try:
                written = play(row, client, seq, seconds, expects.said(row), shards.parent)
                write_shard(shards, row.case_id, written.read_text(encoding="utf-8"))
            except AssertionError as problem:
                tell(seq, problem)
            except ClientFailed as problem:
                tell(problem.seq, problem)
                if starts == MOST_STARTS:
                    print(f"the client failed {starts} times; {len(rows) - seq} rows were not played")
                    return False
                client, starts = ClientProcess(command), starts + 1
            took.append(time.monotonic() - began)
        try:
            client.finish(len(rows), LAST_WORDS_SECONDS)
        except ClientFailed as problem:
            tell(problem.seq, problem)
    finally:
        client.end()
    print(f"{client.name}: {len(rows)} rows played, {len(failed)} do not hold, {median(took) * 1000:.0f} ms each")
    return not failed


def _consumer(text: str) -> str:
    if not CONSUMER.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is no name of a consumer: letters, digits, space, _ . -")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise ArgumentTypeError(f"{text!r} is no time limit; give seconds, such as 10 or 0.5")
    return seconds
