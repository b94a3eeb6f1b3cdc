"""Pact's own verifier, the one place that drives it: over a pact file or what a broker offers, for one provider.

It reads `PACT_BROKER_*` from the environment, prints from native code and repeats 5xx answers of a state URL for
minutes without a setting for that, so it runs in a process of its own: `verification.verify` over files,
`broker.verifier_process` over a broker.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from pact_files import Interaction
from pact_files.cutting import write_piece
from pact_files.hiding import about, hidden
from verification.result import CaseResult

REQUEST_SECONDS = 30
LOGGER = "pact.ffi"
Selector = dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class BrokerSource:
    """What a broker offers, for one branch of the provider. Address and credentials are in the environment only."""

    selectors: Sequence[Selector]
    provider_branch: str
    include_pending: bool = False
    include_wip_since: date | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Under which version of the provider a broker keeps the results."""

    version: str
    branch: str
    build_url: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One interaction as the verifier reports it.

    `status` and `code` are the answer's where they mismatch; without `body_read` nothing is known of its code.
    """

    consumer: str
    key: str
    description: str
    passed: bool
    pending: bool
    mismatches: list[str]
    status: str | None = None
    code: str | None = None
    answered: bool = True
    body_read: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """One run of the verifier; `problems` are errors of no interaction: pacts not loaded, results not published.

    `passed` is the verifier's own word; true also when nothing was checked or no result could be published.
    """

    passed: bool
    interactions: list[Checked] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def run_verifier(
    provider: str, base_url: str, state_url: str, source: Path | BrokerSource, publish: Publication | None = None
) -> Verified:
    """Play the source's interactions of a provider. What does not hold is in the result, never raised."""
    from pact import Verifier  # loading it takes longer than starting the stub, and only workers need it

    with _errors_logged() as logged:
        verifier = (
            Verifier(provider, urlsplit(base_url).hostname)
            .add_transport(url=base_url)
            .state_handler(state_url, body=True)
            .set_request_timeout(REQUEST_SECONDS * 1000)
            .set_coloured_output(enabled=False)
        )
        if publish:
            verifier.set_publish_options(publish.version, publish.build_url, publish.branch)
        if isinstance(source, Path):
            verifier.add_source(source)
        else:
            broker = verifier.broker_source(selector=True)
            for selector in source.selectors:
                broker.consumer_version(**selector)  # type: ignore[arg-type]
            broker.provider_branch(source.provider_branch)
            if source.include_pending:
                broker.include_pending()
            if source.include_wip_since:
                broker.include_wip_since(source.include_wip_since)
            broker.build()
        with suppress(RuntimeError):  # the results say more than the exception
            verifier.verify()
    return verified(verifier.results, logged)


def verified(results: Mapping[str, Any], logged: Sequence[str]) -> Verified:
    """The verifier's results without the secrets in them; `logged` is what it said as errors meanwhile."""
    loose = [
        each["mismatch"].get("message", "")
        for each in results.get("errors", [])
        if each["mismatch"].get("type") == "error" and not each["mismatch"].get("interactionId")
    ]
    problems = [hidden(text) for text in dict.fromkeys([*logged, *loose])]
    return Verified(bool(results.get("result")), [_checked(each) for each in results["interactionResults"]], problems)


def _checked(reported: Mapping[str, Any]) -> Checked:
    passed = reported.get("result") == "OK"
    mismatch = {} if passed else reported.get("mismatch") or {}
    found = mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "failed without a reason")}]
    return Checked(
        consumer=reported.get("consumer", "?"),
        key=reported.get("interactionKey") or reported.get("interactionId") or "",
        description=reported.get("description", ""),
        passed=passed,
        pending=bool(reported.get("pending")),
        mismatches=[] if passed else [_in_words(each) for each in found],
        status=next((str(each["actual"]) for each in found if each.get("type") == "StatusMismatch"), None),
        code=next(
            (str(each["actual"]).strip('"') for each in found if each.get("path") in {"$.code", "$.error"}), None
        ),
        answered=passed or any("type" in each for each in found),
        body_read=not any(
            str(each.get("type")).startswith("Body") and each.get("path") in (None, "$") for each in found
        ),
    )


def _in_words(mismatch: Mapping[str, Any]) -> str:
    return about(mismatch.get("path") or mismatch.get("key"), str(mismatch.get("mismatch")))


def verify_piece(piece: Sequence[Interaction], base_url: str, state_url: str) -> list[CaseResult]:
    """One result for each interaction, in their order; one that the verifier did not report has failed."""
    with TemporaryDirectory(prefix="outdial-") as folder:
        path = Path(folder) / "piece.json"
        write_piece(piece, path)
        found = run_verifier(piece[0].provider, base_url, state_url, path)
    checked = {each.description: each for each in found.interactions}
    return [_result(interaction, checked.get(interaction.case_id), found.problems) for interaction in piece]


def _result(interaction: Interaction, checked: Checked | None, problems: Sequence[str]) -> CaseResult:
    if checked is None:
        return CaseResult("not checked", ("the verifier did not check this interaction", *problems[:3]))
    if not checked.answered:
        return CaseResult("no answer", tuple(checked.mismatches))
    status = checked.status or interaction.expected_status
    code = checked.code or (interaction.expected_code if checked.body_read else "")
    return CaseResult(f"{status} {code}".strip(), tuple(checked.mismatches))


def quieten() -> None:
    """For a worker process: no broker's results there, no reports on standard output, no live tokens in a log."""
    for name in [name for name in os.environ if name.startswith("PACT_BROKER_")]:
        del os.environ[name]
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """What the verifier says as errors: that it failed to publish results is said nowhere else."""
    messages: list[str] = []

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, handler = logging.getLogger(LOGGER), Collecting(logging.ERROR)
    logger.setLevel(logging.WARNING)  # at INFO it logs the bearer tokens that it sends
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
