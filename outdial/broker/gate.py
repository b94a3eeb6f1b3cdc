"""Ask the broker whether versions may be deployed: only a clear yes passes; no and unknown print what blocks."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outdial.broker.client import ClientOutput, call
from outdial.broker.connection import Connection
from outdial.broker.console import say
from outdial.broker.faults import fault_in
from outdial.broker.outcome import BrokerError, ExitCode, Unusable

FORMATS = ("table", "json")


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """May `asked`, pairs of pacticipant and version, go together, or into `environment` if one is named?"""

    asked: tuple[tuple[str, str], ...]
    environment: str | None

    def __str__(self) -> str:
        what = " with ".join(f"{name} {version}" for name, version in self.asked)
        return f"can-i-deploy {what}" + (f" to {self.environment}" if self.environment else "")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often, and after how many seconds, a question is asked again while its answer is unknown."""

    times: int = 0
    seconds: float = 10


def can_i_deploy(
    connection: Connection, questions: Sequence[GateQuestion], patience: Patience, output: str = "table"
) -> ExitCode:
    """Ask every question and print every answer; OK only when each of them is yes.

    Raises: BrokerError when a question cannot be asked.
    """
    answers = [_known(connection, question, patience) for question in questions]
    for question, answer in zip(questions, answers, strict=True):
        say(json.dumps(answer) if output == "json" else report(question, answer))
    return ExitCode.OK if all(answer["summary"].get("deployable") is True for answer in answers) else ExitCode.NO


def report(question: GateQuestion, answer: dict[str, Any]) -> str:
    """The answer for people: yes in one line, otherwise the rows that block and the broker's reasons."""
    deployable = answer["summary"].get("deployable")
    verdict = "yes" if deployable is True else "no" if deployable is False else "unknown, so no"
    reasons = [f"  {line}" for line in str(answer["summary"].get("reason", "")).splitlines()]
    rows = [_row(row) for row in answer.get("matrix") or [] if deployable is True or not _success(row)]
    return "\n".join([f"{question}: {verdict}", *_aligned(rows), *reasons])


def _known(connection: Connection, question: GateQuestion, patience: Patience) -> dict[str, Any]:
    """In JSON the client exits with 0 whatever the answer; `deployable` is null while a result is missing."""
    for _ in range(patience.times):
        answer = _ask(connection, question)
        if answer["summary"].get("deployable") is not None:
            return answer
        time.sleep(patience.seconds)
    return _ask(connection, question)


def _ask(connection: Connection, question: GateQuestion) -> dict[str, Any]:
    words = [word for name, version in question.asked for word in ("--pacticipant", name, "--version", version)]
    words += ["--to-environment", question.environment] if question.environment else []
    said = call(connection, str(question), "can-i-deploy", *words)
    for answer in said.documents():
        if isinstance(answer.get("summary"), dict):
            return answer
    raise _unanswerable(said, question)


def _unanswerable(said: ClientOutput, question: GateQuestion) -> BrokerError:
    if "Environment with name" in said.text:
        return Unusable(
            f"{question}: the broker knows no environment '{question.environment}'",
            "correct --to, or create it once: "
            f"`outdial broker create-environment --name {question.environment} --production`",
        )
    if "Pacticipant" in said.text and "not found" in said.text:
        names = ", ".join(name for name, _ in question.asked)
        return BrokerError(f"{question}: the broker does not know all of {names}", "`outdial broker publish` first")
    return fault_in("is not a Pact Broker" if said.returncode == 0 else said.text, str(question))


def _success(row: dict[str, Any]) -> bool | None:
    success: bool | None = (row.get("verificationResult") or {}).get("success")
    return success


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    """With the page that shows it: of the result, or of the pact while there is none."""
    said = {True: "passed", False: "FAILED", None: "not verified"}[_success(row)]
    page = (row.get("verificationResult") or row.get("pact") or {}).get("_links", {}).get("self", {}).get("href", "")
    return (*_side(row.get("consumer")), "→", *_side(row.get("provider")), said, page)


def _side(side: dict[str, Any] | None) -> tuple[str, str]:
    return (side or {}).get("name", "?"), ((side or {}).get("version") or {}).get("number", "no version")


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
