"""Every operation of an API, one line each: method, path, operation id, any or all, permissions, scopes."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

from outdial.documents import DocumentError

COLUMNS = 6


class ListedOperation(NamedTuple):
    """One line of a listing; there are thousands, and a tuple is made in half the time of a dataclass."""

    method: str
    path: str
    name: str
    mode: str
    permissions: tuple[str, ...]
    scopes: tuple[str, ...]

    @property
    def line(self) -> str:
        """The line, its columns separated by tabs."""
        columns = (self.method, self.path, self.name, self.mode)
        return "\t".join((*columns, " ".join(self.permissions), " ".join(self.scopes)))


@dataclass(frozen=True, slots=True)
class Listing:
    """All operations of one API; half a megabyte for a large one, so it is read when somebody asks and not before."""

    operations: tuple[ListedOperation, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The listing in a file; lines that start with `#` are remarks. Raises `DocumentError`."""
        return cls(_read(path))

    def permissions(self) -> frozenset[str]:
        """Every permission of any operation."""
        return frozenset(each for operation in self.operations for each in operation.permissions)

    def scopes(self) -> frozenset[str]:
        """Every scope of any operation."""
        return frozenset(each for operation in self.operations for each in operation.scopes)

    def paths(self) -> frozenset[str]:
        """Every path."""
        return frozenset(operation.path for operation in self.operations)


@cache
def _read(path: Path) -> tuple[ListedOperation, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != COLUMNS:
            raise DocumentError(f"{path}:{number}: a line has {COLUMNS} columns, separated by tabs; not {len(columns)}")
        method, where, name, mode, permissions, scopes = columns
        found.append(ListedOperation(method, where, name, mode, tuple(permissions.split()), tuple(scopes.split())))
    return tuple(found)
