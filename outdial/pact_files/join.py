"""Pacts of single rows, merged into one pact per consumer and provider: complete, or nothing is written."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

OURS = "outdial"
"""Our key in the metadata of a pact."""
BY_TESTS = {"generated": "by the consumer tests; never edited"}


class Incomplete(Exception):
    """Raised when a row has no pact. The message names the first."""

    exit_code: ClassVar[int] = 4


class NotOurs(Exception):
    """Raised when a file of somebody else is in the way. The message says what to do."""

    exit_code: ClassVar[int] = 4


def joined(played: Mapping[str, str], case_ids: Iterable[str]) -> dict[str, Any]:
    """Return whole pacts by file name, from the pact of each row. Raises `Incomplete` unless every row has one."""
    wanted = list(case_ids)
    if missing := [each for each in wanted if each not in played]:
        raise Incomplete(f"{len(missing)} cases did not pass or were not run, the first: {missing[0]}")
    merged: dict[str, Any] = {}
    for case_id in wanted:
        pact = json.loads(played[case_id])
        interactions = pact.pop("interactions")
        if [each.get("key") for each in interactions] != [case_id]:
            raise Incomplete(f"{case_id}: its pact does not hold this row alone")
        name = f"{pact['consumer']['name']}-{pact['provider']['name']}.json"
        merged.setdefault(name, {**pact, "interactions": []})["interactions"] += interactions
    return merged


def write_pacts(merged: Mapping[str, Any], pacts: Path, mark: Mapping[str, Any] = BY_TESTS) -> list[Path]:
    """Write pacts by file name, all or none, and remove those that an earlier run of the same mark wrote.

    `mark` tells who wrote them. Raises `NotOurs`.
    """
    try:
        pacts.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotOurs(f"{pacts}: invalid folder for pacts: {error.strerror}; name another with --pacts") from None
    for name in merged:
        if (pacts / name).exists() and not _alike(pacts / name, mark):
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
        if _alike(stale, mark):
            stale.unlink()
    return written


def _alike(file: Path, mark: Mapping[str, Any]) -> bool:
    """Return whether one writer made both; partial pacts of any run replace each other."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["metadata"][OURS]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return found == mark or ("shard" in found and "shard" in mark)
