"""Pacts of single cases, merged into one pact per consumer and provider: complete, or nothing is written."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

OURS = "outdial"
"""Our key in the metadata of a pact."""
BY_TESTS = {"generated": "by the consumer tests; never edited"}


class Incomplete(Exception):
    """Raised when a case has no pact. The message names the first."""

    exit_code: ClassVar[int] = 4


class NotOurs(Exception):
    """Raised when a file of somebody else is in the way. The message says what to do."""

    exit_code: ClassVar[int] = 4


def shard_path(shards: Path, case_id: str) -> Path:
    """Return the file of one case."""
    return shards / f"{case_id.replace('/', '__')}.json"


def write_shard(shards: Path, case_id: str, content: str) -> None:
    """Write the pact of one case; a killed process leaves no half-written file."""
    path = shard_path(shards, case_id)
    partial = path.with_suffix(".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)


def join(shards: Path, case_ids: Iterable[str], pacts: Path, mark: Mapping[str, Any] = BY_TESTS) -> list[Path]:
    """Merge the pacts of these cases into `pacts` and return the paths. `mark` tells who wrote them.

    Raises, with nothing changed, `Incomplete` and `NotOurs`.
    """
    merged: dict[str, Any] = {}
    missing: list[str] = []
    for case_id in case_ids:
        try:
            pact = json.loads(shard_path(shards, case_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            missing.append(case_id)
            continue
        interactions = pact.pop("interactions")
        if [each.get("key") for each in interactions] != [case_id]:
            raise Incomplete(f"{shard_path(shards, case_id)}: expected the pact of {case_id} alone")
        name = f"{pact['consumer']['name']}-{pact['provider']['name']}.json"
        merged.setdefault(name, {**pact, "interactions": []})["interactions"] += interactions
    if missing:
        raise Incomplete(f"{len(missing)} cases did not pass or were not run, the first: {missing[0]}")
    return write_pacts(merged, pacts, mark)


def write_pacts(merged: Mapping[str, Any], pacts: Path, mark: Mapping[str, Any]) -> list[Path]:
    """Write pacts by file name, all or none, and remove those that an earlier run of the same mark wrote.

    Raises `NotOurs`.
    """
    try:
        pacts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotOurs(f"{pacts}: invalid folder for pacts: {error.strerror}; name another with --pacts") from None
    for name in merged:
        if (pacts / name).exists() and not _alike(_mark(pacts / name), mark):
            raise NotOurs(f"{pacts / name}: not written by this command, not overwritten; move the file away")
    with ExitStack() as stack:
        partials = {}
        for name, pact in sorted(merged.items()):
            interactions = sorted(pact["interactions"], key=lambda each: str(each["key"]))
            whole = {**pact, "interactions": interactions, "metadata": {**pact["metadata"], OURS: dict(mark)}}
            partials[pacts / name] = partial = pacts / f"{name}.partial"
            stack.callback(partial.unlink, missing_ok=True)
            partial.write_text(json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        written = [partial.replace(path) for path, partial in partials.items()]
    for stale in set(pacts.glob("*.json")) - set(written):
        if _alike(_mark(stale), mark):
            stale.unlink()
    return written


def _alike(found: Any, mark: Mapping[str, Any]) -> bool:
    """Return whether one writer made both; partial pacts of any run replace each other."""
    return isinstance(found, dict) and (found == mark or ("shard" in found and "shard" in mark))


def _mark(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["metadata"][OURS]
    except (OSError, ValueError, LookupError, TypeError):
        return None
