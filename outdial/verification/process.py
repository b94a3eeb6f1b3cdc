"""A process of our own with pipes: a copy of this one where that is safe, since what is loaded is not loaded again.

Copied is only a process of one thread (those of native libraries count too), on Linux; otherwise a command is started.
"""

import gc
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, NoReturn

LOOK_SECONDS = 0.002


class Copy:
    """A copy of this process that does one thing; as much of `subprocess.Popen` as is used of it here."""

    def __init__(self, name: str, run: Callable[[], object], errors: int | None) -> None:
        source, write = os.pipe()
        read, target = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _be(name, run, source, target, errors)
        os.close(source)
        os.close(target)
        self.stdin: IO[bytes] | None = os.fdopen(write, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(read, "rb")

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        until = time.monotonic() + (timeout or 0)
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(["copy"], timeout)
            time.sleep(LOOK_SECONDS)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


Process = Copy | subprocess.Popen[bytes]


def started(name: str, run: Callable[[], object], command: Sequence[str], errors: int | None = None) -> Process:
    """A process in a session of its own that does `run`, which is what `command` does too.

    A copy is listed under the `name` (of 15 bytes at most) by `ps` and its like, for its command line is that of ours.
    An interrupt at the terminal is for us, and we stop what we have started.
    """
    if _alone():
        return Copy(name, run, errors)
    pipe = subprocess.PIPE
    return subprocess.Popen(list(command), stdin=pipe, stdout=pipe, stderr=errors, start_new_session=True)


def close(process: Process) -> None:
    """Close its pipes, once it has ended."""
    for stream in (process.stdin, process.stdout):
        if stream and not stream.closed:
            with suppress(BrokenPipeError):  # what was still to be written
                stream.close()


def _alone() -> bool:
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _be(name: str, run: Callable[[], object], source: int, target: int, errors: int | None) -> NoReturn:
    code = 1
    try:
        os.setsid()
        with suppress(OSError), open("/proc/self/comm", "w") as listed:
            listed.write(name)
        for descriptor, place in ((source, 0), (target, 1), (errors, 2)):
            if descriptor is not None:
                os.dup2(descriptor, place)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # or the pipes of others would never end
        for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115 - for good
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
        gc.freeze()
        run()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # nobody else is here to tell of it
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
