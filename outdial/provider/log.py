"""One line for each answered request: what was asked, what was answered, and which rule refused on which facts."""

import os
import stat
from contextlib import suppress
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Literal

from outdial.provider.decisions import facts, refusal, shown_path, summary
from outdial.provider.exchange import Answer, Call

encoded = JSONEncoder().encode
Form = Literal["text", "json"]


class Log:
    """Writes lines to a file descriptor. A line that nobody would read is left out: it never holds up an answer."""

    def __init__(self, descriptor: int, form: Form = "text") -> None:
        self._descriptor = descriptor
        self._line = as_text if form == "text" else as_json
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.set_blocking(descriptor, False)

    def write(self, call: Call, answer: Answer) -> None:
        """Write one line, at the time of now."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with suppress(OSError):  # a full pipe or disk, a terminal that is gone
            os.write(self._descriptor, self._line(now, call, answer).encode())


def as_text(time: str, call: Call, answer: Answer) -> str:
    """Return the line for people: who refused, why, on whose word."""
    said = f"{time} {call.method} {shown_path(call)} {answer.status}"
    decision = answer.decision
    if decision and (rule := decision.refused_by):
        said = f"{said} {answer.code} | {rule.id} ({rule.basis}) {encoded(facts(call, decision.step(rule)))} |"
    elif answer.code:
        said = f"{said} {answer.code}"
    return f"{said} {answer.correlation_id}\n" if answer.correlation_id else f"{said}\n"


def as_json(time: str, call: Call, answer: Answer) -> str:
    """Return the line for programs: one object."""
    refused = (refusal(call, answer.decision) if answer.decision else None) or {}
    rule = {name: refused.get(name) for name in ("rule", "facts", "basis")}
    return encoded({"time": time, **summary(call, answer), **rule}) + "\n"
