"""Play one row through the client, and compare its request, and its reading of the answer, with the row."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pact.error import Mismatch, MissingRequest, RequestMismatch, RequestNotFound
from pydantic.alias_generators import to_camel

from outdial.documents.template import fill
from outdial.generation.foreign.client_process import ClientAnswer, ClientFailed, ClientProcess, Question
from outdial.generation.foreign.expectations import ExpectedAnswer
from outdial.pact_files import Interaction, read_pacts
from outdial.pact_files.hiding import about
from outdial.relay import Answer, Request, relaying, send
from outdial.tables import STATES, RowRequest, Scenario
from outdial.tables.interaction import declare
from outdial.tables.matching import example

HOST = "127.0.0.1"


def play(
    row: Scenario, client: ClientProcess, seq: int, seconds: float, said: ExpectedAnswer | None, folder: Path
) -> str:
    """Ask the client one row and return its pact.

    Raises AssertionError when the client sends, or reads, something else than the row says; `ClientFailed` when it
    does not answer.
    """
    declare(row).write_file(folder, overwrite=True)
    written = folder / f"{row.consumer}-{row.provider}.json"
    (interaction,) = read_pacts([written])[0].interactions
    requests: list[str] = []
    with declare(_exactly(row)).serve(HOST, raises=False, verbose=False) as server:

        def handle(request: Request) -> Answer:
            """Send the first request on: the mock server does not count."""
            requests.append(f"{request.method} {request.path}")
            return send(request, f"http://{HOST}:{server.port}", seconds) if len(requests) == 1 else Answer(None)

        with relaying(handle) as url:
            try:
                answer = client.ask(_question(row, seq, url), seconds)
            except ClientFailed as failed:
                told = _twice(requests) or [f"{failed}{_sent(requests, interaction)}"]
                raise ClientFailed("; ".join([*told, *_wrong(server.mismatches if requests else [])])) from None
            problems = _twice(requests) or list(_wrong(server.mismatches))
    if problems := problems or list(_misread(answer, row, interaction, said)):
        raise AssertionError("; ".join(problems))  # raised: PYTHONOPTIMIZE leaves assertions out
    return written.read_text(encoding="utf-8")


def _exactly(row: Scenario) -> Scenario:
    """Return the row without matchers in its request: a client that is given the examples sends them."""
    asked = row.request
    headers = {name: example(value) for name, value in asked.headers.items()}
    request = RowRequest(asked.method, example(asked.path), headers, example(asked.body), _query(asked))
    return replace(row, request=request)


def _query(asked: RowRequest) -> dict[str, str]:
    return {name: str(example(value)) for name, value in asked.query.items()}


def _question(row: Scenario, seq: int, url: str) -> Question:
    """Return the question. An argument of several fields is the row's body, or query, by the names on the wire."""
    asked, token = row.request, STATES.examples["accessToken"]
    carried = _query(asked) if asked.body is None else example(asked.body)
    call = {name: "${body}" if isinstance(value, Mapping) else value for name, value in row.call.items()}
    arguments: dict[str, Any] = fill(call, {**STATES.examples, "body": carried})
    return Question(
        seq=seq, api=url, login=url, token=token, provider=row.provider, operation=row.operation, arguments=arguments
    )


def _twice(requests: list[str]) -> list[str]:
    if len(requests) < 2:
        return []
    what = f"{requests[0]} twice" if requests[0] == requests[1] else f"{requests[0]} and then {requests[1]}"
    return [f"sent {what}; an operation is one request, and a repeated POST a second call"]


def _sent(requests: list[str], interaction: Interaction) -> str:
    if not requests:
        return ", and sent no request"
    spent = interaction.response.status == HTTPStatus.TOO_MANY_REQUESTS
    hint = ", which invites to wait and send it again" if spent else ""
    return f", after {requests[0]}; it was answered {interaction.expected}{hint}"


def _wrong(mismatches: list[Mismatch]) -> Iterator[str]:
    """Yield the differences between the request sent and the row."""
    for each in mismatches:
        if isinstance(each, RequestMismatch):
            differences = "; ".join(map(_difference, each.mismatches))
            yield f"sent another {each.method} {each.path} than the row's: {differences}"
        elif isinstance(each, RequestNotFound):
            yield f"sent {each.method} {each.path}, which is not the row's request"
        elif isinstance(each, MissingRequest):
            yield f"did not send {each.method} {each.path}"
        else:
            yield " ".join(str(each).split())


def _difference(mismatch: Mismatch) -> str:
    place = getattr(mismatch, "path", None) or getattr(mismatch, "key", None)
    return about(place, " ".join(str(mismatch).split()))


def _misread(
    answer: ClientAnswer, row: Scenario, interaction: Interaction, said: ExpectedAnswer | None
) -> Iterator[str]:
    """Yield the differences between the client's reading of the answer and the row."""
    expected = row.expected
    accepted = expected.error is None
    if accepted and answer.error is not None:
        yield f"said {answer.error!r} to an accepted request"
        return
    if not accepted and answer.error is None:
        yield f"took a refusal for accepted: {interaction.expected} has no error in its answer"
        return
    status = answer.status
    if status is not None and not (200 <= status < 300 if expected.status == "success" else status == expected.status):
        yield f"read status {status}, and it was {interaction.response.status}"
    if answer.code is not None and answer.code != interaction.expected_code:
        yield f"read code {answer.code!r}, and it was {interaction.expected_code!r}"
    for name, value in expected.outcome.items() if accepted else ():
        told = (answer.result or {}).get(name, value)
        if _wire(told) != _wire(value) or type(told) is not type(value):
            yield f"read {name} {told!r}, and it was {value!r}"
    if said and answer.error != said.error:
        yield f"said {answer.error!r} to the refusal {expected.refusal}, and must say {said.error!r}"
    if said and said.code is not None and answer.code != said.code:
        yield f"told code {answer.code!r} to the refusal {expected.refusal}, and must tell {said.code!r}"


def _wire(value: Any) -> Any:
    """Return a value with names in the vendor's spelling; a table states `disconnect_type`, a client tells either."""
    if isinstance(value, Mapping):
        return {to_camel(name): _wire(each) for name, each in value.items()}
    return [_wire(each) for each in value] if isinstance(value, list) else value
