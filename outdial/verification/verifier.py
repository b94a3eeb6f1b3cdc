"""Pact's own verifier, the one place that drives it: over a pact file, for one provider.

It reads `PACT_BROKER_*` from the environment, prints from native code and repeats 5xx answers of a state URL for
minutes without a setting for that, so it runs in a process of its own. Pacts at a broker are fetched to files before.
"""

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from outdial.documents.template import names_in
from outdial.pact_files import Interaction
from outdial.pact_files.cutting import piece_of
from outdial.pact_files.hiding import about, hidden
from outdial.verification.heard import CASE, PIECE, Heard, Said, heard_at
from outdial.verification.relay import STATES, relaying
from outdial.verification.result import CaseResult, Got
from outdial.verification.target import Target

REQUEST_SECONDS = 30
LOGGER = "pact.ffi"


@dataclass(frozen=True, slots=True)
class Piece:
    """One result for each interaction, in their order; `broken` says why no further one can be had."""

    results: list[CaseResult]
    broken: str | None


def verify_piece(piece: Sequence[Interaction], target: Target, folder: Path) -> Piece:
    """Play them through a relay, or before our own stub, which keeps by itself what it says; what the verifier reads
    is written below `folder`.

    An interaction that the verifier did not report has failed.
    """
    from pact import Verifier  # loading it takes longer than starting the stub, and only workers need it

    path = folder / f"{os.getpid()}.json"
    path.write_text(json.dumps(_marked(piece_of(piece))), encoding="utf-8")
    name, base_url = f"{os.getpid()}-{time.monotonic_ns()}", target.url_of(piece[0].provider)
    direct = target.heard if not any(_redirects(each.response.status) for each in piece) else None
    relay = nullcontext((Heard(), base_url)) if direct else relaying(base_url, target.state_url)
    with _errors_logged() as logged, relay as (heard, url):
        verifier = (
            Verifier(piece[0].provider, urlsplit(url).hostname)
            .add_source(path)
            .add_transport(url=url)
            .add_custom_header(PIECE, name)
            .state_handler(target.state_url if direct else url + STATES, body=True)
            .set_request_timeout(REQUEST_SECONDS * 1000)
            .set_coloured_output(enabled=False)
        )
        with suppress(RuntimeError):  # the results say more than the exception
            verifier.verify()
    if direct:
        heard = heard_at(direct, name, base_url)
    reported = {each["description"]: each for each in verifier.results["interactionResults"]}
    errors = [error["mismatch"].get("message", "") for error in verifier.results.get("errors", [])]
    problems = [hidden(text) for text in dict.fromkeys([*logged, *errors])]
    results = [
        result_of(each, reported.get(each.case_id), problems, heard, heard.said.get(str(at)))
        for at, each in enumerate(piece)
    ]
    return Piece(results, heard.broken)


def result_of(
    interaction: Interaction,
    reported: Mapping[str, Any] | None,
    problems: Sequence[str],
    heard: Heard,
    said: Said | None,
) -> CaseResult:
    """What the verifier makes of the answer that was kept; `problems` are of no interaction."""
    if reported is None:
        return CaseResult(Got(message="not checked"), ("the verifier did not check this interaction", *problems[:3]))
    if unmet := heard.state_problem(interaction.states):
        return CaseResult(Got(message="not asked"), (unmet,))
    found = [] if reported.get("result") == "OK" else list(_in_words(reported.get("mismatch") or {}))
    if said is None:
        return CaseResult(Got(message="not asked"), tuple(found) or ("the provider was not asked",))
    if lacking := sorted(names_in(dict(interaction.request.generators)) - heard.names(interaction.states)):
        found.insert(0, f"no state returned {', '.join(lacking)}, which the request carries")
    elif said.status is None:
        found = [str(said.got)]
    elif _redirects(said.status) and not found and not _redirects(interaction.response.status):
        found = [str(said.got)]  # which the verifier has followed, and compared what it led to
    return CaseResult(said.got, tuple(found), said.seconds)


def _redirects(status: int) -> bool:
    return 300 <= status < 400


def _in_words(mismatch: Mapping[str, Any]) -> Iterator[str]:
    for each in mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "failed without a reason")}]:
        yield about(each.get("path") or each.get("key"), str(each.get("mismatch")))


def _marked(pact: Mapping[str, Any]) -> Mapping[str, Any]:
    """A pact whose requests carry their place in it, for the relay."""
    for at, each in enumerate(pact["interactions"]):
        each["request"] = {**each["request"], "headers": {**(each["request"].get("headers") or {}), CASE: str(at)}}
    return pact


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
