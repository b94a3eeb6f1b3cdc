"""One run split over machines: whose rows are whose, and what each machine leaves in a folder to be joined."""

import json
import math
import os
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from heapq import heapreplace
from pathlib import Path
from typing import Any, ClassVar

from outdial.folders import PACKAGE

MANIFEST, TIMINGS = "shard.json", "timings.json"
MOST = 1000
"""Machines in one run."""
SHOWN = 12


class BadShards(Exception):
    """Folders that are not the whole of one run; the message names each machine and row at fault."""

    exit_code: ClassVar[int] = 4


class Occupied(Exception):
    """A folder holds what no shard left there, and is not emptied."""

    exit_code: ClassVar[int] = 4


class NotTogether(Exception):
    """Options that say half of which machine this is; the message says which."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class Shard:
    """One machine of so many; the first is 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> "Shard":
        """`2/8`. Raises `ArgumentTypeError`."""
        number, slash, of = text.partition("/")
        if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of) <= MOST:
            return cls(int(number), int(of))
        raise ArgumentTypeError(f"{text!r} is no shard. Valid: 1/8 to 8/8, for one of eight machines")

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def require_together(shard: Shard | None, folder: Path | None, option: str, timings: Path | None) -> None:
    """A machine has a folder for what it leaves, which `option` names; times are for a split. Raises `NotTogether`."""
    if (shard is None) != (folder is None):
        raise NotTogether(f"--shard and {option} go together: which machine this is, and the folder for what it leaves")
    if timings and not shard:
        raise NotTogether("--timings splits rows over machines; say which one this is with --shard")


def split(rows: Iterable[str], of: int, seconds: Mapping[str, float]) -> list[list[str]]:
    """Which rows each machine has, in their order: the longest first, to whichever has least to do.

    The algorithm is pytest-split's `least_duration`; a row without a time counts as an average one. The same input
    gives the same split on every machine.
    """
    names = list(rows)
    known = [seconds[name] for name in names if name in seconds]
    average = sum(known) / len(known) if known else 1.0
    loads = [(0.0, 0, machine) for machine in range(of)]
    machines = {}
    for name in sorted(names, key=lambda name: (-seconds.get(name, average), name)):
        load, count, machine = loads[0]
        machines[name] = machine
        heapreplace(loads, (load + seconds.get(name, average), count + 1, machine))
    return [[name for name in names if machines[name] == machine] for machine in range(of)]


def read_timings(file: Path | None) -> dict[str, float]:
    """Seconds of rows by their case ids; none without a file. Raises `BadShards`."""
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        timings = {str(name): float(seconds) for name, seconds in found.items()}
        if all(0 <= each < math.inf for each in timings.values()):
            return timings
        problem = "a time is a number of seconds"
    except (OSError, ValueError, TypeError, AttributeError) as error:
        problem = str(error)
    raise BadShards(f"{file}: not the timings that a join has written: {problem}")


def digest(*paths: Path, ending: str = "") -> str:
    """Of files, or of all files in folders that end so: their names and content."""
    found = sha256()
    for path in paths:
        files = sorted(each for each in path.rglob(f"*{ending}") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            name = file.relative_to(path.parent if file is path else path)
            found.update(f"{name.as_posix()}\0".encode())
            found.update(sha256(file.read_bytes()).digest())
    return found.hexdigest()


def digest_of_code() -> str:
    """Of the code that plays and verifies rows: machines of one run have the same commit, without changes."""
    return digest(PACKAGE, ending=".py")


@dataclass(frozen=True, slots=True)
class Left:
    """What one machine left in its folder, or is about to.

    `saw` holds digests of what the run depends on; `rows` the file of each row; `all_rows` how many rows each machine
    has, with the first of them; `files` the digest of each file, None until the machine has finished.
    """

    kind: str
    number: int
    of: int
    saw: Mapping[str, str]
    rows: Mapping[str, str]
    all_rows: Sequence[tuple[int, str]]
    files: Mapping[str, str] | None = None

    @property
    def shard(self) -> Shard:
        """Which machine."""
        return Shard(self.number, self.of)


def begin(
    folder: Path, kind: str, shard: Shard, saw: Mapping[str, str], groups: Sequence[Sequence[str]], file_of: Any
) -> Left:
    """Empty a machine's folder and say what it will hold: each row in the file that `file_of` names.

    Raises `Occupied` where something else is in the folder.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST).exists())):
        raise Occupied(f"{folder} holds what is no shard, and is not emptied; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.suffix in (".json", ".partial"):
            old.unlink()
    rows = {row: file_of(row) for row in groups[shard.number - 1]}
    firsts = [(len(group), group[0] if group else "") for group in groups]
    left = Left(kind, shard.number, shard.of, saw, rows, firsts)
    _write(folder / MANIFEST, asdict(left))
    return left


def finish(folder: Path, left: Left, timings: Mapping[str, float]) -> None:
    """Say that the machine has done all of it. Raises `BadShards` when it has not."""
    if missing := [row for row, file in left.rows.items() if not (folder / file).exists()]:
        raise BadShards(f"{len(missing)} cases did not pass or were not run, the first: {missing[0]}")
    files = {name: digest(folder / name) for name in sorted(set(left.rows.values()))}
    _write(folder / TIMINGS, {row: round(timings[row], 4) for row in left.rows if row in timings})
    _write(folder / MANIFEST, {**asdict(left), "files": files})


def _write(path: Path, content: Any) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def gathered(folders: Sequence[Path], kind: str) -> dict[Path, Left]:
    """What the machines of one run left, in their order: each once, whole, and of the same input.

    A machine that stands twice, byte for byte alike, counts once. Raises `BadShards` with everything that is wrong.
    """
    problems: list[str] = []
    found: dict[Path, Left] = {}
    for folder in dict.fromkeys(folders):
        try:
            found[folder] = _read(folder, kind)
        except BadShards as problem:
            problems.append(str(problem))
    if found:
        problems += [problem for folder, left in found.items() for problem in _unfinished(folder, left)]
        problems += [*_of_other_input(found), *_not_each_once(found)]
    problems = problems or list(_rows_of_two(found))
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        told = "\n  ".join([*problems[:SHOWN], *more])
        raise BadShards(f"these are not the whole of one run, so nothing is written:\n  {told}")
    once = {left.number: folder for folder, left in reversed(found.items())}
    return {once[number]: found[once[number]] for number in sorted(once)}


def gathered_timings(folders: Iterable[Path]) -> dict[str, float]:
    """The times of every machine's rows together."""
    return {row: time for folder in folders for row, time in read_timings(folder / TIMINGS).items()}


def write_timings(file: Path, timings: Mapping[str, float]) -> None:
    """Keep times for the next split."""
    _write(file, dict(sorted(timings.items())))


def _read(folder: Path, kind: str) -> Left:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        left = Left(**content)
        Shard.read(str(left.shard))
        shaped = len(left.all_rows) == left.of and left.all_rows[left.number - 1][0] == len(left.rows)
    except FileNotFoundError:
        raise BadShards(f"{folder}: there is no {MANIFEST}, so no machine has begun here, or it is lost") from None
    except (OSError, ValueError, TypeError, LookupError, ArgumentTypeError) as error:
        raise BadShards(f"{folder}: {MANIFEST} is cut short or damaged: {error}") from None
    if not shaped:
        raise BadShards(f"{folder}: {MANIFEST} is damaged: it has not as many rows as the split gives {left.shard}")
    if left.kind != kind:
        raise BadShards(f"{folder}: {left.shard} holds {left.kind}, not {kind}")
    return left


def _unfinished(folder: Path, left: Left) -> Iterator[str]:
    if left.files is None:
        there = {row for row, file in left.rows.items() if (folder / file).exists()}
        lacking = next((row for row in left.rows if row not in there), "none")
        counted = f"{len(there)} of {len(left.rows)} rows are there, the first that is not: {lacking}"
        yield f"{folder}: {left.shard} did not finish: {counted}"
        return
    for row, name in {file: (row, file) for row, file in left.rows.items()}.values():
        file = folder / name
        if not file.exists():
            yield f"{folder}: {left.shard} lacks {name}, of {row}"
        elif digest(file) != left.files.get(name):
            yield f"{folder}: {name}, of {row}, is not what {left.shard} wrote: cut short or changed"


def _of_other_input(found: Mapping[Path, Left]) -> Iterator[str]:
    """Whoever saw something else than most did."""
    ((number, _),) = Counter(left.of for left in found.values()).most_common(1)
    for folder, left in found.items():
        if left.of != number:
            yield f"{folder}: {left.shard} is of {left.of} machines, others are of {number}"
    names = dict.fromkeys(name for left in found.values() for name in left.saw)
    for name in names:
        ((most, _),) = Counter(left.saw.get(name) for left in found.values()).most_common(1)
        for folder, left in found.items():
            if left.saw.get(name) != most:
                of_commit = " (another commit, or changed files)" if name == "code" else ""
                yield f"{folder}: {left.shard} is from other {name}{of_commit} than the others"


def _not_each_once(found: Mapping[Path, Left]) -> Iterator[str]:
    at: dict[int, Path] = {}
    for folder, left in found.items():
        if (first := at.setdefault(left.number, folder)) == folder:
            continue
        if left.files and (other := found[first].files) and left.files != other:
            differs = {name for name in left.files if left.files[name] != other.get(name)}
            row = next((row for row, file in left.rows.items() if file in differs), "none")
            yield f"{left.shard} stands twice, in {first} and in {folder}, and differs in {row}"
    one = next(iter(found.values()))
    for number, (count, row) in enumerate(one.all_rows, start=1):
        if number not in at:
            yield f"{number}/{one.of} is missing: {f'{count} rows, the first {row}' if count else 'no rows'}"


def _rows_of_two(found: Mapping[Path, Left]) -> Iterator[str]:
    """The same input splits rows in one way only, so this is for what nobody thought of."""
    machine: dict[str, Shard] = {}
    for folder, left in found.items():
        for row in left.rows:
            if (other := machine.setdefault(row, left.shard)) != left.shard:
                yield f"{folder}: {row} is a row of {left.shard} and of {other}"
