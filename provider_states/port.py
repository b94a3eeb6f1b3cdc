"""Protocol of a provider under test: the stub today, a real organisation later."""

from collections.abc import Mapping
from typing import Any, Protocol

from outdial.provider import World
from outdial.provider.records import KeyForm, new_key


class Provider(Protocol):
    """Makes things, each new and with a key of its own; nothing is shared or reset."""

    def make(self, kind: str, key: KeyForm, attributes: Mapping[str, Any] | None, called: str | None = None) -> str:
        """The key of a new thing of a kind, `called` if given; without attributes, a key of that form of nothing."""
        ...


class StubProvider:
    """The `Provider` port over a `World`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def make(self, kind: str, key: KeyForm, attributes: Mapping[str, Any] | None, called: str | None = None) -> str:
        made = called or new_key(key)
        if attributes is not None:
            self._world.add(kind, made, attributes)
        return made
