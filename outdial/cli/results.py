"""What a machine leaves of its part of a verification: rows and journeys, by name, for `outdial join-results`."""

import json
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from outdial.generation.journeys import JourneyResult
from outdial.pact_files import Pact
from outdial.pact_files.selection import selects
from outdial.pact_files.shards import BadShards, Left, begin, digest, digest_of_code, finish, read_timings, split
from outdial.tables.journey import Journey
from outdial.verification.command import selected
from outdial.verification.gate import Gate
from outdial.verification.result_files import write
from outdial.verification.results import ROWS, name_of, rows_of, seconds_of

PLAYED = "journeys.json"


def begun(options: Namespace, pacts: Sequence[Pact], journeys: Sequence[Journey], gate: Gate) -> Left:
    """This machine's folder, with what it will hold. Raises `BadShards`, `NothingToVerify`, `Occupied`."""
    files = {name: ROWS for each in rows_of(pacts) if selects(options.expression, name := name_of(each))}
    files |= {each.case_id: PLAYED for each in journeys}
    if not files:
        selected(pacts, options.expression)
    groups = split(files, options.shard.of, read_timings(options.timings))
    saw = {
        "pacts": digest(*(pact.path for pact in pacts)),
        "policies": "" if options.provider_url else digest(options.policies),
        "journeys": digest(options.journeys),
        "timings": digest(options.timings) if options.timings else "",
        "code": digest_of_code(),
        "-k": options.expression,
        "--gate": ",".join(gate.bases),
    }
    return begin(options.results, "results", options.shard, saw, groups, files.__getitem__)


def end(folder: Path, left: Left, outcomes: Sequence[JourneyResult], without: Iterable[str]) -> None:
    """Say that this machine has done its part. Raises `BadShards` when it has not.

    A journey is missing when it was not played `without` an address that nobody gave.
    """
    played = {each.journey.case_id: each for each in outcomes}
    kept = {
        name: {
            "step": each.step and each.step.name,
            "expected": each.expected,
            "got": each.got,
            "seconds": each.seconds,
        }
        for name, each in played.items()
    }
    if lacking := [name for name, file in left.rows.items() if file == PLAYED and name not in {*played, *without}]:
        raise BadShards(f"{len(lacking)} journeys were not played, the first: {lacking[0]}")
    write({folder / PLAYED: json.dumps(kept, indent=1).encode()})
    finish(folder, left, {**seconds_of(folder), **{name: each.seconds for name, each in played.items()}})
    print(f"results of {len(left.rows)} rows and journeys of {left.shard} written to {folder}")


def read_outcomes(folders: Iterable[Path], journeys: Sequence[Journey]) -> list[JourneyResult]:
    """What all machines found of these journeys. Raises `BadShards`."""
    found: dict[str, Any] = {}
    for folder in folders:
        found |= json.loads((folder / PLAYED).read_text(encoding="utf-8"))
    if unknown := found.keys() - {each.case_id for each in journeys}:
        raise BadShards(f"there is no journey {min(unknown)} here, which a machine has played")
    outcomes = []
    for journey in journeys:
        if kept := found.get(journey.case_id):
            step = next((each for each in journey.steps if each.name == kept["step"]), None)
            outcomes.append(JourneyResult(journey, step, kept["expected"], kept["got"], kept["seconds"]))
    return outcomes
