"""Shards, one for each passed case, and the pacts they are joined to: sorted, canonical, complete or untouched."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Incomplete(Exception):
    """The shards are not those of every case; the message says which are missing."""


def shard_path(shards: Path, case_id: str) -> Path:
    """Where a case's shard lies."""
    return shards / f"{case_id.replace('/', '__')}.json"


def write_shard(shards: Path, case_id: str, content: str) -> None:
    """Keep one case's pact. A worker that is killed half-way leaves no shard under this name."""
    path = shard_path(shards, case_id)
    partial = path.with_suffix(".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def join(shards: Path, case_ids: Iterable[str], pacts: Path) -> list[Path]:
    """Write each consumer's pacts into `pacts` and return their paths; pacts of no scenario are removed.

    Raises `Incomplete`, with nothing touched, unless there is exactly one interaction for each case id.
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
    written = []
    for name, interactions in sorted(groups.items()):
        interactions.sort(key=lambda interaction: interaction["key"])
        pact = {**heads[name], "interactions": interactions}
        written.append(_write_partial(pacts / name, json.dumps(pact, indent=2, sort_keys=True, ensure_ascii=False)))
    for partial in written:
        partial.replace(partial.with_suffix(""))
    for stale in set(pacts.glob("*.json")) - {partial.with_suffix("") for partial in written}:
        stale.unlink()
    return [partial.with_suffix("") for partial in written]


def _write_partial(path: Path, content: str) -> Path:
    partial = path.with_suffix(path.suffix + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(content + "\n")
        file.flush()
        os.fsync(file.fileno())
    return partial
