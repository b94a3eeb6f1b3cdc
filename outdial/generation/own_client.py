"""Play rows through a team's own client; a complete green run writes its pacts."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from pact.error import Mismatch, MissingRequest, RequestMismatch, RequestNotFound
from pydantic.alias_generators import to_camel

from outdial.documents import Document, Strict, suggest, unknown_keys
from outdial.documents.template import fill
from outdial.generation.client_process import ClientAnswer, ClientFailed, ClientProcess, command_of
from outdial.pact_files import Interaction, read_pacts
from outdial.pact_files.hiding import about, hidden
from outdial.pact_files.join import joined, write_pacts
from outdial.pact_files.selection import NoSuchRow, selector
from outdial.relay import Answer, Request, relaying, send
from outdial.tables import STATES, TABLES, RowRequest, Scenario, load_suite
from outdial.tables.interaction import declare
from outdial.tables.matching import example, merged, misstated


class NoSuchTable(Exception):
    """Raised for a table that does not exist. The message names the nearest."""

    exit_code: ClassVar[int] = 4


class Expectations(Strict):
    """Expectations of one edition: by refusal the client's `error`, by operation more fields of accepted answers."""

    refusals: dict[str, str] = {}
    accepted: dict[str, dict[str, Any]] = {}


def generate(
    client: str, consumer: str, tables: Sequence[str], pacts: Path, *, rows: str = "", expects: Path | None = None,
    seconds: float = 10.0,
) -> list[Path] | None:  # fmt: skip
    """Play the rows and return the written pacts: none with `rows`, None when a row did not hold.

    Raises `CannotStart`, `DocumentError`, `NoSuchTable`, `NoSuchRow`, `NotOurs`.
    """
    command, suite = command_of(client), select(tables)
    expected = read_expectations(expects, suite) if expects else {}
    own = [
        replace(_with_needed(row, expected), consumer=consumer, case_id=f"{consumer}/{row.case_id}") for row in suite
    ]
    selects = selector(rows)
    chosen = [row for row in own if selects(row.case_id)]
    if not chosen:
        raise NoSuchRow(rows, (each.case_id for each in own))
    if rows:
        print(f"{len(chosen)} of {len(own)} rows selected")
    os.environ.setdefault("PACT_DO_NOT_TRACK", "true")
    played = _play_all(command, chosen, expected, seconds)
    if len(played) < len(chosen) or rows:
        green = len(played) == len(chosen)
        print(f"{pacts} stays as it was: {'a part of the rows was asked for' if green else 'see above'}")
        return [] if green else None
    made = {"generated": f"by the client of {consumer}; never edited"}
    written = write_pacts(joined(played, [each.case_id for each in own]), pacts, made)
    print(f"{len(own)} interactions written to {len(written)} pacts in {pacts}")
    return written


def select(named: Sequence[str]) -> list[Scenario]:
    """Return the rows of tables: `edition` or `edition/operation`, after a folder of tables where it is not ours.

    Raises `NoSuchTable`, `DocumentError`.
    """
    folders = [Path(name) for name in named[:1] if any(Path(name).glob("*.yaml"))]
    names = named[len(folders) :]
    suite = load_suite(folders[0] if folders else TABLES)
    if not named:
        editions = suggest("", {each.provider for each in suite})
        raise NoSuchTable(f"--client needs --tables: what your client calls{editions}")
    tables = {each.provider for each in suite} | {f"{each.provider}/{each.operation}" for each in suite}
    for name in names:
        if name not in tables:
            raise NoSuchTable(f"--tables: no table {name!r}{suggest(name, tables)}")
    return [row for row in suite if not names or {row.provider, f"{row.provider}/{row.operation}"} & set(names)]


def read_expectations(path: Path, rows: Sequence[Scenario]) -> Mapping[str, Expectations]:
    """Return the expectations by edition, checked against the rows. Raises `DocumentError` with all mistakes."""
    document = Document.read(path)
    given = document.parse(dict[str, Expectations])
    providers = {each.provider for each in rows}
    problems = list(unknown_keys("no edition", given, providers, ()))
    for provider in given.keys() & providers:
        own = [each for each in rows if each.provider == provider]
        refusals = {each.expected.refusal for each in own if each.expected.refusal}
        accepted, operations = given[provider].accepted, {each.operation for each in own}
        problems += unknown_keys("no refusal", given[provider].refusals, refusals, (provider, "refusals"))
        problems += unknown_keys("no operation", accepted, operations, (provider, "accepted"))
        problems += misstated(accepted, (provider, "accepted"))
    document.check(problems)
    return given


def _with_needed(row: Scenario, expected: Mapping[str, Expectations]) -> Scenario:
    """Return the row with the further fields that the client needs of its accepted answer."""
    needed = expected[row.provider].accepted.get(row.operation) if row.provider in expected else None
    if not needed or row.expected.refusal:
        return row
    return replace(row, expected=replace(row.expected, body=merged(row.expected.body, needed)))


def _play_all(
    command: list[str], rows: Sequence[Scenario], expected: Mapping[str, Expectations], seconds: float
) -> dict[str, str]:
    """Return the pacts of the rows that hold; print a line for each other one. A client that fails ends the run."""
    played: dict[str, str] = {}
    client = ClientProcess(command)
    with TemporaryDirectory(prefix="outdial-") as folder:
        try:
            for seq, row in enumerate(rows, start=1):
                said = expected.get(row.provider, Expectations()).refusals.get(row.expected.refusal or "")
                try:
                    played[row.case_id] = _play(row, client, seq, seconds, said, Path(folder))
                except (AssertionError, ClientFailed) as problem:
                    print(f"FAIL {row.case_id} ({row.place}): the client {hidden(str(problem))}")
                    if isinstance(problem, ClientFailed):
                        print(f"the client failed; {len(rows) - seq} rows were not played")
                        return played
        finally:
            client.end()
    print(f"{client.name}: {len(rows)} rows played, {len(rows) - len(played)} do not hold")
    return played


def _play(row: Scenario, client: ClientProcess, seq: int, seconds: float, said: str | None, folder: Path) -> str:
    """Ask the client one row and return its pact.

    Raises AssertionError when the client sends, or reads, something else than the row says; `ClientFailed` when it
    does not answer.
    """
    declare(row).write_file(folder, overwrite=True)
    written = folder / f"{row.consumer}-{row.provider}.json"
    (interaction,) = read_pacts([written])[0].interactions
    exact, requests = _exactly(row), list[str]()
    with declare(exact).serve("127.0.0.1", raises=False, verbose=False) as server:

        def handle(request: Request) -> Answer:
            """Send the first request on: the mock server does not count."""
            requests.append(f"{request.method} {request.path}")
            return send(request, f"http://127.0.0.1:{server.port}", seconds) if len(requests) == 1 else Answer(None)

        with relaying(handle) as url:
            try:
                answer = client.ask(_question(exact, seq, url), seconds)
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
    query = {name: str(example(value)) for name, value in asked.query.items()}
    return replace(row, request=RowRequest(asked.method, example(asked.path), headers, example(asked.body), query))


def _question(row: Scenario, seq: int, url: str) -> dict[str, Any]:
    """Return the question, without the expected result. Both URLs lead to Pact's mock server.

    An argument of several fields is the row's body, or query, by the names on the wire.
    """
    carried = row.request.query if row.request.body is None else row.request.body
    call = {name: "${body}" if isinstance(value, Mapping) else value for name, value in row.call.items()}
    arguments = fill(call, {**STATES.examples, "body": carried})
    where = {"seq": seq, "api": url, "login": url, "token": STATES.examples["accessToken"]}
    return {**where, "provider": row.provider, "operation": row.operation, "arguments": arguments}


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


def _wrong(mismatches: Sequence[Mismatch]) -> Iterator[str]:
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


def _misread(answer: ClientAnswer, row: Scenario, interaction: Interaction, said: str | None) -> Iterator[str]:
    """Yield the differences between the client's reading of the answer and the row."""
    expected, status = row.expected, answer.status
    accepted = expected.error is None
    if accepted and answer.error is not None:
        yield f"said {answer.error!r} to an accepted request"
        return
    if not accepted and answer.error is None:
        yield f"took a refusal for accepted: {interaction.expected} has no error in its answer"
        return
    if status is not None and not (200 <= status < 300 if expected.status == "success" else status == expected.status):
        yield f"read status {status}, and it was {interaction.response.status}"
    if answer.code is not None and answer.code != interaction.expected_code:
        yield f"read code {answer.code!r}, and it was {interaction.expected_code!r}"
    for name, value in expected.outcome.items() if accepted else ():
        told = (answer.result or {}).get(name, value)
        if _wire(told) != _wire(value) or type(told) is not type(value):
            yield f"read {name} {told!r}, and it was {value!r}"
    if said is not None and answer.error != said:
        yield f"said {answer.error!r} to the refusal {expected.refusal}, and must say {said!r}"


def _wire(value: Any) -> Any:
    """Return a value with names in the vendor's spelling; a table states `disconnect_type`, a client tells either."""
    if isinstance(value, Mapping):
        return {to_camel(name): _wire(each) for name, each in value.items()}
    return [_wire(each) for each in value] if isinstance(value, list) else value
