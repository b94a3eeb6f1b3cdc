"""Whether pacts hold every row of their tables, as the table states it: what is missing would be verified by nobody."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from contracts import Scenario
from contracts.matching import example, to_pact
from pact_files import Body, Interaction, Pact
from replay.request import FORM, steps

SHOWN = 12
Matcher = tuple[str, str | None]
"""What a matcher is called, and its pattern."""


class IncompletePacts(Exception):
    """Pacts that are not those of their tables; the message names what is missing or other."""

    exit_code: ClassVar[int] = 4


def place(row: Scenario) -> str:
    """Where a row stands, as `file:line`, seen from the current folder."""
    return row.place.removeprefix(f"{Path.cwd()}/")


def require_complete(pacts: Sequence[Pact], suite: Iterable[Scenario], whole: bool) -> None:
    """Raises `IncompletePacts` unless the pacts are those of the suite, or without `whole` those of their own part."""
    parts = {(pact.consumer, pact.provider) for pact in pacts}
    rows = {each.case_id: each for each in suite if whole or (each.consumer, each.provider) in parts}
    played = {each.case_id: each for pact in pacts for each in pact.interactions}
    problems = [*_missing(rows, played), *(problem for each in played.values() for problem in _other(each, rows))]
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        told = "\n  ".join([*problems[:SHOWN], *more])
        raise IncompletePacts(f"the pacts are not those of the tables; `make pact` writes them anew:\n  {told}")


def _missing(rows: Mapping[str, Scenario], played: Mapping[str, Interaction]) -> Iterator[str]:
    for name in dict.fromkeys((row.consumer, row.provider) for row in rows.values()):
        cases = [case for case, row in rows.items() if (row.consumer, row.provider) == name]
        if lacking := [case for case in cases if case not in played]:
            first = f", the first: {lacking[0]} ({place(rows[lacking[0]])})"
            yield f"{' -> '.join(name)}: {len(lacking)} of {len(cases)} interactions are missing{first}"


def _other(interaction: Interaction, rows: Mapping[str, Scenario]) -> Iterator[str]:
    row = rows.get(interaction.case_id)
    if row is None:
        yield f"{interaction.case_id}: no table has such a row"
        return
    stated, found = _of_row(row), _of_pact(interaction)
    if parts := [part for part in stated if stated[part] != found[part]]:
        yield f"{interaction.case_id}: the pact has another {', another '.join(parts)} than {place(row)}"


def _of_row(row: Scenario) -> Mapping[str, Any]:
    request, expected = row.request, row.expected
    any_2xx = expected.status == "success"
    return {
        "provider state": {name: dict(parameters) for name, parameters in row.given.items()},
        "request": (request.method, example(request.path), _lower(request.headers), _parsed(example(request.body))),
        "query": {name: [example(value)] for name, value in request.query.items()},
        "response status": (202 if any_2xx else expected.status, any_2xx),
        "response header": _media_type(expected.body) | _lower(expected.headers),
        "response body": _parsed(example(expected.body)),
        "matching rule of the response body": dict(_matchers(to_pact(expected.body), ())),
        "because": row.because,
    }


def _of_pact(interaction: Interaction) -> Mapping[str, Any]:
    request, response = interaction.request, interaction.response
    rules = response.rules
    return {
        "provider state": {state.name: dict(state.params) for state in interaction.states},
        "request": (request.method, request.path, _lower(request.headers), _content(request.body)),
        "query": {name: list(values) for name, values in request.query.items()},
        "response status": (response.status, "status" in rules),
        "response header": _lower(response.headers),
        "response body": _content(response.body),
        "matching rule of the response body": {
            steps(path): tuple((matcher["match"], matcher.get("regex")) for matcher in each)
            for path, each in rules.get("body", {}).items()
        },
        "because": interaction.because,
    }


def _media_type(body: Any) -> dict[str, str]:
    """The header that a body brings where its row states none."""
    if body is None:
        return {}
    return {"content-type": "text/plain" if isinstance(body, str) else "application/json"}


def _lower(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): example(value) for name, value in headers.items()}


def _content(body: Body | None) -> Any:
    if body is None:
        return None
    if body.media_type == FORM:
        return dict(parse_qsl(body.content, keep_blank_values=True))
    return _parsed(body.content)


def _parsed(content: Any) -> Any:
    """A text that is JSON as its value, since a row may state either; no body and an empty one are alike."""
    try:
        return json.loads(content) if isinstance(content, str) else content
    except ValueError:
        return content or None


def _matchers(stated: Any, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], tuple[Matcher, ...]]]:
    if isinstance(stated, list):
        for position, each in enumerate(stated):
            yield from _matchers(each, (*at, position))
    elif isinstance(stated, Mapping) and (kind := stated.get("pact:matcher:type")):
        together = kind if isinstance(kind, list) else [stated]
        yield at, tuple((matcher["pact:matcher:type"], matcher.get("regex")) for matcher in together)
        alike = stated.get("value")  # the values of a list of one type have one rule, whatever their position
        for each, step in ((each, ("*",)) for each in alike) if isinstance(alike, list) else ((alike, ()),):
            yield from _matchers(each, (*at, *step))
    elif isinstance(stated, Mapping):
        for name, each in stated.items():
            yield from _matchers(each, (*at, name))
