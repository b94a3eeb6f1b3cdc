"""Cuts pacts into pieces that Pact's verifier plays at a flat cost for each interaction."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from outdial.pact_files.model import Interaction

PIECE = 20
"""Interactions in one verifier: a thousand in one cost three times as much each as twenty."""


def pieces(interactions: Sequence[Interaction], size: int = PIECE) -> Iterator[tuple[Interaction, ...]]:
    """The interactions in groups of one pact and one provider each, none larger than `size`."""
    groups: dict[tuple[Path, str], list[Interaction]] = {}
    for interaction in interactions:
        groups.setdefault((interaction.pact, interaction.provider), []).append(interaction)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield tuple(group[start : start + size])


def piece_of(interactions: Sequence[Interaction]) -> Mapping[str, Any]:
    """A pact of these interactions alone, in the version of their own.

    The case id takes the place of the description: the verifier reports it in every version, keys only in V4.
    """
    first = interactions[0]
    return {
        "consumer": {"name": first.consumer},
        "provider": {"name": first.provider},
        "interactions": [{**each.source, "description": each.case_id} for each in interactions],
        "metadata": first.metadata,
    }
