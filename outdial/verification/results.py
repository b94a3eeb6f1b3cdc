"""What one machine of several has found, kept in its folder, and read again as if one had found all of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from outdial.pact_files import Interaction, Pact
from outdial.pact_files.shards import BadShards
from outdial.verification.gate import Gate
from outdial.verification.report import Finding
from outdial.verification.result import CaseResult, Got
from outdial.verification.result_files import write

ROWS = "results.json"
OF_A_ROW = 0.004
"""Seconds that verification itself takes of a row, beside the provider's own: for the split."""


def name_of(interaction: Interaction) -> str:
    """A row among those of all pacts."""
    return f"{interaction.pact.name}/{interaction.case_id}"


def rows_of(pacts: Iterable[Pact]) -> list[Interaction]:
    """Every interaction of these pacts."""
    return [interaction for pact in pacts for interaction in pact.interactions]


def write_findings(folder: Path, findings: Iterable[Finding]) -> None:
    """Keep what was found of each row."""
    found = {
        name_of(each.about): {**asdict(each.result), "place": each.place, "refused_by": each.refused_by}
        for each in findings
    }
    write({folder / ROWS: json.dumps(found, indent=1).encode()})


def read_findings(folders: Sequence[Path], pacts: Iterable[Pact], gate: Gate) -> list[Finding]:
    """What all machines found of the rows of these pacts, in their order. Raises `BadShards`."""
    found: dict[str, Mapping[str, Any]] = {}
    for folder in folders:
        found |= json.loads((folder / ROWS).read_text(encoding="utf-8"))
    findings = [_finding(each, found.pop(name_of(each)), gate) for each in rows_of(pacts) if name_of(each) in found]
    if found:
        raise BadShards(f"{len(found)} rows are in no pact here, the first: {next(iter(found))}")
    return findings


def _finding(about: Interaction, kept: Mapping[str, Any], gate: Gate) -> Finding:
    result = CaseResult(Got(**kept["got"]), tuple(kept["problems"]), kept["seconds"])
    return Finding(about, result, gate.holds(about), kept["place"], kept["refused_by"])


def seconds_of(folder: Path) -> dict[str, float]:
    """How long each row took a machine."""
    found = json.loads((folder / ROWS).read_text(encoding="utf-8")) if (folder / ROWS).exists() else {}
    return {name: OF_A_ROW + kept["seconds"] for name, kept in found.items()}
