"""Runs the real Verifier against a broker for one provider, as a process of its own.

In a process it can be stopped (the Verifier repeats 5xx answers for two minutes per request, and has no
setting for that), its prints are not the user's output, and several providers are verified at once.
Reads a Request as JSON from stdin, writes a Verified as JSON to stdout.
"""

import dataclasses
import json
import logging
import os
import sys
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from pact import Verifier

from broker.verification_request import Interaction, Request, Verified
from pact_files.mismatch import mismatches_of, problem


class ErrorCollector(logging.Handler):
    """Keeps what the Verifier reports as an error: that it failed to publish results is said nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def verify(request: Request) -> Verified:
    collector = ErrorCollector()
    logger = logging.getLogger("pact.ffi")
    logger.setLevel(logging.WARNING)  # at INFO it logs the bearer tokens that it sends
    logger.addHandler(collector)
    logger.propagate = False

    host = urlsplit(request.provider_url).hostname or ""
    verifier = Verifier(request.provider, host).add_transport(url=request.provider_url)
    verifier.state_handler(request.state_url, body=True)
    if request.publish_results:
        verifier.set_publish_options(request.version, request.build_url, request.branch)
    broker = verifier.broker_source(selector=True)
    for selector in request.selectors:
        broker.consumer_version(**selector)  # type: ignore[arg-type]
    broker.provider_branch(request.branch)
    if request.include_pending:
        broker.include_pending()
    if request.include_wip_since:
        broker.include_wip_since(date.fromisoformat(request.include_wip_since))
    broker.build()
    with suppress(RuntimeError):  # the results say more than the exception
        verifier.verify()
    return outcome(verifier.results, collector.messages)


def outcome(results: dict[str, Any], reported: list[str]) -> Verified:
    interactions = [
        Interaction(
            consumer=each.get("consumer", "?"),
            key=each.get("interactionKey") or each.get("interactionId") or "",
            description=each.get("description", ""),
            passed=each.get("result") == "OK",
            pending=bool(each.get("pending")),
            mismatches=[] if each.get("result") == "OK" else [problem(found) for found in mismatches_of(each)],
        )
        for each in results.get("interactionResults", [])
    ]
    loose = [
        each["mismatch"].get("message", "")
        for each in results.get("errors", [])
        if each["mismatch"].get("type") == "error" and not each["mismatch"].get("interactionId")
    ]
    problems = list(dict.fromkeys([*reported, *loose]))
    return Verified(bool(results.get("result")), interactions, problems)


if __name__ == "__main__":
    # the Verifier prints from native code: what it prints goes to stderr, stdout carries the answer only
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    verified = verify(Request(**json.load(sys.stdin)))
    json.dump(dataclasses.asdict(verified), answer)
    answer.close()
