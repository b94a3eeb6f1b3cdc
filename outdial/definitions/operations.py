"""Every operation that a vendor publishes: a file of thousands of lines, read when somebody asks for it."""

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from outdial.documents.template import steps_of

BEGIN = re.compile(r'\{"method": "(\w+)", "path": "([^"]+)"')
"""The begin of an operation's line: lines are parsed when somebody asks for the operation."""
Request = tuple[str, str]
"""Method and path template."""


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

    @property
    def request(self) -> str:
        return f"{self.method} {self.path}"

    @cached_property
    def codes(self) -> Mapping[int, tuple[str, ...]]:
        """Return the refusals by status: those of the platform, then the operation's own."""
        own = {int(status): tuple(codes) for status, codes in self.own_codes.items()}
        statuses = sorted({*self.platform, *own})
        return {status: (*self.platform.get(status, ()), *own.get(status, ())) for status in statuses}

    @property
    def permissions(self) -> tuple[str, ...]:
        return self.any_of or self.all_of

    def statuses_of(self, code: str) -> list[int]:
        """Return the statuses with which a code is published."""
        return [status for status, codes in self.codes.items() if code in codes]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All published operations of one API, the text of each code, and the fields of each body.

    `stated` are the operations by request, each as a line of the list until somebody asks for it. `texts` are
    (status, code, text); `%s` in a text is any text. A field's type is `string`, `[Shape]`, …
    """

    api: str
    source: str
    stated: Mapping[Request, str | Published]
    texts: tuple[tuple[int, str, str], ...] = ()
    platform_codes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def operations(self) -> tuple[Published, ...]:
        """Every operation, in the order of the list."""
        return tuple(self._read(request) for request in self.stated)

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The permissions and scopes that any operation asks for, and every path."""
        return {
            "path": frozenset(each.path for each in self.operations),
            "permission": frozenset(name for each in self.operations for name in each.permissions),
            "scope": frozenset(name for each in self.operations for name in each.scopes),
        }

    @cached_property
    def platform(self) -> frozenset[str]:
        """The codes that every operation can answer."""
        return frozenset(code for codes in self.platform_codes.values() for code in codes)

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(code for _, code, _ in self.texts)

    def text(self, code: str, status: int | None = None) -> str:
        """Return the text that is published of a code."""
        found = [text for known, name, text in self.texts if name == code and status in (None, known)]
        return found[0] if found else ""

    def at(self, path: str) -> list[Published]:
        """Return the operations of a path, all methods; a literal segment goes before a parameter."""
        steps = path.split("/")
        alike = [each for each in self.stated if steps_of(each[1], path) is not None]
        found = [each for each in alike if not self._is_literal(each[1], steps)]
        templates = sorted(
            (known for _, known in found), key=lambda each: [part[:1] == "{" for part in each.split("/")]
        )
        return [self._read(each) for each in found if each[1] == templates[0]]

    def _read(self, request: Request) -> Published:
        stated = self.stated[request]
        return stated if isinstance(stated, Published) else _published(json.loads(stated), self.platform_codes)

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
        paths = (path for _, path in self.stated if path.startswith(f"{prefix}/"))
        found = {step for path in paths for step in path.split("/")}
        return frozenset(step for step in found if not step.startswith("{") and len(step) > 2)

    def nearest(self, method: str, path: str) -> list[str]:
        """Return up to three operations whose path is like this one, those of the method first."""
        steps = path.split("/")

        def likeness(request: Request) -> float:
            words = SequenceMatcher(None, steps, request[1].split("/")).ratio()
            return words + 0.5 * SequenceMatcher(None, path, request[1]).ratio()

        near = [each for each in self.stated if each[1].split("/")[:4] == steps[:4]] or self.stated
        ranked = sorted(near, key=lambda each: (-likeness(each) - 0.2 * (each[0] == method), each))
        return [" ".join(each) for each in ranked[:3] if likeness(each) > 0.9]


@cache
def read_operations(path: Path, api: str) -> Catalogue:
    """Read a list: a head with the texts of the codes, a line for each operation, a tail with the fields of bodies."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        first, *lines, last = file
    head, stated = json.loads(first), dict[Request, str | Published]()
    for line in lines:
        if named := BEGIN.match(line):
            stated[named[1], named[2]] = line
    platform: dict[int, tuple[str, ...]] = {}
    for status, code, _ in head["platform_codes"]:
        platform[int(status)] = (*platform.get(int(status), ()), code)
    texts = tuple((int(key[:3]), key[4:], text) for key, text in head["texts"].items())
    return Catalogue(api, head["source"], stated, texts, platform, json.loads(last)["shapes"])


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
    )
