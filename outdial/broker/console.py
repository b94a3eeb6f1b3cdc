"""Prints what was done; goes on doing it when nobody reads any more (`outdial broker publish | head`)."""

import os
import sys


def say(line: str) -> None:
    """Print a line at once. A reader that has gone is no reason to stop half-way."""
    try:
        print(line, flush=True)
    except BrokenPipeError:
        # later lines, and Python's own flush at the end, go nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
