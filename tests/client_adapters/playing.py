"""How the tests start the client, and read what was said of it."""

import shlex
import sys
from pathlib import Path

CLIENT = Path(__file__).with_name("client.py")


def command(fault: str = "none", at: int = 0) -> str:
    """The client's command, with a fault at one row."""
    return shlex.join([sys.executable, str(CLIENT), fault, str(at)])


def lines_of(out: str) -> list[str]:
    """The rows that do not hold."""
    return [line for line in out.splitlines() if line.startswith("FAIL ")]
