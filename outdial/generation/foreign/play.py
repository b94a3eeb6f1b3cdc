"""Plays one row through the client, and compares what it sent and what it made of the answer with the row."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pact.error import Mismatch, MissingRequest, RequestMismatch, RequestNotFound
from pydantic.alias_generators import to_camel

from outdial.documents.template import fill
from outdial.generation.foreign.client_process import ClientFailed, ClientProcess
from outdial.generation.foreign.expectations import ExpectedAnswer
from outdial.generation.foreign.messages import ClientAnswer, Question
from outdial.generation.foreign.relay import HOST, Relay
from outdial.pact_files import Interaction, read_pacts
from outdial.pact_files.hiding import about
from outdial.tables import STATES, RowRequest, Scenario
from outdial.tables.interaction import declare
from outdial.tables.matching import example


def play(
    scenario: Scenario, client: ClientProcess, seq: int, seconds: float, said: ExpectedAnswer | None, folder: Path
) -> Path:
    """Ask the client one row; its pact lies in `folder`. Raises AssertionError when the client sends or makes
    of the answer something else than the row says, `ClientFailed` when it does not answer."""
    declare(scenario).write_file(folder, overwrite=True)
    written = folder / f"{scenario.consumer}-{scenario.provider}.json"
    (interaction,) = read_pacts([written])[0].interactions
    with declare(_exactly(scenario)).serve(HOST, raises=False, verbose=False) as server:
        assert server.port is not None
        with Relay(server.port, partial(client.tell, seq)) as relay:
            try:
                answer = client.ask(_question(scenario, seq, relay.url), seconds)
            except ClientFailed as failed:
                if failed.seq != seq or not relay.requests:
                    raise
                told = list(_wrong(server.mismatches)) or [_answered(interaction)]
                raise ClientFailed(f"{failed}; it {'; '.join(told)}", seq) from None
            problems = list(_wrong(server.mismatches)) or list(_misread(answer, scenario, interaction, said))
    if problems:
        raise AssertionError("; ".join(problems))  # not asserted: see consumer_tests.play
    return written


def _exactly(scenario: Scenario) -> Scenario:
    """The row without matchers in its request: a client that is given the examples sends them and no other."""
    asked = scenario.request
    headers = {name: example(value) for name, value in asked.headers.items()}
    request = RowRequest(asked.method, example(asked.path), headers, example(asked.body), _query(asked))
    return replace(scenario, request=request)


def _query(asked: RowRequest) -> dict[str, str]:
    return {name: str(example(value)) for name, value in asked.query.items()}


def _question(scenario: Scenario, seq: int, url: str) -> Question:
    return Question(
        seq=seq,
        api=url,
        login=url,
        token=STATES.examples["accessToken"],
        provider=scenario.provider,
        operation=scenario.operation,
        arguments=_arguments(scenario),
    )


def _arguments(scenario: Scenario) -> dict[str, Any]:
    """Those of `call`. One of several fields, which a table states by the names of our Python client, is what the
    row's request carries, by the names on the wire: its body, or its query where it has none."""
    asked = scenario.request
    carried = _query(asked) if asked.body is None else example(asked.body)
    call = {name: "${body}" if isinstance(value, Mapping) else value for name, value in scenario.call.items()}
    arguments: dict[str, Any] = fill(call, {**STATES.examples, "body": carried})
    return arguments


def _wrong(mismatches: list[Mismatch]) -> Iterator[str]:
    """Return the differences between the request sent and the row."""
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


def _answered(interaction: Interaction) -> str:
    hint = (
        ", which invites to wait and send it again"
        if interaction.response.status == HTTPStatus.TOO_MANY_REQUESTS
        else ""
    )
    return f"was answered {interaction.expected}{hint}"


def _misread(
    answer: ClientAnswer, scenario: Scenario, interaction: Interaction, said: ExpectedAnswer | None
) -> Iterator[str]:
    expected = scenario.expected
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
