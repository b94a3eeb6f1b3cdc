"""Every operation that a vendor publishes: a file of thousands of lines, read when somebody asks for it."""

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from outdial.documents import Strict
from outdial.documents.template import steps_of

PATH = re.compile(r'"path": "([^"]*)"')


class Grants(Strict):
    """Permissions of which a caller needs any, or all."""

    any_of: tuple[str, ...] | None = None
    all_of: tuple[str, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.any_of if self.any_of is not None else self.all_of or ()

    def suffice(self, held: frozenset[str]) -> bool:
        return not self.names or (bool(held & set(self.any_of)) if self.any_of is not None else set(self.names) <= held)


class PublishedOperation(Strict):
    """One operation as published.

    `body` names the schema of its request, `responses` the schema of each answer with success. `codes` are the error
    codes of each status, `statuses` those of refusals for which no code is published.
    """

    name: Annotated[str, Field(exclude=True)] = ""
    summary: Annotated[str, Field(exclude=True)] = ""
    request: Annotated[str, StringConstraints(pattern=r"^(GET|HEAD|POST|PUT|PATCH|DELETE) /\S*$")]
    permissions: Grants = Grants()
    scopes: tuple[str, ...] = ()
    body: str | None = None
    responses: dict[int | Literal["success"], str | None]
    refusal: str | None = None
    codes: dict[int, tuple[str, ...]] = {}
    statuses: tuple[int, ...] = ()

    @property
    def method(self) -> str:
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.request.partition(" ")[2]

    def statuses_of(self, code: str) -> list[int]:
        """Return the statuses with which a code is published."""
        return [status for status, codes in self.codes.items() if code in codes]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All published operations of one API, the text of each code, and the fields of each body.

    `paths` are those of the operations in their order; `read` returns the operation at a position. `platform` are the
    codes that every operation can answer. `texts` are (status, code, text); `%s` in a text is any text. A field's type
    is `string`, `[Shape]`, …
    """

    api: str
    source: str
    paths: tuple[str, ...]
    read: Callable[[int], PublishedOperation]
    texts: tuple[tuple[int, str, str], ...] = ()
    platform: frozenset[str] = frozenset()
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def operations(self) -> tuple[PublishedOperation, ...]:
        """Every operation. Reading all of a list takes a third of an explanation, so most read a few by their path."""
        return tuple(map(self.read, range(len(self.paths))))

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The permissions and scopes that any operation asks for, and every path."""
        return {
            "path": frozenset(self.paths),
            "permission": frozenset(name for each in self.operations for name in each.permissions.names),
            "scope": frozenset(name for each in self.operations for name in each.scopes),
        }

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(code for _, code, _ in self.texts)

    def text(self, code: str, status: int | None = None) -> str:
        """Return the text that is published of a code."""
        found = [text for known, name, text in self.texts if name == code and status in (None, known)]
        return found[0] if found else ""

    def at(self, path: str) -> list[PublishedOperation]:
        """Return the operations of a path, all methods; a literal segment goes before a parameter."""
        steps = path.split("/")
        alike = [at for at, known in enumerate(self.paths) if steps_of(known, path) is not None]
        found = [at for at in alike if not self._is_literal(self.paths[at], steps)]
        literal = min(
            (self.paths[at] for at in found),
            key=lambda known: [step[:1] == "{" for step in known.split("/")], default=None,
        )  # fmt: skip
        return [self.read(at) for at in found if self.paths[at] == literal]

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
        paths = (path for path in self.paths if path.startswith(f"{prefix}/"))
        found = {step for path in paths for step in path.split("/")}
        return frozenset(step for step in found if not step.startswith("{") and len(step) > 2)

    def nearest(self, method: str, path: str) -> list[str]:
        """Return up to three operations whose path is like this one, those of the method first."""
        steps = path.split("/")

        def likeness(known: str) -> float:
            words = SequenceMatcher(None, steps, known.split("/")).ratio()
            return words + 0.5 * SequenceMatcher(None, path, known).ratio()

        near = [each for each in self.operations if each.path.split("/")[:4] == steps[:4]] or self.operations
        scored = [(likeness(each.path), each) for each in near]
        ranked = sorted(scored, key=lambda pair: (-pair[0] - 0.2 * (pair[1].method == method), pair[1].request))
        return [each.request for score, each in ranked[:3] if score > 0.9]


@cache
def read_operations(path: Path, api: str) -> Catalogue:
    """Read a list: a head with the texts of the codes, a line for each operation, a tail with the fields of bodies."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        first, *lines, last = file
    head = json.loads(first)
    platform: dict[int, tuple[str, ...]] = {}
    for status, code, _ in head["platform_codes"]:
        platform[int(status)] = (*platform.get(int(status), ()), code)
    paths = tuple(PATH.findall(line)[0] for line in lines)
    texts = tuple((int(key[:3]), key[4:], text) for key, text in head["texts"].items())
    every = frozenset(code for codes in platform.values() for code in codes)

    def read(at: int) -> PublishedOperation:
        return _published(json.loads(lines[at]), platform)

    return Catalogue(api, head["source"], paths, read, texts, every, json.loads(last)["shapes"])


def _published(line: Mapping[str, Any], platform: Mapping[int, tuple[str, ...]]) -> PublishedOperation:
    """Return an operation from its line. Its codes are those of the platform, then its own."""
    asked = line.get("permissions", {})
    any_of, all_of = (tuple(each for each in asked.get(mode, ()) if " " not in each) for mode in ("ANY", "ALL"))
    own = {int(status): codes for status, codes in line["codes"].items()}
    return PublishedOperation(
        name=line["id"],
        summary=line["summary"],
        request=f"{line['method']} {line['path']}",
        permissions=Grants(any_of=any_of or None, all_of=all_of or None),
        scopes=tuple(line.get("scopes", ())),
        body=line.get("body"),
        responses=dict.fromkeys(int(each) for each in line["success"] if each.isdecimal()),
        codes={each: (*platform.get(each, ()), *own.get(each, ())) for each in sorted({*platform, *own})},
    )
