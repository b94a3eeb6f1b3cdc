"""Reads pacts: which interactions stand in which file, and pieces small enough to stay fast."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

PIECE = 20
"""Interactions in one verifier: a thousand in one cost three times as much each as twenty."""


class BadPact(Exception):
    """A file that is no pact of this suite; the message says which, why and what to do."""

    exit_code: ClassVar = 4


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction of a pact, under the case id that its key carries."""

    case_id: str
    pact: Path
    consumer: str
    provider: str
    content: dict[str, Any]

    @property
    def given(self) -> str:
        """The provider states, in short."""
        states = self.content.get("providerStates", [])
        return "; ".join(_short(state["name"], state.get("params", {})) for state in states) or "nothing"

    @property
    def because(self) -> str | None:
        """The condition that refuses, as the contract names it; None for an accepted row."""
        because: str | None = self.content.get("comments", {}).get("because")
        return because

    @property
    def expected(self) -> str:
        """The answer the consumer expects, in short."""
        response = self.content["response"]
        body = response.get("body", {}).get("content")
        code = (body.get("code") or body.get("error")) if isinstance(body, dict) else None
        rules = response.get("matchingRules", {}).get("status", {})
        status = "any 2xx" if rules else str(response["status"])
        return f"{status} {code}" if isinstance(code, str) else status


def read_pacts(paths: Sequence[Path]) -> list[Interaction]:
    """Every interaction of these files (or of all pacts in these folders). Raises `BadPact`."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not files:
        raise BadPact(f"no pacts in {', '.join(map(str, paths))}; `make pact` writes them")
    return [interaction for file in files for interaction in _read(file)]


def _read(file: Path) -> Iterator[Interaction]:
    try:
        pact = json.loads(file.read_text(encoding="utf-8"))
        consumer, provider = pact["consumer"]["name"], pact["provider"]["name"]
        interactions = pact["interactions"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadPact(f"{file}: not a pact: {type(error).__name__}: {error}; `make pact` writes it anew") from None
    if not interactions:
        raise BadPact(f"{file}: a pact without interactions verifies nothing")
    seen: set[str] = set()
    for at, interaction in enumerate(interactions):
        case_id = interaction.get("key")
        if not case_id or case_id in seen:
            problem = f"key {case_id!r} stands twice" if case_id else "no key"
            raise BadPact(f"{file}: interaction {at}, {interaction.get('description')!r}: {problem}")
        seen.add(case_id)
        yield Interaction(case_id, file, consumer, provider, interaction)


def pieces(interactions: Sequence[Interaction], size: int = PIECE) -> Iterator[tuple[Interaction, ...]]:
    """The interactions in groups of one pact and one provider each, none larger than `size`."""
    groups: dict[tuple[Path, str], list[Interaction]] = {}
    for interaction in interactions:
        groups.setdefault((interaction.pact, interaction.provider), []).append(interaction)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield tuple(group[start : start + size])


def write_piece(piece: Sequence[Interaction], path: Path) -> None:
    """A pact of these interactions alone."""
    first = piece[0]
    pact = {
        "consumer": {"name": first.consumer},
        "provider": {"name": first.provider},
        "interactions": [interaction.content for interaction in piece],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
    path.write_text(json.dumps(pact), encoding="utf-8")


def _short(name: str, parameters: Any) -> str:
    shown = _flat(parameters) if parameters else ""
    return f"{name} ({shown})" if shown else name


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key}: {_flat(each)}" if not isinstance(each, dict) else f"{key} ({_flat(each)})"
            for key, each in value.items()
        )
    return "[" + " ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
