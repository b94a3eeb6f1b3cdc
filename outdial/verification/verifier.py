"""Pact's own verifier, run over a piece of a pact. The one place that drives it.

It prints from native code and reads `PACT_BROKER_*` from the environment, so it runs in a process of its own.
"""

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
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

LOGGER = "pact.ffi"


@dataclass(frozen=True, slots=True)
class Piece:
    """One result for each interaction, in their order; `broken` tells why verification cannot go on."""

    results: list[CaseResult]
    broken: str | None


def verify_piece(piece: Sequence[Interaction], target: Target, folder: Path, timeout: float = 60.0) -> Piece:
    """Verify interactions of one pact. `timeout` is for each answer; the pact of the piece is written into `folder`.

    An interaction that the verifier did not report has failed.
    """
    from pact import Verifier  # takes longer to load than the stub to start, and only workers need it

    path = folder / f"{os.getpid()}.json"
    path.write_text(json.dumps(_marked(piece_of(piece))), encoding="utf-8")
    name, base_url = f"{os.getpid()}-{time.monotonic_ns()}", target.url_of(piece[0].provider)
    relay = nullcontext((Heard(), base_url)) if target.heard else relaying(base_url, target.state_url, timeout)
    with _errors_logged() as logged, relay as (heard, url):
        verifier = (
            Verifier(piece[0].provider, urlsplit(url).hostname)
            .add_source(path)
            .add_transport(url=url)
            .add_custom_header(PIECE, name)
            .set_request_timeout(int(timeout * 1000) + 5000)
            .follow_redirects(follow=False)
            .set_coloured_output(enabled=False)
        )
        state_url = target.state_url if target.heard else url + STATES
        if target.state_url and state_url:
            verifier = verifier.state_handler(state_url, body=True)
        with suppress(RuntimeError):  # the results tell more than the exception
            verifier.verify()
    if target.heard:
        heard = heard_at(target.heard, name, base_url, timeout)
    reported = {each["description"]: each for each in verifier.results["interactionResults"]}
    errors = [error["mismatch"].get("message", "") for error in verifier.results.get("errors", [])]
    problems = [hidden(text) for text in dict.fromkeys([*logged, *errors])]
    results = [
        result_of(each, reported.get(each.case_id), problems, heard, heard.said.get(str(at)))
        for at, each in enumerate(piece)
    ]
    return Piece([_masked(each, heard) for each in results], heard.broken)


def _masked(result: CaseResult, heard: Heard) -> CaseResult:
    """Return a result without the secrets that states returned, wherever the verifier or the provider repeats them."""
    got = replace(result.got, code=heard.masked(result.got.code), message=heard.masked(result.got.message))
    return replace(result, got=got, problems=tuple(map(heard.masked, result.problems)))


def result_of(
    interaction: Interaction,
    reported: Mapping[str, Any] | None,
    problems: Sequence[str],
    heard: Heard,
    said: Said | None,
) -> CaseResult:
    """Return the result of one interaction; `problems` are those that the verifier tells of no interaction."""
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
    return CaseResult(said.got, tuple(found), said.seconds)


def _in_words(mismatch: Mapping[str, Any]) -> Iterator[str]:
    for each in mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "failed without a reason")}]:
        yield about(each.get("path") or each.get("key"), str(each.get("mismatch")))


def _marked(pact: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a pact whose requests carry their position, by which answers are recorded."""
    for at, each in enumerate(pact["interactions"]):
        each["request"] = {**each["request"], "headers": {**(each["request"].get("headers") or {}), CASE: str(at)}}
    return pact


def quieten() -> None:
    """Prepare a worker process: no broker in the environment, no reports on standard output."""
    for name in [name for name in os.environ if name.startswith("PACT_BROKER_")]:
        del os.environ[name]
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """Collect the errors that the verifier logs: the only place that tells why it checked nothing."""
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
