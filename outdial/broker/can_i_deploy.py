"""`outdial broker can-i-deploy`: pass only when the broker says yes; otherwise print the rows that block."""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from outdial.broker.client import call, say
from outdial.broker.errors import NO, BrokerError, fault_in, unknown_environment
from outdial.broker.setting import Setting, add_pacticipants, add_setting, chosen_pacticipants, find_setting
from outdial.exit_codes import HOLDS

Json = dict[str, Any]


def add_options(parser: ArgumentParser) -> None:
    """Add the options of this command."""
    add_setting(parser)
    add_pacticipants(parser)
    to = "environment (default: none; each pact's consumer and provider are asked for together)"
    parser.add_argument("--to", "--to-environment", metavar="ENVIRONMENT", help=to)
    parser.add_argument("--retry-while-unknown", type=int, default=0, metavar="TIMES", help="ask again (default: 0)")
    parser.add_argument("--retry-interval", type=int, default=10, metavar="SECONDS", help="pause (default: 10)")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.epilog = "example: outdial broker can-i-deploy --to production --retry-while-unknown 30"


def run(options: Namespace) -> int:
    """Ask every question and print every answer. Raises: BrokerError when a question cannot be asked."""
    setting = find_setting(options)
    setting.broker.link("self")
    if options.to or options.pacticipant or options.providers:
        questions = [[name] for name in chosen_pacticipants(setting, options)]
    else:
        questions = [[pact.consumer, pact.provider] for pact in setting.pacts]
    answers = []
    for names in questions:
        pairs = [(name, setting.version_of(name)) for name in names]
        what = " with ".join(f"{name} {version}" for name, version in pairs)
        question = f"can-i-deploy {what}" + (f" to {options.to}" if options.to else "")
        answers.append((question, _ask(setting, options, question, pairs)))
    for question, answer in answers:
        say(json.dumps(answer) if options.output == "json" else _text(question, answer))
    passed = all(answer["summary"].get("deployable") is True for _, answer in answers)
    if options.dry_run and not passed:
        say("dry run: the answer does not count")
    return HOLDS if passed or options.dry_run else NO


def _ask(setting: Setting, options: Namespace, question: str, pairs: list[tuple[str, str]]) -> Json:
    """Return the client's JSON; with it the client exits with 0 whatever the answer is."""
    words = [word for name, version in pairs for word in ("--pacticipant", name, "--version", version)]
    words += ["--to-environment", options.to] if options.to else []
    times, interval = options.retry_while_unknown, options.retry_interval
    if times:
        words += ["--retry-while-unknown", str(times), "--retry-interval", str(interval)]
    output = call(setting.connection, question, "can-i-deploy", *words, waiting=times * interval)
    for answer in output.documents():
        if isinstance(answer.get("summary"), dict):
            return answer
    if "Environment with name" in output.text:
        raise unknown_environment(question, options.to)
    if "Pacticipant" in output.text and "not found" in output.text:
        names = ", ".join(name for name, _ in pairs)
        raise BrokerError(f"{question}: the broker does not know all of {names}", "`outdial broker publish` first")
    raise fault_in("is not a Pact Broker" if output.returncode == 0 else output.text, question)


def _text(question: str, answer: Json) -> str:
    """Return a yes in one line, otherwise also the rows that block and the broker's reasons."""
    deployable = answer["summary"].get("deployable")
    verdict = "yes" if deployable is True else "no" if deployable is False else "unknown, so no"
    reasons = [f"  {line}" for line in str(answer["summary"].get("reason", "")).splitlines()]
    rows = [_row(row) for row in answer.get("matrix") or [] if deployable is True or not _success(row)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([f"{question}: {verdict}", *lines, *reasons])


def _success(row: Json) -> bool | None:
    success: bool | None = (row.get("verificationResult") or {}).get("success")
    return success


def _row(row: Json) -> tuple[str, ...]:
    """Return both sides, the result, and the page of the result, or of the pact without a result."""
    result = {True: "passed", False: "FAILED", None: "not verified"}[_success(row)]
    page = (row.get("verificationResult") or row.get("pact") or {}).get("_links", {}).get("self", {}).get("href", "")
    return (*_side(row.get("consumer")), "→", *_side(row.get("provider")), result, page)


def _side(side: Json | None) -> tuple[str, str]:
    return (side or {}).get("name", "?"), ((side or {}).get("version") or {}).get("number", "no version")
