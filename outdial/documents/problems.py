"""Problems of files, collected and raised together."""

from types import TracebackType
from typing import ClassVar

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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, DocumentError):
            self._found += error.problems
        return isinstance(error, DocumentError)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_found(self) -> None:
        """Raise `DocumentError` with everything found, if anything was."""
        if self._found:
            raise DocumentError(*self._found)
