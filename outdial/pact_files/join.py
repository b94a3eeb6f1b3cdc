"""Shards, one for each passed case, and the pacts they are joined to: sorted, canonical, complete or untouched."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

OURS = "outdial"
"""In the metadata of every pact that is joined here."""
BY_TESTS = "by the consumer tests; never edited"
OPEN, CLOSE, KEY = '\n  "interactions": [\n', "\n  ],\n", '\n      "key": '
"""In the canonical form, around a pact's interactions, and in each of them: the indent tells their lines from deeper
ones, since no text of JSON has a line break of its own."""


class Incomplete(Exception):
    """The shards are not those of every case; the message says which are missing."""

    exit_code: ClassVar[int] = 4


class NotOurs(Exception):
    """A pact cannot be written without destroying what another wrote; the message says what to do."""

    exit_code: ClassVar[int] = 4


def shard_path(shards: Path, case_id: str) -> Path:
    """Where a case's shard lies."""
    return shards / f"{case_id.replace('/', '__')}.json"


def write_shard(shards: Path, case_id: str, content: str) -> None:
    """Keep one case's pact, in canonical form. A worker that is killed half-way leaves no shard under this name."""
    path = shard_path(shards, case_id)
    partial = path.with_suffix(".partial")
    written_so = OPEN in content and KEY in content  # by Pact's library, which sorts and indents as we do
    partial.write_text(content if written_so else _canonical(json.loads(content)), encoding="utf-8")
    partial.replace(path)


def join(shards: Path, case_ids: Iterable[str], pacts: Path, generated: str = BY_TESTS) -> list[Path]:
    """Write each consumer's pacts into `pacts` and return their paths. `generated` tells by whom: only what the same
    has written is replaced, or removed where it is not written again.

    Raises, with nothing touched, `Incomplete` unless there is exactly one interaction for each case id, and
    `NotOurs` where a file of another stands in the way.
    """
    return join_files({case_id: shard_path(shards, case_id) for case_id in case_ids}, pacts, generated)


def join_files(files: Mapping[str, Path], pacts: Path, generated: str = BY_TESTS) -> list[Path]:
    """The same for shards wherever they are, by their case ids. One interaction at a time is in memory."""
    groups: dict[str, list[str]] = defaultdict(list)
    heads: dict[str, tuple[str, str]] = {}
    texts: dict[tuple[str, str], str] = {}
    missing = []
    for case_id, file in files.items():
        if not file.exists():
            missing.append(case_id)
            continue
        before, _, after = _cut(case_id, file)
        if (before, after) not in texts:
            head = json.loads(f"{before}{OPEN}{CLOSE}{after}")
            texts[before, after] = f"{head['consumer']['name']}-{head['provider']['name']}.json"
        name = texts[before, after]
        if heads.setdefault(name, (before, after)) != (before, after):
            problem = "another version of Pact, or another head, than the shards before it"
            raise Incomplete(f"the shard of {case_id} ({file}) is written by {problem}")
        groups[name].append(case_id)
    if missing:
        raise Incomplete(f"{len(missing)} cases did not pass or were not run, the first: {missing[0]}")
    mark = {"generated": generated}
    _make_room(pacts, groups, mark)
    partials = {name: pacts / f"{name}.partial" for name in sorted(groups)}
    try:
        for name, partial in partials.items():
            _write(partial, heads[name], mark, {case_id: files[case_id] for case_id in sorted(groups[name])})
        written = [partial.replace(partial.with_suffix("")) for partial in partials.values()]
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
    for stale in set(pacts.glob("*.json")) - set(written):
        if _mark(stale) == mark:
            stale.unlink()
    return written


def _make_room(pacts: Path, names: Iterable[str], mark: Any) -> None:
    try:
        pacts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotOurs(f"{pacts} cannot be a folder of pacts: {error.strerror}; name another with --pacts") from None
    for name in names:
        if (pacts / name).exists() and _mark(pacts / name) != mark:
            problem = f"was not written {mark['generated'].partition(';')[0]} and is not overwritten"
            raise NotOurs(f"{pacts / name} {problem}; move it away, or name another folder with --pacts")


def _mark(file: Path) -> Any:
    """What a run has left in the metadata of a pact; None in a file of others."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))["metadata"][OURS]
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _canonical(pact: Any) -> str:
    return json.dumps(pact, indent=2, sort_keys=True, ensure_ascii=False)


def _cut(case_id: str, file: Path) -> tuple[str, str, str]:
    """A shard's text before its interaction, the interaction, and after it. Raises `Incomplete`."""
    before, opened, rest = file.read_text(encoding="utf-8").partition(OPEN)
    interaction, closed, after = rest.rpartition(CLOSE)
    keys = [each.partition("\n")[0].rstrip(",") for each in f"\n{interaction}".split(KEY)[1:]]
    if not (opened and closed) or keys != [json.dumps(case_id, ensure_ascii=False)]:
        raise Incomplete(f"the shard of {case_id} holds {', '.join(keys) or 'no interaction of ours'}: {file}")
    return before, interaction, after


def _write(partial: Path, head: tuple[str, str], mark: Mapping[str, str], files: Mapping[str, Path]) -> None:
    pact = json.loads(f"{head[0]}{OPEN}{CLOSE}{head[1]}")
    pact = {**pact, "interactions": [0], "metadata": {**pact["metadata"], OURS: mark}}
    before, _, after = _canonical(pact).partition("    0")
    with partial.open("w", encoding="utf-8") as file:
        file.write(before)
        for at, (case_id, shard) in enumerate(files.items()):
            file.write(",\n" if at else "")
            file.write(_cut(case_id, shard)[1])
        file.write(after + "\n")
        file.flush()
        os.fsync(file.fileno())
