"""Pact's own verifier, run over a piece of a pact in a worker process; a relay records the provider's answers.

The verifier prints from native code and reads `PACT_BROKER_*` from the environment. It reports only pass or fail, and
repeats a 5xx of a state URL for minutes; the relay refuses such a state at once.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from logging.handlers import BufferingHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from outdial.documents.template import names_in
from outdial.pact_files import Interaction
from outdial.pact_files.hiding import HIDDEN, about, hidden, is_secret
from outdial.relay import Answer, Request, relaying, send
from outdial.verification.result import Finding, Got, got, shown
from outdial.verification.target import Target

PIECE = 20
"""Interactions in one verifier: a thousand in one cost three times as much each as twenty."""
CASE = "Outdial-Case"
"""Header that tells the verifier's requests apart; it is not passed on."""
STATES = "/outdial-provider-states"
UNANSWERED = 2
"""After so many requests in a row without an answer, no further one is sent."""


class Piece(NamedTuple):
    """One result for each interaction, in their order; `broken` tells why verification cannot go on."""

    results: list[Finding]
    broken: str | None


@dataclass(slots=True)
class Recorder:
    """Sends requests to the provider and its state URL, and records the answers by row and by state."""

    base_url: str
    state_url: str | None
    seconds: float
    answers: dict[str, Answer] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    broken: str | None = None
    _unanswered: int = 0

    def handle(self, request: Request) -> Answer:
        """Return the answer to a request of the verifier; nothing is sent once the provider is broken."""
        if self.broken:
            return Answer(None)
        if request.path == STATES:
            return self._change_state(request)
        case = request.headers.get(CASE, "")
        del request.headers[CASE]
        answer = self.answers[case] = send(request, self.base_url, self.seconds)
        self._unanswered = self._unanswered + 1 if answer.absent else 0
        if self._unanswered == UNANSWERED:
            told = f"gives no answer, {UNANSWERED} times in a row: {got(answer)}"
            self.broken = f"the provider {self.base_url} {told}"
        return answer

    def _change_state(self, request: Request) -> Answer:
        change = json.loads(request.body)
        name = change.get("state")
        if not name or not self.state_url:  # the verifier asks also for an interaction without states
            return Answer(200, [("Content-Type", "application/json")], b"{}")
        answer = send(replace(request, path=""), self.state_url, self.seconds)
        error = shown(str(_object(answer.body).get("error") or got(answer).message))
        at = _key(name, change.get("params") or {})
        if answer.status is None:
            self.broken = f"the state URL {self.state_url} does not answer to {name!r}: {got(answer)}"
        elif answer.status >= 500:
            told = f"answers {answer.status} to {name!r}: {error}; an unknown state is a 4xx"
            self.broken = f"the state URL {self.state_url} {told}"
        elif answer.status >= 300:
            self.refused[at] = f"state {name!r}: {answer.status} {error}"
        else:
            returned = {key: str(value) for key, value in _object(answer.body).items() if value is not None}
            self.values[at] = returned
            self.secrets |= {value for key, value in returned.items() if is_secret(key) and len(value) > 5}
            return answer
        return Answer(424)

    def result(self, row: Interaction, at: int, reported: Mapping[str, Any] | None, errors: Sequence[str]) -> Finding:
        """Return the result of a row, without the secrets that states returned: those so named, and those in headers.

        `errors` are those that the verifier tells of no row.
        """
        states = [_key(each.name, each.params) for each in row.states]
        returned = {name: value for each in states for name, value in self.values.get(each, {}).items()}
        in_headers = names_in(row.request.generators.get("header", {}))
        secrets = self.secrets | {value for name, value in returned.items() if name in in_headers and len(value) > 5}

        def masked(text: str) -> str:
            for secret in secrets:
                text = text.replace(secret, HIDDEN)
            return text

        found, problems, seconds = Got(message="not asked"), list[str](), 0.0
        if reported is None:
            found, problems = Got(message="not checked"), ["the verifier did not check this interaction", *errors[:3]]
        elif refused := next((self.refused[each] for each in states if each in self.refused), None):
            problems = [refused]
        else:
            problems = [] if reported.get("result") == "OK" else list(_mismatches(reported.get("mismatch") or {}))
            lacking = sorted(names_in(dict(row.request.generators)) - returned.keys())
            if answer := self.answers.get(str(at)):
                found, seconds = got(answer), answer.seconds
                if lacking:
                    problems.insert(0, f"no state returned {', '.join(lacking)}, which the request carries")
                elif answer.status is None:
                    problems = [str(found)]
            elif not problems:
                problems = ["the provider was not asked"]
        found = replace(found, code=masked(found.code), message=masked(found.message))
        return Finding(
            row.case_id, row.provider, found, tuple(map(masked, problems)), seconds, basis=row.basis,
            evidence=row.evidence, consumer=row.consumer, given=row.given, expected=row.expected,
            because=row.because or "",
        )  # fmt: skip


def pieces(rows: Iterable[Interaction], size: int = PIECE) -> Iterator[tuple[Interaction, ...]]:
    """Yield the rows in groups of one pact and one provider each, none larger than `size`."""
    groups: dict[tuple[Path, str], list[Interaction]] = {}
    for row in rows:
        groups.setdefault((row.pact, row.provider), []).append(row)
    for group in groups.values():
        for start in range(0, len(group), size):
            yield tuple(group[start : start + size])


def piece_of(rows: Sequence[Interaction]) -> Mapping[str, Any]:
    """Return a pact of these rows alone. Each is described by its case id, which the verifier reports in every version
    of the specification, and its request carries its position, by which its answer is recorded."""
    interactions = []
    for at, row in enumerate(rows):
        request = {**row.source["request"], "headers": {**(row.source["request"].get("headers") or {}), CASE: str(at)}}
        interactions.append({**row.source, "description": row.case_id, "request": request})
    names = {"consumer": {"name": rows[0].consumer}, "provider": {"name": rows[0].provider}}
    return {**names, "interactions": interactions, "metadata": rows[0].metadata}


def verify_piece(piece: Sequence[Interaction], target: Target, folder: Path, timeout: float = 60.0) -> Piece:
    """Verify rows of one pact, which is written into `folder`. `timeout` is for each answer.

    A row that the verifier does not report has failed.
    """
    from pact import Verifier  # takes longer to load than the stub to start, and only workers need it

    path = folder / f"{os.getpid()}.json"
    path.write_text(json.dumps(piece_of(piece)), encoding="utf-8")
    recorder = Recorder(target.url_of(piece[0].provider), target.state_url, timeout)
    with _errors_logged() as logged, relaying(recorder.handle) as url:
        verifier = (
            Verifier(piece[0].provider, urlsplit(url).hostname)
            .add_source(path)
            .add_transport(url=url)
            .set_request_timeout(int(timeout * 1000) + 5000)
            .follow_redirects(follow=False)
            .set_coloured_output(enabled=False)
        )
        if target.state_url:
            verifier = verifier.state_handler(url + STATES, body=True)
        with suppress(RuntimeError):  # the results tell more than the exception
            verifier.verify()
    reported = {each["description"]: each for each in verifier.results["interactionResults"]}
    told = [error["mismatch"].get("message", "") for error in verifier.results.get("errors", [])]
    errors = [hidden(text) for text in dict.fromkeys([*(each.getMessage() for each in logged), *told])]
    results = [recorder.result(row, at, reported.get(row.case_id), errors) for at, row in enumerate(piece)]
    return Piece(results, recorder.broken)


def quieten() -> None:
    """Prepare a worker process: no broker in the environment, no reports on standard output."""
    for name in [name for name in os.environ if name.startswith("PACT_BROKER_")]:
        del os.environ[name]
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _mismatches(mismatch: Mapping[str, Any]) -> Iterator[str]:
    for each in mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "failed without a reason")}]:
        yield about(each.get("path") or each.get("key"), str(each.get("mismatch")))


def _key(name: str, params: Mapping[str, Any]) -> str:
    return json.dumps([name, params], sort_keys=True)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, Mapping) else {}


@contextmanager
def _errors_logged() -> Iterator[list[logging.LogRecord]]:
    """Collect the errors that the verifier logs: nothing else tells why it checked nothing."""
    logger, handler = logging.getLogger("pact.ffi"), BufferingHandler(capacity=1000)
    handler.setLevel(logging.ERROR)
    logger.setLevel(logging.WARNING)  # at INFO it logs the bearer tokens that it sends
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield handler.buffer
    finally:
        logger.removeHandler(handler)
