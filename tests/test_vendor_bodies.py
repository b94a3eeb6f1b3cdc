"""The vendor's own answers pass: recorded ones, and any body that the definition allows, by Pact's matching rules."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from outdial.definitions import load_definitions
from outdial.definitions.definition import Schema
from outdial.pact_files import Interaction, read_interactions
from outdial.provider import Answer
from outdial.replay.replay import judged
from outdial.tables.sources import Observed, load_observed
from outdial.verification.target import Target
from outdial.verification.verifier import verify_piece
from tests.committed import interactions
from tests.conftest import EXAMPLES

ELSEWHERE = {
    "t11": "not.found of another operation",
    "t13": "not.authorized of another operation",
    "t15": "forbidden: no call operation publishes the code",
    "t17": "bad.request of another operation",
}
"""Recorded answers of operations that no row calls, with the code; they are kept for `claims` and `explain`."""
OF_OTHER_NAMES = {"t27": "its message names the scopes of another operation, in the form that the row asks for"}
"""Recorded answers that are tried on the row of their code alone."""
LETTERS = "aZ09 _-:.,%$[]{}()\"'\\/\n\té漢🙂"
"""Of what texts are made: nothing says that they are plain."""
PUBLISHED = load_definitions()["genesys-cloud"]


@dataclass(frozen=True)
class Answered:
    """One row, and what a provider answers to it."""

    row: Interaction = field(repr=False)
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


def refused(httpserver: HTTPServer, answers: Sequence[Answered]) -> list[str]:
    """What Pact's own verifier says against these answers, given by a server to a request each; replay agrees."""

    def answer(request: Request) -> Response:
        each = answers[int(request.path.strip("/"))]
        return Response(json.dumps(each.body), each.status, {"Content-Type": "application/json", **each.headers})

    httpserver.expect_request("/states").respond_with_json({})
    httpserver.expect_request(re.compile(r"/\d+")).respond_with_handler(answer)
    rows = [
        {
            "type": "Synchronous/HTTP",
            "key": str(at),
            "description": f"answer {at}",
            "request": {"method": "GET", "path": f"/{at}"},
            "response": each.row.source["response"],
        }
        for at, each in enumerate(answers)
    ]
    names = {"consumer": {"name": "outdial"}, "provider": {"name": "genesys-cloud"}}
    pact = {**names, "interactions": rows, "metadata": {"pactSpecification": {"version": "4.0"}}}
    url = httpserver.url_for("")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "vendor.json"
        path.write_text(json.dumps(pact), encoding="utf-8")
        target = Target(url, f"{url}/states", prefixed=False)
        results = verify_piece(read_interactions([path]), target, Path(folder)).results
    for answered, result in zip(answers, results, strict=True):
        headers = {"Content-Type": "application/json", **answered.headers}
        replayed = judged(answered.row, Answer(answered.status, headers, json.dumps(answered.body).encode()))
        assert replayed.passed == result.passed, (answered, result.problems, replayed.problems)
    return [f"{answer}: {each.problems}" for answer, each in zip(answers, results, strict=True) if not each.passed]


def code_of(entry: Observed) -> str | None:
    """The code that a recorded body has."""
    body = entry.body if isinstance(entry.body, dict) else {}
    return body.get("code") or body.get("error")


def rows_of(entry: Observed) -> Iterator[Interaction]:
    """The rows that expect the code of a recorded answer, with its status where it was recorded."""
    for row in interactions():
        same_status = entry.status is None or row.expected_status == str(entry.status)
        if row.consumer == "outdial" and row.expected_code == code_of(entry) and same_status:
            yield row


def test_a_recorded_body_satisfies_the_row_of_its_code(httpserver: HTTPServer) -> None:
    """A server answers what was recorded, each with an address; the row whose code it is must accept that."""
    answers = []
    for name, entry in load_observed().items():
        assert entry.address
        if code_of(entry) and name not in ELSEWHERE:
            rows = list(rows_of(entry))
            assert rows, f"no row expects {code_of(entry)!r} with {entry.status}"
            own = [each for each in rows if name in each.evidence and name not in OF_OTHER_NAMES]
            row = (own or [each for each in rows if "recorded" not in each.evidence] or rows)[0]
            status = entry.status if isinstance(entry.status, int) else int(row.expected_status)
            answers.append(Answered(row, status, entry.body, dict(entry.headers)))
    assert len(load_observed()) >= 23 > len(answers) >= 7
    assert refused(httpserver, answers) == []


@cache
def published_rows() -> tuple[Interaction, ...]:
    """Each published row of the call operations whose answer no other asks for in the same way."""
    rows: dict[str, Interaction] = {}
    for each in interactions():
        if (each.provider, each.basis) == ("genesys-cloud", "published"):
            rows.setdefault(json.dumps([each.case_id.split("/")[1], each.source["response"]]), each)
    return tuple(rows.values())


def value(random: Random, schema: Schema, depth: int) -> Any:
    """A value that a schema allows, nested no deeper; an object has what is required and any of the rest."""
    found = PUBLISHED.resolved(schema)
    if "enum" in found:
        return random.choice(found["enum"])
    if found.get("type") == "array":
        return [value(random, found["items"], depth - 1) for _ in range(random.randint(0, 2 if depth > 0 else 0))]
    if "properties" in found:
        required = found.get("required", ())
        return {
            name: value(random, each, depth - 1)
            for name, each in found["properties"].items()
            if name in required or (random.random() < 0.5 and depth > 0)
        }
    plain = {
        "integer": random.randint(-(2**31), 2**31 - 1),
        "number": random.random(),
        "boolean": random.random() < 0.5,
        "object": {text(random): text(random)},
    }
    return plain.get(found.get("type", ""), text(random))


def text(random: Random, shortest: int = 0) -> str:
    """Any text."""
    return "".join(random.choices(LETTERS, k=random.randint(shortest, 12)))


def an_answer(random: Random) -> Answered:
    """What the definition lets a provider answer to a row: its code, or what the client reads, and anything else."""
    row = random.choice(published_rows())
    schemas = {"get_call": "CallConversation", "create_callback": "CreateCallbackResponse"}
    operation = row.case_id.split("/")[1]
    if row.because:
        schema, fixed = "ErrorBody", {"code": row.expected_code}
    else:
        schema = schemas.get(operation, "CreateCallResponse")
        fixed = {"conversation": {}} if operation == "create_callback" else {"id": text(random, 1)}  # type: ignore[dict-item]
    body = {**value(random, PUBLISHED.schemas[schema], 3), **fixed}
    media_type = random.choice(["application/json", "application/json; charset=utf-8"])
    return Answered(row, row.response.status, body, {"Content-Type": media_type})


@settings(max_examples=max(EXAMPLES // 12, 2))
@given(seed=st.integers(0, 2**32))
def test_any_body_that_the_schema_allows_satisfies_the_published_rows_of_its_code(
    httpserver: HTTPServer, seed: int
) -> None:
    """Fifty bodies at a time, by Pact's own verifier: any properties, texts of any kind."""
    random = Random(seed)  # noqa: S311 - bodies, not secrets
    httpserver.clear()
    assert refused(httpserver, [an_answer(random) for _ in range(50)]) == []


def test_an_answer_that_the_client_cannot_read_does_not_pass(httpserver: HTTPServer) -> None:
    """The rows do ask for something; the schema requires no id: the client does, and the rows say so."""
    denied = next(each for each in published_rows() if each.because)
    accepted = [each for each in published_rows() if "id" in each.source["response"].get("body", {}).get("content", {})]
    code, status = {"code": denied.expected_code}, denied.response.status
    right = [Answered(denied, status, code, {"Content-Type": "application/json; charset=utf-8"})]
    wrong = [Answered(denied, status, code, {"Content-Type": "text/plain"}), Answered(denied, 418, code)]
    wrong += [Answered(denied, status, body) for body in [{"code": "another.code"}, {}, [code], "a text", None]]
    bodies: list[Any] = [{}, {"id": None}, {"id": ""}, {"id": 5}, {"id": ["text"]}, {"id": {}}]
    for body in bodies:
        wrong += [Answered(each, each.response.status, body) for each in accepted]
    assert len(refused(httpserver, [*wrong, *right])) == len(wrong) > 12
