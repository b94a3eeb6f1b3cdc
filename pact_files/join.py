"""Shards, one for each passed case, and the pacts they are joined to: sorted, canonical, complete or untouched."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

OURS = "outdial"
"""In the metadata of every pact that is joined here."""
BY_TESTS = "by the consumer tests; never edited"


class Incomplete(Exception):
    """The shards are not those of every case; the message says which are missing."""


class NotOurs(Exception):
    """A pact cannot be written without destroying what another wrote; the message says what to do."""

    exit_code: ClassVar[int] = 4


def shard_path(shards: Path, case_id: str) -> Path:
    """Where a case's shard lies."""
    return shards / f"{case_id.replace('/', '__')}.json"


def write_shard(shards: Path, case_id: str, content: str) -> None:
    """Keep one case's pact. A worker that is killed half-way leaves no shard under this name."""
    path = shard_path(shards, case_id)
    partial = path.with_suffix(".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def join(shards: Path, case_ids: Iterable[str], pacts: Path, generated: str = BY_TESTS) -> list[Path]:
    """Write each consumer's pacts into `pacts` and return their paths. `generated` tells by whom: only what the same
    has written is replaced, or removed where it is not written again.

    Raises, with nothing touched, `Incomplete` unless there is exactly one interaction for each case id, and
    `NotOurs` where a file of another stands in the way.
    """
    groups: dict[str, list[Any]] = defaultdict(list)
    heads: dict[str, Any] = {}
    missing = []
    for case_id in case_ids:
        shard = shard_path(shards, case_id)
        if not shard.exists():
            missing.append(case_id)
            continue
        pact = json.loads(shard.read_text(encoding="utf-8"))
        keys = [interaction.get("key") for interaction in pact["interactions"]]
        if keys != [case_id]:
            raise Incomplete(f"the shard of {case_id} holds {keys}")
        name = f"{pact['consumer']['name']}-{pact['provider']['name']}.json"
        groups[name] += pact.pop("interactions")
        heads[name] = pact
    if missing:
        raise Incomplete(f"{len(missing)} cases did not pass or were not run, the first: {missing[0]}")
    mark = {"generated": generated}
    _make_room(pacts, groups, mark)
    partials = []
    for name, interactions in sorted(groups.items()):
        interactions.sort(key=lambda interaction: interaction["key"])
        head = heads[name]
        pact = {**head, "interactions": interactions, "metadata": {**head["metadata"], OURS: mark}}
        partials.append(_write_partial(pacts / name, json.dumps(pact, indent=2, sort_keys=True, ensure_ascii=False)))
    written = [partial.replace(partial.with_suffix("")) for partial in partials]
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


def _write_partial(path: Path, content: str) -> Path:
    partial = path.with_suffix(path.suffix + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    return partial
