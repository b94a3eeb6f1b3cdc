"""One run split over machines: which rows a machine has, and the partial pacts that it leaves."""

import json
import os
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, TypeVar

CI_VARIABLES = (
    ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),  # GitLab
    ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
)
"""Index, total, and the index of the first machine."""
Row = TypeVar("Row")


class BadShards(Exception):
    """Raised when folders do not hold all partial pacts of one run. The message names the first fault."""

    exit_code: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class Shard:
    """One machine of several; the first is 1."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str, environment: Mapping[str, str] = os.environ) -> "Shard":
        """Return `2/8` as a shard; `auto` reads the variables of GitLab, CircleCI or Buildkite.

        Raises `ArgumentTypeError`.
        """
        given = text
        for index, total, first in CI_VARIABLES if text == "auto" else ():
            if environment.get(index, "").isdecimal() and total in environment:
                given = f"{int(environment[index]) + 1 - first}/{environment[total]}"
                break
        number, slash, of = given.partition("/")
        if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
            return cls(int(number), int(of))
        unset = f" or one of {', '.join(index for index, _, _ in CI_VARIABLES)}" if text == "auto" else ""
        raise ArgumentTypeError(f"invalid --shard {text!r}: expected I/N, for example 2/8{unset}")

    def part(self, rows: Sequence[Row]) -> list[Row]:
        """Return every N-th row, beginning with the I-th."""
        return list(rows[self.number - 1 :: self.of])

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def mark_of(shard: Shard, digests: Mapping[str, str]) -> dict[str, Any]:
    """Return `metadata.outdial` of a partial pact: the shard, and count and digest of all rows of the run."""
    content = sha256(json.dumps(sorted(digests.items())).encode()).hexdigest()
    return {"shard": shard.number, "of": shard.of, "rows": len(digests), "digest": content}


def joined(folders: Sequence[Path]) -> dict[str, Any]:
    """Return the whole pacts of one run by file name. Raises `BadShards` unless every row is there once."""
    pacts: dict[str, Any] = {}
    rows: dict[str, tuple[Path, Any]] = {}
    runs: dict[tuple[int, int, str], Path] = {}
    seen: set[int] = set()
    for file in [file for folder in dict.fromkeys(folders) for file in sorted(folder.glob("*.json")) or [folder]]:
        try:
            pact = json.loads(file.read_text(encoding="utf-8"))
            mark, interactions = pact["metadata"].pop("outdial"), pact.pop("interactions")
            runs.setdefault((mark["of"], mark["rows"], mark["digest"]), file)
            seen.add(mark["shard"])
            keyed = {each["key"]: each for each in interactions}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise BadShards(f"{file}: expected partial pacts, which `outdial generate --shard I/N` writes") from None
        whole = pacts.setdefault(file.name, {**pact, "interactions": []})
        if {**whole, "interactions": []} != {**pact, "interactions": []}:
            raise BadShards(f"{file}: written by another version of Pact than the files before it")
        for key, each in keyed.items():
            if key not in rows:
                whole["interactions"].append(each)
            elif rows[key][1] != each:
                raise BadShards(f"{key} differs between {rows[key][0]} and {file}")
            rows.setdefault(key, (file, each))
    if len(runs) > 1:
        first, other, *_ = runs.values()
        raise BadShards(f"{other}: of another run than {first} (other tables, or another N of --shard)")
    for of, count, _ in runs:
        if len(rows) != count:
            missing = ", ".join(f"{number}/{of}" for number in range(1, of + 1) if number not in seen)
            raise BadShards(f"{len(rows)} of {count} rows are here{f'; no file of shard {missing}' if missing else ''}")
    return pacts
