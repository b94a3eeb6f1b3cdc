"""The base of every model that is read from YAML: frozen, and closed to unknown keys."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict

MOST_SHOWN, FEW = 30, 6


class Strict(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


def suggest(value: str, valid: Collection[str]) -> str:
    """Return the tail of an error message: the nearest valid value, then all of them, or a few where they are many."""
    near = get_close_matches(value, valid, n=1, cutoff=0.6)
    question = f" - did you mean {near[0]!r}?" if near else "."
    if len(valid) > MOST_SHOWN:
        nearest = get_close_matches(value, valid, n=FEW, cutoff=0.0)
        return f"{question} Nearest of {len(valid)}: {', '.join(nearest)}"
    return f"{question} Valid: {', '.join(sorted(valid)) or 'none'}"


def unknown_keys(
    problem: str, keys: Iterable[str], valid: Collection[str], at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each key of the mapping at a place that is not valid: where it stands, and the problem with the nearest."""
    yield from (((*at, key), f"{problem} {key!r}{suggest(key, valid)}") for key in keys if key not in valid)
