"""Reads one YAML file, remembers the line of every value, and turns mistakes into one readable error."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from yaml_documents.strict import suggest

Model = TypeVar("Model")
Location = tuple[str | int, ...]
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(ValueError):
    """A YAML file that cannot be used; the message lists every place as `file:line: problem`."""


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed YAML file: plain data, and the line where each value stands."""

    path: Path
    data: Any
    lines: Mapping[Location, int]

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Load safely; broken YAML and duplicate keys raise `DocumentError`."""
        try:
            loader = Loader(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise DocumentError(f"{path}: cannot be read: {error}") from None
        try:
            node = loader.get_single_node()
            lines: dict[Location, int] = {}
            if node is not None:
                _index(path, node, (), lines)
            data = None if node is None else loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise DocumentError(f"{path}:{line}: not valid YAML: {error.problem}") from None
        except RecursionError:
            raise DocumentError(f"{path}: nested without end; an alias (*name) stands inside its own anchor") from None
        finally:
            loader.dispose()
        return cls(path, data, lines)

    def line(self, location: Location) -> int:
        """The line of the value at `location`, or of its nearest ancestor that has one."""
        while location not in self.lines and location:
            location = location[:-1]
        return self.lines.get(location, 1)

    def error(self, location: Location, problem: str) -> DocumentError:
        """An error at a place of this file, to be raised by whoever found it."""
        return DocumentError(f"{self.path}:{self.line(location)}: {problem}")

    def parse(self, model: type[Model], location: Location = ()) -> Model:
        """The value at `location` as `model`; raises `DocumentError` with every problem found."""
        data = self.data
        for step in location:
            data = data[step]
        return self.validate(model, data, location)

    def validate(self, model: type[Model], data: Any, location: Location = ()) -> Model:
        """`data`, made from the value at `location`, as `model`; mistakes are reported at their lines."""
        try:
            return TypeAdapter(model).validate_python(data)
        except ValidationError as error:
            found = [self._problem(location, each) for each in error.errors()]
            raise DocumentError("\n".join(dict.fromkeys(found))) from None

    def _problem(self, base: Location, error: Any) -> str:
        context = error.get("ctx") or {}
        place: Location = self._place(base, error["loc"])
        if error["type"] == "unknown_key":
            place = (*place, context["at"])
        message = str(error["msg"]).removeprefix("Value error, ")
        if error["type"] == "literal_error":
            valid = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
            message = f"{error['input']!r} is not known{suggest(str(error['input']), valid)}"
        elif error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            valid = re.findall(r"'([^']*)'", context.get("expected_tags", ""))
            message = f"{context.get('tag', 'nothing')!r} is not a known kind{suggest(context.get('tag', ''), valid)}"
        elif error["type"] == "missing":
            message = f"{error['loc'][-1]!r} is missing"
        elif not isinstance(error["input"], dict | list) and error["type"] != "unknown_key":
            message = f"{message}, not {error['input']!r}"
        where = ".".join(str(step) for step in place)
        return f"{self.path}:{self.line(place)}: {where + ': ' if where else ''}{message}"

    def _place(self, base: Location, location: Location) -> Location:
        """Only the steps that exist in the file: pydantic adds names of union members between them."""
        place = base
        for step in location:
            if (*place, step) in self.lines:
                place = (*place, step)
        return place


def _index(path: Path, node: yaml.Node, at: Location, lines: dict[Location, int]) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise DocumentError(f"{path}:{key.start_mark.line + 1}: a key is a name, not a list or a mapping")
            place = (*at, key.value)
            if place in lines:
                line = key.start_mark.line + 1
                raise DocumentError(f"{path}:{line}: key {key.value!r} stands twice, first on line {lines[place]}")
            lines[place] = key.start_mark.line + 1
            _index(path, value, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _index(path, value, (*at, position), lines)
