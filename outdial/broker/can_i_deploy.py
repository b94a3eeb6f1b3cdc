"""Ask the broker before a deployment: pass only when it says yes; otherwise print the rows that block."""

import json
from collections.abc import Sequence
from typing import Any

from outdial.broker.client import call, say
from outdial.broker.errors import NO, fault_in
from outdial.broker.setting import Setting
from outdial.exit_codes import HOLDS

Json = dict[str, Any]


def can_i_deploy(
    setting: Setting, questions: Sequence[Sequence[str]], to: str | None, *, times: int, interval: int, as_json: bool
) -> int:
    """Ask about the pacticipants of each question together, and print every answer.

    An unknown result is asked for again `times` times. Raises: BrokerError when a question cannot be asked.
    """
    setting.broker.link("self")
    answers = []
    for names in questions:
        pairs = [(name, setting.version_of(name)) for name in names]
        what = " with ".join(f"{name} {version}" for name, version in pairs)
        question = f"can-i-deploy {what}" + (f" to {to}" if to else "")
        words = [word for name, version in pairs for word in ("--pacticipant", name, "--version", version)]
        words += ["--to-environment", to] if to else []
        words += ["--retry-while-unknown", str(times), "--retry-interval", str(interval)] if times else []
        answers.append((question, _ask(setting, question, words, times * interval)))
    for question, answer in answers:
        say(json.dumps(answer) if as_json else _text(question, answer))
    passed = all(answer["summary"].get("deployable") is True for _, answer in answers)
    if setting.dry_run and not passed:
        say("dry run: the answer does not count")
    return HOLDS if passed or setting.dry_run else NO


def _ask(setting: Setting, question: str, words: Sequence[str], waiting: float) -> Json:
    """Return the client's JSON; with it the client exits with 0 whatever the answer is."""
    output = call(setting.connection, question, "can-i-deploy", *words, waiting=waiting)
    for answer in output.documents():
        if isinstance(answer.get("summary"), dict):
            return answer
    raise fault_in("is not a Pact Broker" if output.returncode == 0 else output.text, question)


def _text(question: str, answer: Json) -> str:
    """Return a yes in one line, otherwise also the rows that block and the broker's reasons."""
    deployable = answer["summary"].get("deployable")
    verdict = "yes" if deployable is True else "no" if deployable is False else "unknown, so no"
    reasons = [f"  {line}" for line in str(answer["summary"].get("reason", "")).splitlines()]
    rows = [_row(row) for row in answer.get("matrix") or [] if deployable is True or not _success(row)]
    return "\n".join([f"{question}: {verdict}", *rows, *reasons])


def _success(row: Json) -> bool | None:
    success: bool | None = (row.get("verificationResult") or {}).get("success")
    return success


def _row(row: Json) -> str:
    """Return both sides, the result, and the page of the result, or of the pact without a result."""
    result = {True: "passed", False: "FAILED", None: "not verified"}[_success(row)]
    page = (row.get("verificationResult") or row.get("pact") or {}).get("_links", {}).get("self", {}).get("href", "")
    sides = [
        f"{(side or {}).get('name', '?')} {((side or {}).get('version') or {}).get('number', 'no version')}"
        for side in (row.get("consumer"), row.get("provider"))
    ]
    return f"  {' → '.join(sides)}  {result}  {page}"
