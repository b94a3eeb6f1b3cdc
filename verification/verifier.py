"""Verifies one piece of a pact with Pact's own verifier, in a process of its own."""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from pact_files.mismatch import mismatches_of, problem
from pact_files.pact_file import Interaction, write_piece
from verification.result import CaseResult

REQUEST_SECONDS = 30


def quieten() -> None:
    """For a worker process: Pact's library writes reports to standard output, and live tokens to its log."""
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    logging.getLogger("pact.ffi").setLevel(logging.WARNING)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def verify_piece(piece: Sequence[Interaction], base_url: str, state_url: str) -> list[CaseResult]:
    """One result for each interaction, in their order; one that the verifier did not report has failed."""
    from pact import Verifier  # loading it takes longer than starting the stub, and only workers need it

    with TemporaryDirectory(prefix="outdial-") as folder:
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
        with suppress(RuntimeError):  # what failed is in the results
            verifier.verify()
        reported = {each["interactionKey"]: each for each in verifier.results.get("interactionResults", [])}
    return [_result(interaction, reported.get(interaction.case_id)) for interaction in piece]


def _result(interaction: Interaction, reported: dict[str, Any] | None) -> CaseResult:
    if reported is None:
        return CaseResult(interaction.case_id, "not checked", ("the verifier did not check this interaction",))
    if reported.get("result") == "OK":
        return CaseResult(interaction.case_id, interaction.expected, ())
    found = mismatches_of(reported)
    return CaseResult(interaction.case_id, _got(interaction, found), tuple(problem(each) for each in found))


def _got(interaction: Interaction, mismatches: list[dict[str, Any]]) -> str:
    """The answer in short, as far as the mismatches tell it."""
    status, *code = interaction.expected.rsplit(" ", 1) if " " in interaction.expected else (interaction.expected,)
    for each in mismatches:
        if each.get("type") == "StatusMismatch":
            status = str(each["actual"])
        if each.get("path") in {"$.code", "$.error"}:
            code = [str(each["actual"]).strip('"')]
    if not any("type" in each for each in mismatches):
        return "no answer"
    return " ".join([status, *code])
