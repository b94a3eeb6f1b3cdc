"""Run `outdial` within the test's process, as a user's shell runs it."""

import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from outdial.__main__ import main


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Return all it printed."""
        return self.out + self.err


def outdial(*words: object, folder: Path | None = None) -> Done:
    """Run a command in a folder."""
    out, err = StringIO(), StringIO()
    with chdir(folder or os.getcwd()), redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    return Done(code, out.getvalue(), err.getvalue())
