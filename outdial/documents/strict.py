"""The base of every model that is read from YAML: frozen, and closed to unknown keys."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

MOST_SHOWN, FEW = 30, 6


class Strict(BaseModel):
    """A frozen model that refuses an unknown key by name and says which keys it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.keys() <= (accepted := _accepted(cls)):
            valid = [field.alias or name for name, field in cls.model_fields.items()]
            key = next(key for key in data if key not in accepted)
            raise PydanticCustomError(
                "unknown_key",
                "unknown key {key}{hint}",
                {"key": repr(key), "hint": suggest(str(key), valid), "at": key},
            )
        return data


@cache
def _accepted(model: type[Strict]) -> frozenset[str]:
    """The keys that a model knows, by their names in files and in code."""
    return frozenset({*(field.alias or name for name, field in model.model_fields.items()), *model.model_fields})


def suggest(value: str, valid: Collection[str]) -> str:
    """The tail of an error message: the nearest valid value, then all of them, or the nearest where they are many."""
    near = _near(value, tuple(valid), 1, 0.6)
    question = f" - did you mean {near[0]!r}?" if near else "."
    if len(valid) > MOST_SHOWN:
        nearest = _near(value, tuple(valid), FEW, 0.0)
        return f"{question} Nearest of {len(valid)}: {', '.join(nearest)}"
    return f"{question} Valid: {', '.join(sorted(valid)) or 'none'}"


@cache
def _near(value: str, valid: tuple[str, ...], most: int, cutoff: float) -> list[str]:
    return get_close_matches(value, valid, n=most, cutoff=cutoff)


def unknown_keys(
    problem: str, keys: Iterable[str], valid: Collection[str], at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each key of the mapping at a place that is not valid: where it stands, and the problem with the nearest."""
    yield from (((*at, key), f"{problem} {key!r}{suggest(key, valid)}") for key in keys if key not in valid)
