"""Every operation that a vendor publishes: a file of thousands of lines, read when somebody asks for it."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from outdial.documents.template import steps_of


@dataclass(frozen=True)
class Published:
    """One published operation: what it asks for and can answer.

    `own_codes` are its refusals by status, besides those of the `platform`.
    """

    method: str
    path: str
    name: str
    summary: str = ""
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    own_codes: Mapping[Any, Sequence[str]] = field(default_factory=dict)
    platform: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    success: tuple[int, ...] = ()
    body: str | None = None
    query: tuple[str, ...] = ()

    @property
    def request(self) -> str:
        """Method and path template."""
        return f"{self.method} {self.path}"

    @cached_property
    def codes(self) -> Mapping[int, tuple[str, ...]]:
        """Return the refusals by status: those of the platform, then the operation's own."""
        own = {int(status): tuple(codes) for status, codes in self.own_codes.items()}
        statuses = sorted({*self.platform, *own})
        return {status: (*self.platform.get(status, ()), *own.get(status, ())) for status in statuses}

    @property
    def permissions(self) -> tuple[str, ...]:
        """Every permission that the operation names."""
        return self.any_of or self.all_of

    def statuses_of(self, code: str) -> list[int]:
        """Return the statuses with which a code is published."""
        return [status for status, codes in self.codes.items() if code in codes]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All published operations of one API, the text of each code, and the fields of each body.

    `texts` are (status, code, text); `%s` in a text is any text. A field's type is `string`, `[Shape]`, …
    """

    api: str
    source: str
    operations: tuple[Published, ...]
    texts: tuple[tuple[int, str, str], ...] = ()
    platform: frozenset[str] = frozenset()
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The permissions and scopes that any operation asks for, and every path."""
        return {
            "path": frozenset(each.path for each in self.operations),
            "permission": frozenset(name for each in self.operations for name in each.permissions),
            "scope": frozenset(name for each in self.operations for name in each.scopes),
        }

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every published code."""
        return frozenset(code for _, code, _ in self.texts)

    def text(self, code: str, status: int | None = None) -> str:
        """Return the text that is published of a code."""
        found = [text for known, name, text in self.texts if name == code and status in (None, known)]
        return found[0] if found else ""

    def at(self, path: str) -> list[Published]:
        """Return the operations of a path, all methods; a literal segment goes before a parameter."""
        steps = path.split("/")
        found = [each for each in self._by_length.get(len(steps), ()) if steps_of(each.path, path) is not None]
        found = [each for each in found if not self._is_literal(each.path, steps)]
        found.sort(key=lambda each: [step.startswith("{") for step in each.path.split("/")])
        return [each for each in found if each.path == found[0].path]

    @cached_property
    def _by_length(self) -> Mapping[int, list[Published]]:
        found: dict[int, list[Published]] = {}
        for each in self.operations:
            found.setdefault(each.path.count("/") + 1, []).append(each)
        return found

    def _is_literal(self, template: str, steps: Sequence[str]) -> bool:
        """Return whether a segment where an id belongs is a word of longer paths, or nearly: `edges/numberplans`."""
        for at, (own, step) in enumerate(zip(template.split("/"), steps, strict=True)):
            if own.startswith("{") and step.isalpha():
                words = self._words("/".join(steps[:at]))
                if step in words or get_close_matches(step, words, n=1, cutoff=0.8):
                    return True
        return False

    @cache  # noqa: B019  # catalogues are kept for the whole run
    def _words(self, prefix: str) -> frozenset[str]:
        below = f"{prefix}/"
        found = {step for each in self.operations if each.path.startswith(below) for step in each.path.split("/")}
        return frozenset(step for step in found if not step.startswith("{") and len(step) > 2)

    def nearest(self, method: str, path: str) -> list[str]:
        """Return up to three operations whose path is like this one, those of the method first."""
        steps = path.split("/")

        def likeness(each: Published) -> float:
            return SequenceMatcher(None, steps, each.path.split("/")).ratio() + 0.5 * (
                SequenceMatcher(None, path, each.path).ratio()
            )

        near = [each for each in self.operations if each.path.split("/")[:4] == steps[:4]] or self.operations
        ranked = sorted(near, key=lambda each: (-likeness(each) - 0.2 * (each.method == method), each.request))
        return [each.request for each in ranked[:3] if likeness(each) > 0.9]


@cache
def read_operations(path: Path, api: str) -> Catalogue:
    """Read a list: a head with the texts of the codes, a line for each operation, a tail with the fields of bodies."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        head, *lines, tail = map(json.loads, file)
    platform: dict[int, tuple[str, ...]] = {}
    for status, code, _ in head["platform_codes"]:
        platform[int(status)] = (*platform.get(int(status), ()), code)
    texts = tuple((int(key[:3]), key[4:], text) for key, text in head["texts"].items())
    operations = tuple(_published(each, platform) for each in lines)
    names = frozenset(code for codes in platform.values() for code in codes)
    return Catalogue(api, head["source"], operations, texts, names, tail["shapes"])


def _published(line: Mapping[str, Any], platform: Mapping[int, tuple[str, ...]]) -> Published:
    asked = line.get("permissions", {})
    permissions = {mode: tuple(each for each in names if " " not in each) for mode, names in asked.items()}
    return Published(
        line["method"],
        line["path"],
        line["id"],
        line["summary"],
        permissions.get("ANY", ()),
        permissions.get("ALL", ()),
        tuple(line.get("scopes", ())),
        line["codes"],
        platform,
        tuple(int(each) for each in line["success"] if each.isdecimal()),
        line.get("body"),
        tuple(line.get("query", ())),
    )
