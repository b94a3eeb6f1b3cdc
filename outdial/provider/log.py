"""One line for each answered request: what was asked, what was answered, and which rule refused on which facts."""

import os
import select
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Literal

from outdial.provider.decisions import facts, refusal, shown_path
from outdial.provider.exchange import Answer, Call

encoded = JSONEncoder().encode
Form = Literal["text", "json"]
PIPE_ROOM = 4096
"""A pipe that polls as writable takes this many bytes without blocking (POSIX, PIPE_BUF on Linux)."""


class Log:
    """Writes lines to a file descriptor. A line that nobody would read is left out: it never holds up an answer."""

    def __init__(self, descriptor: int, form: Form = "text") -> None:
        self._descriptor = descriptor
        self._line = as_text if form == "text" else as_json
        self._poll: Callable[[int], object] | None = None
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            waiting = select.poll()
            waiting.register(descriptor, select.POLLOUT)
            self._poll = waiting.poll

    def write(self, call: Call, answer: Answer) -> None:
        """One line, at the time of now."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = self._line(now, call, answer).encode()
        if self._poll and (len(line) > PIPE_ROOM or not self._poll(0)):
            return
        with suppress(OSError):  # a full disk, a terminal that is gone
            os.write(self._descriptor, line)


def as_text(time: str, call: Call, answer: Answer) -> str:
    """For people: who refused, why, on whose word."""
    said = f"{time} {call.method} {shown_path(call)} {answer.status}"
    decision = answer.decision
    if decision and (rule := decision.refused_by):
        said = f"{said} {answer.code} | {rule.id} ({rule.basis}) {encoded(facts(call, decision.step(rule)))} |"
    elif answer.code:
        said = f"{said} {answer.code}"
    return f"{said} {answer.correlation_id}\n" if answer.correlation_id else f"{said}\n"


def as_json(time: str, call: Call, answer: Answer) -> str:
    """For programs: one object a line."""
    refused = refusal(call, answer.decision) if answer.decision else None
    line = {
        "time": time,
        "method": call.method,
        "path": shown_path(call),
        "status": answer.status,
        "code": answer.code or None,
        "rule": refused and refused["rule"],
        "facts": refused and refused["facts"],
        "basis": refused and refused["basis"],
        "decision": answer.correlation_id or None,
    }
    return encoded(line) + "\n"
