"""`make can-i-deploy`: only a clear yes from the broker passes; no and unknown print what blocks."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from broker.client import Said, call, repeated
from broker.connection import Connection
from broker.faults import fault_in
from broker.outcome import BrokerError, ExitCode

FORMATS = ("table", "json")


@dataclass(frozen=True, slots=True)
class Question:
    """May `asked`, pairs of pacticipant and version, go together, or into `environment` if one is named?"""

    asked: tuple[tuple[str, str], ...]
    environment: str | None

    def __str__(self) -> str:
        what = " with ".join(f"{name} {version}" for name, version in self.asked)
        return f"can-i-deploy {what}" + (f" to {self.environment}" if self.environment else "")


def can_i_deploy(connection: Connection, questions: Sequence[Question], output: str = "table") -> ExitCode:
    """Ask every question and print every answer; OK only when each of them is yes.

    Raises: BrokerError when a question cannot be asked.
    """
    answers = [repeated(connection, partial(_ask, connection, question)) for question in questions]
    for question, answer in zip(questions, answers, strict=True):
        sys.stdout.write(json.dumps(answer) + "\n" if output == "json" else report(question, answer))
    return ExitCode.OK if all(passes(answer) for answer in answers) else ExitCode.NO


def passes(answer: dict[str, Any]) -> bool:
    """True, and only true: in JSON the client exits with 0 whatever the answer, and null means unknown."""
    summary = answer.get("summary")
    return isinstance(summary, dict) and summary.get("deployable") is True


def report(question: Question, answer: dict[str, Any]) -> str:
    """The answer for people: yes in one line, otherwise the rows that block and the broker's reasons."""
    deployable = answer["summary"].get("deployable")
    verdict = "yes" if deployable is True else "no" if deployable is False else "unknown, so no"
    reasons = "".join(f"  {line}\n" for line in str(answer["summary"].get("reason", "")).splitlines())
    rows = [_row(row) for row in answer.get("matrix") or []]
    blocking = rows if deployable is True else [row for row in rows if row[-1] != "passed"]
    return f"{question}: {verdict}\n{_aligned(blocking)}{reasons}"


def _ask(connection: Connection, question: Question) -> dict[str, Any]:
    words = [word for name, version in question.asked for word in ("--pacticipant", name, "--version", version)]
    if question.environment:
        words += ["--to-environment", question.environment]
    said = call(connection, str(question), "can-i-deploy", *words)
    for answer in said.documents():
        if isinstance(answer.get("summary"), dict):
            return answer
    raise _unanswerable(said, question)


def _unanswerable(said: Said, question: Question) -> BrokerError:
    for line in said.text.splitlines():
        if "Environment with name" in line:
            return BrokerError(
                f"{question}: the broker knows no environment '{question.environment}'",
                "correct TO, see `pact broker list-environments`, or create it once: "
                f"`pact broker create-environment --name {question.environment} --production`",
            )
        if "Pacticipant" in line and "not found" in line:
            names = ", ".join(name for name, _ in question.asked)
            return BrokerError(f"{question}: the broker does not know all of {names}", "`make publish` first")
    if said.returncode == 0:
        return fault_in("is not a Pact Broker", str(question))
    return fault_in(said.text, str(question))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    result = row.get("verificationResult") or {}
    success = result.get("success")
    said = "passed" if success is True else "FAILED" if success is False else "not verified"
    return (*_side(row.get("consumer")), "→", *_side(row.get("provider")), said)


def _side(side: dict[str, Any] | None) -> tuple[str, str]:
    return (side or {}).get("name", "?"), ((side or {}).get("version") or {}).get("number", "no version")


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"  {line.rstrip()}\n" for line in lines)
