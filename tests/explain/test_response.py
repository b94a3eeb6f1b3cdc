"""Whether a response can come from an API: by its rules, and by what its vendor publishes."""

import json

import pytest

from outdial.definitions import load_definitions
from outdial.explain.answer_match import Match, match_response
from outdial.explain.response import read_response
from outdial.provider.policy import Operation
from outdial.tables.citations import operation_of
from tests.strength.editions import POLICIES

PUBLISHED = [name for name in POLICIES if name in load_definitions()]
OPERATIONS = [(provider, operation) for provider in PUBLISHED for operation in POLICIES[provider].operations.values()]
GENESYS = POLICIES["genesys-cloud"]


def matched(provider: str, operation: Operation, text: str) -> Match:
    """What is said of a response to an operation."""
    published = operation_of(load_definitions()[provider], operation.method, operation.path)
    return match_response(read_response(text), POLICIES[provider], [operation], published)


def told(status: int, code: str) -> str:
    """A refusal as `curl -i` prints it."""
    return f"HTTP/1.1 {status} Refused\n\n{json.dumps({'status': status, 'code': code, 'message': 'why'})}"


@pytest.mark.parametrize(("provider", "operation"), OPERATIONS, ids=lambda each: getattr(each, "name", each))
def test_every_published_refusal_is_possible(provider: str, operation: Operation) -> None:
    """Whether a rule here gives it or not: a code with its status, or a status for which no code is published."""
    published = operation_of(load_definitions()[provider], operation.method, operation.path)
    assert published is not None
    refusals = [told(status, code) for status, codes in published.codes.items() for code in codes]
    for text in [*refusals, *(f"HTTP/1.1 {status} Refused\n\n" for status in published.statuses)]:
        assert matched(provider, operation, text).possible is True, text


@pytest.mark.parametrize(
    ("text", "possible", "why"),
    [
        (told(409, "conversation.error.media.failed"), True, "published for POST /api/v2/conversations/calls"),
        (told(403, "missing.any.permissions"), True, ""),
        (told(403, "conversation.error.media.failed"), False, "nor the definition has that code; with this status"),
        (told(403, "forbidden"), False, "missing.any.permissions"),
        (told(418, "teapot"), False, "answers 418; they answer 400, 401"),
        ("HTTP/1.1 504 Late\n\n", True, "published for"),
        ('{"code": "client.timeout", "message": "late"}', True, "published for"),
        ("HTTP/1.1 409 Conflict\n\n[]", False, "does not have the shape"),
    ],
)
def test_what_no_rule_gives_is_looked_up_in_the_definition(text: str, possible: bool, why: str) -> None:
    """A policy keeps the refusals that rows are about; the vendor publishes more."""
    found = matched("genesys-cloud", GENESYS.operations["place-call"], text)
    assert (found.possible, why in found.why) == (possible, True)
    assert bool(found.rules) == (possible and not why)
