"""Reads one YAML file, remembers the line of every value, and turns mistakes into one readable error."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from outdial.documents.sentences import keys_of, sentences

Model = TypeVar("Model")
Location = tuple[str | int, ...]
Problem = tuple[Location, str]
HINTS = {
    "'\\t'": "; a tab, indent by spaces",
    "tab character": "; indent by spaces",
    "did not find expected key": "; is it indented as its neighbours? A row stands below `accepted` or `refused`",
    "mapping values": "; a text with a colon and a space in it stands in quotes",
    "undefined alias": "; a text that begins with * stands in quotes",
    "cannot start any token": "; a text that begins with it stands in quotes",
}
"""What to do about what the YAML parser says, by a part of its words."""
PLAIN = {
    "null": ("null|", "n"),
    "bool": ("true|false", "tf"),
    "int": (r"-?(?:0|[1-9]\d*)", "-0123456789"),
    "float": (r"-?(?:0|[1-9]\d*)\.\d+", "-0123456789"),
    "merge": ("<<", "<"),
}
"""Plain values that are no text, with their first letters: those of JSON. YAML 1.1 also takes `no`, `1e3`, `010`,
`12:30` and dates for something else than what stands there."""
MOST_DEEP = 200
"""Nested values of a file. PyYAML's C parser composes by recursion, and far more end the process without a word."""
MOST_VALUES = 200_000
"""A file that a person writes has fewer; one with more repeats itself by aliases of aliases."""


MOST_LINES = 15


class DocumentError(ValueError):
    """A YAML file that cannot be used; each of its `problems` is one line, `file:line: problem`."""

    exit_code: ClassVar[int] = 4

    def __init__(self, *problems: str) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        more = len(self.problems) - MOST_LINES
        super().__init__("\n".join([*self.problems[:MOST_LINES], *([f"… and {more} more"] if more > 0 else [])]))


class Together:
    """Collects the problems of several values: each `with` block is tried, and `raise_found` tells all at once."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        if isinstance(error, DocumentError):
            self._found += error.problems
        return isinstance(error, DocumentError)

    def raise_found(self) -> None:
        """Raise `DocumentError` with everything found, if anything was."""
        if self._found:
            raise DocumentError(*self._found)


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader, which reads plain values as `PLAIN` says."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _name, (_pattern, _first) in PLAIN.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), ["", *_first])


def yaml_files(folder: Path, holding: str, pattern: str = "*.yaml") -> list[Path]:
    """Return the files of a folder that match a pattern; `holding` says what they are.

    Raises `DocumentError` where there is none, and for a `.yml`, which nothing would read.
    """
    for path in sorted(folder.glob(pattern.replace(".yaml", ".yml"))):
        raise DocumentError(f"{path}: a file of this folder ends in .yaml; rename it to {path.stem}.yaml")
    found = sorted(folder.glob(pattern))
    if not found:
        raise DocumentError(f"{folder}: no {holding} here; expected one .yaml file for each")
    return found


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)  # takes longer to make than most files take to read


def _is_too_deep(text: str) -> bool:
    """Return whether so many brackets are open, or so many list items begin on one line."""
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if bracket[0] in "[{" else max(0, depth - 1)
        if depth > MOST_DEEP:
            return True
    return re.search(rf"(?:[-?][ \t]+){{{MOST_DEEP}}}", text) is not None


def entries(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """Return the values of a mapping by their keys; nothing for any other node."""
    return {str(key.value): value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed YAML file: plain data, the node that it was made from, and the mark where each value stands."""

    path: Path
    data: Any
    node: yaml.Node | None = field(repr=False)
    marks: Mapping[Location, Any] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Load safely; broken YAML and a key that stands twice raise `DocumentError`."""
        try:
            if path.exists() and not path.is_file():  # a pipe would be waited for without end
                raise DocumentError(f"{path}: no regular file; expected a YAML file")
            return cls.of(path.read_bytes(), path)
        except OSError as error:
            raise DocumentError(f"{path}: cannot be read: {error.strerror}") from None

    @classmethod
    def of(cls, content: bytes, path: Path) -> "Document":
        """Load what is in no file; `path` is its name in errors."""
        stream = BytesIO(content)
        stream.name = str(path)  # the name that marks carry
        try:
            if _is_too_deep(content.decode()):
                raise DocumentError(f"{path}: more than {MOST_DEEP} values inside each other")
            return cls.of_node(Loader(stream).get_single_node(), path)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            hint = next((hint for said, hint in HINTS.items() if said in str(error.problem)), "")
            raise DocumentError(f"{path}:{line}: not valid YAML: {error.problem}{hint}") from None
        except RecursionError:
            raise DocumentError(f"{path}: nested without end; an alias (*name) stands inside its own anchor") from None
        except DocumentError:
            raise
        except (yaml.YAMLError, ValueError) as error:
            raise DocumentError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None

    @classmethod
    def of_node(cls, node: yaml.Node | None, path: Path) -> "Document":
        """Return the document that a node of YAML is."""
        index = _Index()
        if node is not None:
            index.add(node, ())
        if index.problems:
            raise DocumentError(*(f"{path}:{line}: {problem}" for problem, line in index.problems.items()))
        return cls(path, index.constructor.construct_document(node) if node else None, node, index.marks)

    def place(self, *locations: Location) -> str:
        """Return `file:line` of the first of these values that is there, or of its nearest ancestor that is."""
        location = next((each for each in locations if each in self.marks), locations[0])
        while location not in self.marks and location:
            location = location[:-1]
        mark = self.marks.get(location)
        return f"{mark.name}:{mark.line + 1}" if mark else f"{self.path}:1"

    def error(self, location: Location, problem: str, *others: Location) -> DocumentError:
        """Return an error at a place of this file, or at the first of `others` that stands in it."""
        return DocumentError(f"{self.place(location, *others)}: {problem}")

    def check_name(self, key: str) -> None:
        """Raise `DocumentError` where the value of a key is not the file's name."""
        if self.data[key] != self.path.stem:
            raise self.error((key,), f"invalid {key} {self.data[key]!r}: expected the file's name, {self.path.stem!r}")

    def check(self, problems: Iterable[tuple[Location, str]]) -> None:
        """Raise `DocumentError` with all problems, each at its place, if there are any."""
        if found := [f"{self.place(place)}: {problem}" for place, problem in problems]:
            raise DocumentError(*found)

    def parse(self, model: type[Model]) -> Model:
        """Return the whole file as `model`. Raises `DocumentError` with every problem found."""
        return self.validate(model, self.data, ())

    def validate(self, model: type[Model], data: Any, *locations: Location) -> Model:
        """Return `data` as `model`; a mistake in it is reported at the first of `locations` that has it."""
        kind: Any = model
        try:
            value: Model = _adapter(kind).validate_python(data)
        except ValidationError as error:
            found = sentences(error, lambda place: self._place(locations, place), lambda: keys_of(model))
            raise DocumentError(*(self._said(place, problem) for place, problem in found)) from None
        return value

    def _said(self, place: Location, problem: str) -> str:
        where = ".".join(str(step) for step in place)
        return f"{self.place(place)}: {where + ': ' if where else ''}{problem}"

    def _place(self, bases: tuple[Location, ...], location: Location) -> Location:
        """Return the closest place that the file has: pydantic adds steps that do not exist."""
        places = []
        for base in [base for base in bases if base in self.marks] or [bases[0]]:
            place = base
            for step in location:
                place = (*place, step) if (*place, step) in self.marks else place
            places.append((len(base) - len(place), place))
        return min(places, key=lambda each: each[0])[1]


class _Index:
    """The mark of each value, and what is wrong with a file before its values mean anything, each with its line."""

    def __init__(self) -> None:
        self.marks: dict[Location, Any] = {}
        self.problems: dict[str, int] = {}
        self.constructor = yaml.constructor.SafeConstructor()

    def add(self, node: yaml.Node, at: Location) -> None:
        if len(self.marks) > MOST_VALUES:
            raise yaml.MarkedYAMLError(problem="aliases repeat too many values", problem_mark=node.start_mark)
        self.marks.setdefault(at, node.start_mark)
        if isinstance(node, yaml.SequenceNode):
            for position, value in enumerate(node.value):
                self.add(value, (*at, position))
        elif isinstance(node, yaml.MappingNode):
            self._check_keys(node)
            if not self.problems:
                self.constructor.flatten_mapping(node)  # `<<` stands for what it merges, before the keys beside it
                node.value = list({key.value: (key, value) for key, value in node.value}.values())
                for key, value in node.value:
                    self.marks[(*at, key.value)] = key.start_mark
                    self.add(value, (*at, key.value))

    def _check_keys(self, node: yaml.MappingNode) -> None:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.setdefault("a key is a name, not a list or a mapping", line)
            elif key.value in seen:
                problem = f"key {key.value!r} stands twice, first on line {seen[key.value]}"
                self.problems.setdefault(problem, line)
            else:
                seen[key.value] = line
