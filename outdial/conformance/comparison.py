"""Does a pact say what the provider's OpenAPI definition says?

Pactflow's comparator finds the disagreements; each is then explained by the row it is in, or fails. A row may
disagree where it is `assumed` (it says more than the definition), or where its request is bad on purpose (the
answer refuses the very part that disagrees).
"""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from outdial.conformance.npm_tool import NpmTool, ToolMissing
from outdial.pact_files import Interaction, read_interactions

COMPARATOR = NpmTool("@pactflow/openapi-pact-comparator", "1.7.0", "openapi-pact-comparator")
COMPARE_SECONDS = 120
PLACE = re.compile(r"\[root\]\.interactions\[(\d+)\]\.?(.*)")
REFUSED_FOR = {
    400: ("request.",),
    401: ("request.authorization",),
    404: ("request.path-or-method",),
    405: ("request.path-or-method",),
    413: ("request.body",),
    415: ("request.content-type",),
}
"""The parts of a request that a status puts the blame on, by the first words of the comparator's codes."""


class NotCompared(Exception):
    """The comparator gave no verdict; the message says why."""

    exit_code: ClassVar = 4


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One place where a pact and the definition differ; without `serious` the definition is only silent there."""

    interaction: Interaction
    place: str
    code: str
    message: str
    serious: bool

    @property
    def explanation(self) -> str | None:
        """Return the known reason for a disagreement, or None."""
        row = self.interaction
        if row.basis == "assumed":
            return f"assumed: {row.evidence}"
        if row.because and self.code.startswith(REFUSED_FOR.get(row.response.status, ("nothing",))):
            return f"bad on purpose: {row.because} answers {row.expected}"
        return None


def disagreements(definition: Path, pact: Path) -> list[Disagreement]:
    """Every difference between a pact and an OpenAPI 3 or Swagger 2 file in JSON or YAML.

    Raises `NotCompared`, `ToolMissing`, `BadPact`.
    """
    if not definition.is_file():
        raise NotCompared(f"{definition}: no such file; expected the provider's OpenAPI or Swagger definition")
    interactions = read_interactions([pact])
    command = [COMPARATOR.path(), definition.absolute(), pact.absolute()]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=COMPARE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ToolMissing(f"{COMPARATOR.command} gave no result for {definition} in {COMPARE_SECONDS} s") from None
    try:
        found = json.loads(ended.stdout)
    except ValueError:
        said = re.search(r"^\w*Error: .*", ended.stderr, re.MULTILINE)
        raise NotCompared(f"{definition}: {said[0] if said else 'the comparator gave no result'}") from None
    return [_disagreement(interactions, each) for each in found]


def _disagreement(interactions: Sequence[Interaction], found: dict[str, Any]) -> Disagreement:
    place = PLACE.match(found["mockDetails"]["location"])
    if place is None:
        raise NotCompared(f"the comparator names a place unknown to us: {found['mockDetails']['location']}")
    return Disagreement(
        interactions[int(place[1])], place[2], found["code"], found["message"], found["type"] == "error"
    )
