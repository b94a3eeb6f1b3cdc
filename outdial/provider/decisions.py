"""Decisions kept for those who ask why: `GET /why/<correlation id>` tells the whole trace."""

import json
import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from outdial.provider.engine import Decision, RuleStep
from outdial.provider.exchange import Answer, Call, in_json

WHY_PATH = "/why/"
KEPT_BYTES = 2 << 20
OVERHEAD = 4096
"""Bytes that a kept decision takes beside its request, roughly."""
LONGEST, MOST = 200, 20
"""Characters of a text and entries of a set that are shown."""
HIDDEN = "(secret)"
AS_LONG_AS_A_TOKEN = re.compile(r"(?<![\w~.+=-])[\w~.+=-]{40,}")
"""Text that may be somebody's token in a wrong place, such as a path. An id (a UUID) has 36 characters."""


class Latest:
    """Answered requests by an id, the oldest forgotten past a limit of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[str, tuple[Call, Answer]] = OrderedDict()

    def find(self, identifier: str) -> tuple[Call, Answer] | None:
        """Return the request that is kept under an id, with its answer."""
        return self._kept.get(identifier)

    def all(self) -> list[tuple[Call, Answer]]:
        return list(self._kept.values())

    def keep(self, identifier: str, call: Call, answer: Answer) -> None:
        self._kept[identifier] = (call, answer)
        self._size += _size(call)
        while self._size > self._limit and len(self._kept) > 1:
            _, (oldest, _) = self._kept.popitem(last=False)
            self._size -= _size(oldest)


def _size(call: Call) -> int:
    headers = sum(map(len, call.headers.values()))
    return OVERHEAD + len(call.path) + headers + 2 * len(call.body)  # the body as it came, and as it was read


class Decisions:
    """The latest decisions, by correlation id: refusals, and an eighth as many requests that were accepted."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._refused, self._accepted = Latest(limit), Latest(limit // 8)

    def keep(self, call: Call, answer: Answer) -> None:
        """Remember an answer, if anything was decided."""
        if answer.correlation_id:
            kept = self._refused if answer.code else self._accepted
            kept.keep(answer.correlation_id, call, answer)

    def answer(self, call: Call) -> Answer:
        """Return the trace of the decision that the path names."""
        identifier = call.path.removeprefix(WHY_PATH)
        kept = self._refused.find(identifier) or self._accepted.find(identifier)
        if kept is None:
            problem = f"no decision {identifier[:LONGEST]!r} is kept: it is an old one, or none of this stub"
            return in_json(404, {"message": problem})
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(told(*kept), indent=2).encode())


def summary(call: Call, answer: Answer) -> dict[str, Any]:
    """Return a request and its answer in few words, without a token or a secret."""
    return {
        "method": call.method,
        "path": shown_path(call),
        "status": answer.status,
        "code": answer.code or None,
        "decision": answer.correlation_id or None,
    }


def told(call: Call, answer: Answer) -> dict[str, Any]:
    """Return everything about a decision that may be shown: no token, no secret."""
    decision = answer.decision
    return {
        **summary(call, answer),
        "operation": decision.operation if decision else None,
        "refused_by": refusal(call, decision) if decision else None,
        "trace": list(_told_trace(call, decision)) if decision else [],
    }


def refusal(call: Call, decision: Decision) -> dict[str, Any] | None:
    """Return the rule that refused: its facts, its basis, its source."""
    rule = decision.refused_by
    if rule is None:
        return None
    return {"rule": rule.id, "facts": facts(call, decision.step(rule)), "basis": rule.basis, "source": str(rule.source)}


def _told_trace(call: Call, decision: Decision) -> Iterator[dict[str, Any]]:
    """Yield every rule. Those behind the refusing one were not asked `then`: they are asked of the world `now`."""
    asked = "then"
    for rule, step in zip(decision.rules, decision.trace, strict=True):
        told = {"rule": rule.id, "outcome": step.outcome, "asked": asked, "facts": facts(call, step)}
        yield told | {"basis": rule.basis, "source": str(rule.source)}
        if rule is decision.refused_by:
            asked = "now"


def facts(call: Call, step: RuleStep) -> dict[str, Any]:
    """Return the facts that a rule read, as JSON can carry them."""
    return {name: _shown(call, value) for name, value in step.facts.items()}


def shown_path(call: Call) -> str:
    """Return the path as one short line."""
    path = shown_text(call, call.path)
    return path if path.isprintable() else json.dumps(path)[1:-1]


def shown_text(call: Call, text: str) -> str:
    """Return a text without what may be a token, cut where it is long."""
    credentials = call.authorization[1]
    if credentials and credentials in text:
        text = text.replace(credentials, HIDDEN)
    text = AS_LONG_AS_A_TOKEN.sub(HIDDEN, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def _shown(call: Call, value: Any) -> Any:
    match value:
        case str():
            return shown_text(call, value)
        case None | bool():
            return value
        case int() | float():
            return value if abs(value) < 1 << 53 else "(a large number)"
        case frozenset():
            return [_shown(call, each) for each in sorted(value, key=str)[:MOST]]
        case tuple():
            return [_shown(call, each) for each in value]
    return f"({type(value).__name__} of {len(value)})"  # what a body holds, however deep
