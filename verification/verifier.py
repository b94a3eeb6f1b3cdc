"""Pact's own verifier, the one place that drives it: over a pact file, for one provider.

It reads `PACT_BROKER_*` from the environment, prints from native code and repeats 5xx answers of a state URL for
minutes without a setting for that, so it runs in a process of its own. Pacts at a broker are fetched to files before.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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


def verify_piece(piece: Sequence[Interaction], base_url: str, state_url: str) -> list[CaseResult]:
    """One result for each interaction, in their order; one that the verifier did not report has failed."""
    from pact import Verifier  # loading it takes longer than starting the stub, and only workers need it

    with _errors_logged() as logged, TemporaryDirectory(prefix="outdial-") as folder:
        path = Path(folder) / "piece.json"
        write_piece(piece, path)
        verifier = (
            Verifier(piece[0].provider, urlsplit(base_url).hostname)
            .add_source(path)
            .add_transport(url=base_url)
            .state_handler(state_url, body=True)
            .set_request_timeout(REQUEST_SECONDS * 1000)
            .set_coloured_output(enabled=False)
        )
        with suppress(RuntimeError):  # the results say more than the exception
            verifier.verify()
    reported = {each["description"]: each for each in verifier.results["interactionResults"]}
    errors = [error["mismatch"].get("message", "") for error in verifier.results.get("errors", [])]
    problems = [hidden(text) for text in dict.fromkeys([*logged, *errors])]
    return [result_of(interaction, reported.get(interaction.case_id), problems) for interaction in piece]


def result_of(interaction: Interaction, reported: Mapping[str, Any] | None, problems: Sequence[str]) -> CaseResult:
    """What the verifier reports of an interaction, without the secrets in it; `problems` are of no interaction."""
    if reported is None:
        return CaseResult("not checked", ("the verifier did not check this interaction", *problems[:3]))
    if reported.get("result") == "OK":
        return CaseResult(interaction.expected, ())
    mismatch = reported.get("mismatch") or {}
    found = mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "failed without a reason")}]
    words = tuple(about(each.get("path") or each.get("key"), str(each.get("mismatch"))) for each in found)
    if not any("type" in each for each in found):
        return CaseResult("no answer", words)
    status = next((str(each["actual"]) for each in found if each.get("type") == "StatusMismatch"), "")
    code = next((str(each["actual"]).strip('"') for each in found if each.get("path") in {"$.code", "$.error"}), "")
    if not code and not any(
        str(each.get("type")).startswith("Body") and each.get("path") in (None, "$") for each in found
    ):
        code = interaction.expected_code  # the body was read, and nothing is said against its code
    return CaseResult(f"{status or interaction.expected_status} {code}".strip(), words)


def quieten() -> None:
    """For a worker process: no broker's results there, no reports on standard output, no live tokens in a log."""
    for name in [name for name in os.environ if name.startswith("PACT_BROKER_")]:
        del os.environ[name]
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """What the verifier says as errors: why it checked nothing is said nowhere else."""
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
