"""Scenario tables of any size: the head of a committed table, with generated rows below it."""

import shutil
from pathlib import Path

from outdial.tables import TABLES

PROVIDER, OPERATION = "genesys-cloud", "place_call_for_agent"
CONSUMER = "benchmark"
"""One of its own: it has no journeys, which would be played beside the rows."""
PACT = f"{CONSUMER}-{PROVIDER}.json"


def write_tables(rows: int, folder: Path) -> Path:
    """Tables with so many scenarios, every second one refused; returns their folder."""
    edition = folder / f"tables-{rows}" / PROVIDER
    edition.mkdir(parents=True)
    shutil.copy(TABLES / PROVIDER / "edition.yaml", edition)
    head, separator, _ = (TABLES / PROVIDER / f"{OPERATION}.yaml").read_text(encoding="utf-8").partition("\nscenarios:")
    if not separator:
        raise ValueError(f"{OPERATION}.yaml has no line `scenarios:` to put generated rows below")
    lines = [head.replace("consumer: outdial", f"consumer: {CONSUMER}", 1), "scenarios:"]
    for at in range(rows):
        lines.append(f"  - id: row-{at:05}\n    request: {{body: {{label: row {at}}}}}")
        if at % 2:
            lines.append("    given: {an access token: {user: {role: {permissions: []}}}}")
            lines.append("    expect: permission\n    because: call-permission")
    (edition / f"{OPERATION}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return edition.parent
