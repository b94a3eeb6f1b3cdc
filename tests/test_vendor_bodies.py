"""The vendor's own answers pass: any body that the definition allows satisfies the published rows of its code.

`BODIES` sets how many bodies are tried, a few hundred by default.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.definitions import Definition, load_definitions
from outdial.definitions.definition import Schema
from outdial.pact_files import PACTS, Interaction, read_interactions
from outdial.verification.target import Target
from outdial.verification.verifier import verify_piece

ANNOUNCED = {
    "message": "Rate limit exceeded the maximum. Retry the request in [42] seconds",
    "code": "too.many.requests.retry.after",
    "status": 429,
    "contextId": "5ab7e5de-9ba5-4f6c-9a43-000000000001",
    "details": [],
    "errors": [],
}
"""The body of the vendor's announcement of normalised 429 answers (November 2021)."""
LETTERS = "aZ09 _-:.,%$[]{}()\"'\\/\n\té漢🙂"
"""Of what texts are made: nothing says that they are plain."""


class Answered(NamedTuple):
    """One row, and what a provider answers to it."""

    row: Interaction
    status: int
    body: Any
    media_type: str = "application/json"


@cache
def definition() -> Definition:
    """What the vendor of the call operations publishes."""
    return load_definitions()["genesys-cloud"]


@cache
def published_rows() -> tuple[Interaction, ...]:
    """Each published row of the call operations whose answer no other asks for in the same way."""
    rows: dict[str, Interaction] = {}
    for each in read_interactions([PACTS / "outdial-genesys-cloud.json"]):
        if each.basis == "published":
            rows.setdefault(json.dumps([each.case_id.split("/")[1], each.source["response"]]), each)
    return tuple(rows.values())


def value(random: Random, schema: Schema, depth: int) -> Any:
    """A value that a schema allows, nested so deep and no deeper."""
    found = definition().resolved(schema)
    if "enum" in found:
        return random.choice(found["enum"])
    if found.get("type") == "array":
        return [value(random, found["items"], depth - 1) for _ in range(random.randint(0, 2 if depth > 0 else 0))]
    if "properties" in found:
        return an_object(random, found, depth)
    if found.get("type") == "object":
        return {text(random): text(random) for _ in range(random.randint(0, 2))}
    numbers = {
        "integer": random.randint(-(2**31), 2**31 - 1),
        "number": random.random(),
        "boolean": random.random() < 0.5,
    }
    return numbers[found["type"]] if found.get("type") in numbers else text(random)


def text(random: Random) -> str:
    """Any text."""
    return "".join(random.choices(LETTERS, k=random.randint(0, 12)))


def an_id(random: Random) -> str:
    """Any text but an empty one, which the schema would allow."""
    return "".join(random.choices(LETTERS, k=random.randint(1, 12)))


def an_object(random: Random, schema: Schema, depth: int) -> dict[str, Any]:
    """An object of a schema: what it requires, and any of the rest."""
    required = schema.get("required", ())
    return {
        name: value(random, each, depth - 1)
        for name, each in schema["properties"].items()
        if name in required or (random.random() < 0.5 and depth > 0)
    }


def an_answer(random: Random) -> Answered:
    """What the definition lets a provider answer to a row: its code, or what the client reads, and anything else."""
    row = random.choice(published_rows())
    fixed: dict[str, Any]
    if row.because:
        schema, fixed = "ErrorBody", {"code": row.expected_code}
    else:
        operation = row.case_id.split("/")[1]
        schema = {"get_call": "CallConversation", "create_callback": "CreateCallbackResponse"}.get(
            operation, "CreateCallResponse"
        )
        fixed = {"conversation": {}} if operation == "create_callback" else {"id": an_id(random)}
    body = {**an_object(random, definition().schemas[schema], 3), **fixed}
    media_type = random.choice(["application/json", "application/json; charset=utf-8"])
    return Answered(row, row.response.status, body, media_type)


@contextmanager
def answering(answers: Sequence[Answered]) -> Iterator[str]:
    """A provider on loopback that gives the answer of which the path is the number."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for an answer: two would wait for each other

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = b"{}"
            status, media_type = 200, "application/json"
            if self.path != "/states":
                answer = answers[int(self.path.strip("/"))]
                status, media_type, content = answer.status, answer.media_type, json.dumps(answer.body).encode()
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def refused(answers: Sequence[Answered]) -> list[str]:
    """What Pact's own verifier says against these answers."""
    interactions = [
        {
            "type": "Synchronous/HTTP",
            "key": str(at),
            "description": f"answer {at}",
            "request": {"method": "GET", "path": f"/{at}"},
            "response": answer.row.source["response"],
        }
        for at, answer in enumerate(answers)
    ]
    names = {"consumer": {"name": "outdial"}, "provider": {"name": "genesys-cloud"}}
    pact = {**names, "interactions": interactions, "metadata": {"pactSpecification": {"version": "4.0"}}}
    with TemporaryDirectory() as folder, answering(answers) as url:
        path = Path(folder) / "vendor.json"
        path.write_text(json.dumps(pact), encoding="utf-8")
        results = verify_piece(
            read_interactions([path]), Target(url, f"{url}/states", prefixed=False), Path(folder)
        ).results
    return [f"{answer}: {each.problems}" for answer, each in zip(answers, results, strict=True) if not each.passed]


@settings(max_examples=int(os.environ.get("BODIES", "150")) // 50)
@given(seed=st.integers(0, 2**32))
def test_any_body_that_the_schema_allows_satisfies_the_published_rows_of_its_code(seed: int) -> None:
    """Fifty bodies at a time, by Pact's own verifier: any properties, texts of any kind."""
    random = Random(seed)  # noqa: S311 - bodies, not secrets
    assert refused([an_answer(random) for _ in range(50)]) == []


def test_the_announced_body_and_an_example_of_every_code_pass() -> None:
    """The announced 429; and for each published row its code, with the template filled, and with nothing else."""
    answers = []
    for row in published_rows():
        if row.because:
            code, status = row.expected_code, row.response.status
            message = definition().messages[code].replace("%s", "conversation:call:add, conversation:agentlessCall:add")
            answers += [
                Answered(row, status, {"code": code, "message": message}),
                Answered(row, status, {"code": code}),
            ]
            if code == ANNOUNCED["code"]:
                answers.append(Answered(row, 429, ANNOUNCED))
    assert any(answer.body is ANNOUNCED for answer in answers)
    assert refused(answers) == []


@pytest.mark.parametrize(
    "parties",
    [
        pytest.param([], id="nobody yet"),
        pytest.param([{"state": "parked", "direction": "inbound"}], id="a party who is parked"),
        pytest.param([{"state": "connected", "user": {"id": "a"}}, {"state": "dialing"}, {}], id="three parties"),
    ],
)
def test_a_call_is_read_whoever_takes_part_in_it(parties: list[Any]) -> None:
    """What became of a call: any number of parties, in any published state, users or not."""
    row = next(each for each in published_rows() if "/get_call/" in each.case_id and not each.because)
    assert refused([Answered(row, 200, {"id": "of-a-call", "participants": parties})]) == []


def test_a_body_with_another_code_does_not_pass() -> None:
    """The rows do ask for something."""
    row = next(each for each in published_rows() if each.because)
    assert refused([Answered(row, row.response.status, {"code": "another.code"})])


@pytest.mark.parametrize("given", [{}, {"id": None}, {"id": ""}, {"id": 5}])
def test_a_call_without_an_id_does_not_pass(given: dict[str, Any]) -> None:
    """The schema requires none: the client does, and the rows that are accepted say so."""
    accepted = [each for each in published_rows() if "id" in each.source["response"].get("body", {}).get("content", {})]
    assert len(refused([Answered(each, each.response.status, given) for each in accepted])) == len(accepted) > 1
