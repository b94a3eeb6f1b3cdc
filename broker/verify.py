"""`make verify-broker`: verify what the broker offers for each provider, and record the results there."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from broker.connection import Connection
from broker.faults import fault_in
from broker.outcome import BrokerError, ExitCode
from broker.verification_request import Request
from verification.verifier import Checked, Selector, Verified

SELECTORS: list[Selector] = [{"main_branch": True}, {"deployed_or_released": True}, {"matching_branch": True}]
"""What a provider stays compatible with: each consumer's main branch, what runs anywhere, this branch."""
NOTHING_THERE = ("No pacts for provider", "No pacts were found for this provider")
"""How the Verifier says that the broker offers nothing. 'No pacts found' alone it says after any fault."""


def verify(connection: Connection, requests: Sequence[Request]) -> ExitCode:
    """Verify every provider, all of them even when one fails, and print each interaction with its result.

    Never OK on nothing: each provider must have at least one interaction that passed.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda request: _outcome(connection, request), requests))
    codes = []
    for request, outcome in zip(requests, outcomes, strict=True):
        text, code = outcome if isinstance(outcome, tuple) else (f"error: {outcome}\n", outcome.exit_code)
        stream = sys.stdout if code is ExitCode.OK else sys.stderr
        stream.write(f"{text}{request.provider}: {'verified' if code is ExitCode.OK else 'NOT verified'}\n")
        stream.flush()
        codes.append(code)
    return ExitCode.NO if ExitCode.NO in codes else max(codes)


def _outcome(connection: Connection, request: Request) -> tuple[str, ExitCode] | BrokerError:
    try:
        verified = _run(connection, request)
        return report(request, verified)
    except BrokerError as error:
        return error


def _run(connection: Connection, request: Request) -> Verified:
    doing = f"verifying {request.provider}"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "broker.verifier_process"],
            env=connection.client_environment(os.environ),
            input=json.dumps(dataclasses.asdict(request)),
            capture_output=True,
            text=True,
            timeout=connection.verify_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BrokerError(
            f"{doing}: not finished within {connection.verify_seconds:g} seconds, stopped",
            "the broker or the provider is slow, or answers 5xx, which the Verifier repeats for minutes: "
            "look into their logs. Results may be recorded for some pacts; run the same command again to "
            "complete them. OUTDIAL_VERIFY_SECONDS sets how long to wait",
        ) from error
    if done.returncode != 0:
        raise BrokerError(
            f"{doing}: the verifier process broke off: {connection.scrub(done.stderr).strip()[-500:]}",
            "this is a defect: report it with the text above",
        )
    answer = json.loads(connection.scrub(done.stdout))
    return Verified(answer["passed"], [Checked(**each) for each in answer["interactions"]], answer["problems"])


def report(request: Request, verified: Verified) -> tuple[str, ExitCode]:
    """What to print and how to end.

    Raises: BrokerError where there is no verdict: no pacts, or the broker is at fault.
    """
    doing = f"verifying {request.provider}"
    lines = [line for interaction in verified.interactions for line in _lines(request, interaction)]
    failed = [each for each in verified.interactions if not each.passed and not each.pending]
    passed = [each for each in verified.interactions if each.passed]
    if failed:
        total = len(verified.interactions)
        lines += [*verified.problems, f"{doing}: {len(failed)} of {total} failed"]
        return "\n".join(lines) + "\n", ExitCode.NO
    text = "\n".join(verified.problems)
    if not verified.interactions:
        if any(words in text for words in NOTHING_THERE):
            raise BrokerError(
                f"{doing}: the broker has no pact for it that matches {_words(request.selectors)}",
                "`make publish` first. If it is published: is its branch the consumer's main branch at the "
                "broker (`pact broker describe-pacticipant`), deployed or released somewhere, or named "
                f"{request.branch!r} as this provider's? `--consumer-branch NAME` selects another branch",
            )
        raise fault_in(text, f"{doing}: reading its pacts")
    if verified.problems or not verified.passed:
        fault = fault_in(text, f"{doing}: recording the results")
        lines.append(f"error: {fault.cause}\nverified, but the broker does not hold every result\nfix: {fault.fix}")
        return "\n".join(lines) + "\n", ExitCode.CANNOT_ASK
    if not passed:
        lines.append(f"{doing}: only pending pacts, and none passed: nothing is verified")
        return "\n".join(lines) + "\n", ExitCode.NO
    return "\n".join(lines) + "\n", ExitCode.OK


def _lines(request: Request, interaction: Checked) -> list[str]:
    said = "passed" if interaction.passed else "pending, failed" if interaction.pending else "FAILED"
    first = f"{said}: {interaction.consumer} → {request.provider}: {interaction.key} ({interaction.description})"
    return [first, *(f"    {mismatch}" for mismatch in interaction.mismatches)]


def _words(selectors: list[Selector]) -> str:
    return ", ".join(
        "+".join(name if value is True else f"{name}={value}" for name, value in each.items()) for each in selectors
    )
