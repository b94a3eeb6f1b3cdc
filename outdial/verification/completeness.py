"""Whether pacts hold every row of their tables, as the table states it: what is missing would be verified by nobody."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from outdial.pact_files import Body, Interaction, Pact
from outdial.replay.request import FORM, steps
from outdial.tables import Scenario
from outdial.tables.matching import example, to_pact

SHOWN = 12
At = tuple[str | int, ...]
"""A place in a part of a message; of a part as a whole, none."""
PACT = "pact:matcher:type"
ANY_2XX = {"match": "statusCode", "status": "success"}


class IncompletePacts(Exception):
    """Pacts that are not those of their tables; the message names what is missing or other."""

    exit_code: ClassVar[int] = 4


def place(row: Scenario) -> str:
    """Where a row stands, as `file:line`, seen from the current folder."""
    return row.place.removeprefix(f"{Path.cwd()}/")


def require_complete(pacts: Sequence[Pact], suite: Iterable[Scenario], whole: bool) -> None:
    """Raises `IncompletePacts` unless the pacts are those of the suite, or without `whole` those of their own part."""
    parts = {(pact.consumer, pact.provider) for pact in pacts}
    rows = {each.case_id: each for each in suite}
    wanted = [each for each in rows.values() if whole or (each.consumer, each.provider) in parts]
    played = [each for pact in pacts for each in pact.interactions]
    problems = [*_missing(wanted, {each.case_id for each in played})]
    problems += [problem for each in played for problem in _other(each, rows)]
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        told = "\n  ".join([*problems[:SHOWN], *more])
        raise IncompletePacts(f"the pacts are not those of the tables; `make pact` writes them anew:\n  {told}")


def _missing(rows: Sequence[Scenario], played: Collection[str]) -> Iterator[str]:
    for name in dict.fromkeys((row.consumer, row.provider) for row in rows):
        cases = [row for row in rows if (row.consumer, row.provider) == name]
        if lacking := [row for row in cases if row.case_id not in played]:
            first = f", the first: {lacking[0].case_id} ({place(lacking[0])})"
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
    sent = {"path": request.path, "query": request.query, "header": request.headers, "body": request.body}
    answered = {"header": expected.headers, "body": expected.body}
    rules = _of_parts(answered, _matchers)
    return {
        "consumer": row.consumer,
        "provider": row.provider,
        "provider state": {name: dict(parameters) for name, parameters in row.given.items()},
        "request": (request.method, example(request.path), _lower(request.headers), _parsed(example(request.body))),
        "query": {name: [example(value)] for name, value in request.query.items()},
        "generator of the request": _of_parts(sent, _generator),
        "response status": 202 if any_2xx else expected.status,
        "response header": _media_type(expected.body) | _lower(expected.headers),
        "response body": _parsed(example(expected.body)),
        "matching rule of the response status": {(): (ANY_2XX,)} if any_2xx else {},
        "matching rule of a response header": rules.get("header", {}),
        "matching rule of the response body": rules.get("body", {}),
        "part with matching rules": {"status", "header", "body"},
        "way to combine matching rules": frozenset(),
        "generator of the response": _of_parts(answered, _generator),
        "because": row.because,
        "basis": row.basis,
        "source": str(row.source),
    }


def _of_pact(interaction: Interaction) -> Mapping[str, Any]:
    request, response = interaction.request, interaction.response
    rules = {
        part: {_at(part, path): tuple(map(dict, matchers)) for path, matchers in each.items()}
        for part, each in response.rules.items()
    }
    return {
        "consumer": interaction.consumer,
        "provider": interaction.provider,
        "provider state": {state.name: dict(state.params) for state in interaction.states},
        "request": (request.method, request.path, _lower(request.headers), _content(request.body)),
        "query": {name: list(values) for name, values in request.query.items()},
        "generator of the request": _generators(request.generators),
        "response status": response.status,
        "response header": _lower(response.headers),
        "response body": _content(response.body),
        "matching rule of the response status": rules.get("status", {}),
        "matching rule of a response header": rules.get("header", {}),
        "matching rule of the response body": rules.get("body", {}),
        "part with matching rules": {"status", "header", "body", *rules},
        "way to combine matching rules": response.either,
        "generator of the response": _generators(response.generators),
        "because": interaction.because,
        "basis": interaction.basis,
        "source": interaction.evidence,
    }


def _generators(stated: Mapping[str, Any]) -> Mapping[str, Mapping[At, Any]]:
    """Each generator of a pact by its part and place."""
    return {
        part: {(): each} if "type" in each else {_at(part, path): found for path, found in each.items()}
        for part, each in stated.items()
        if each
    }


def _at(part: str, path: str) -> At:
    """Where in its part a path leads; names of headers are alike in either case."""
    return steps(path.lower() if part == "header" else path)


def _of_parts(
    stated: Mapping[str, Any], found_in: Callable[[Mapping[str, Any]], Any]
) -> Mapping[str, Mapping[At, Any]]:
    """What Pact is told of values beside their examples, such as their matchers, by part and place."""
    found: dict[str, dict[At, Any]] = {}
    for part, value in stated.items():
        names = {name.lower(): each for name, each in value.items()} if part == "header" else value
        for at, told in _told(to_pact(names), ()):
            if each := found_in(told):
                found.setdefault(part, {})[at] = each
    return found


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


def _told(stated: Any, at: At) -> Iterator[tuple[At, Mapping[str, Any]]]:
    """Each value in Pact's integration JSON that is told more of than its example, with its place."""
    if isinstance(stated, list):
        for position, each in enumerate(stated):
            yield from _told(each, (*at, position))
    elif isinstance(stated, Mapping) and PACT in stated:
        yield at, stated
        alike = stated.get("value")  # the values of a list of one type have one rule, whatever their position
        for each, step in ((each, ("*",)) for each in alike) if isinstance(alike, list) else ((alike, ()),):
            yield from _told(each, (*at, *step))
    elif isinstance(stated, Mapping):
        for name, each in stated.items():
            yield from _told(each, (*at, name))


def _matchers(told: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """As a pact has them."""
    kind = told[PACT]
    return tuple(
        {"match": each[PACT], **({"regex": each["regex"]} if "regex" in each else {})}
        for each in (kind if isinstance(kind, list) else [told])
    )


def _generator(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """As a pact has it; None where there is none."""
    kind = told.get("pact:generator:type")
    return kind and {"type": kind, **{name: told[name] for name in ("expression", "dataType") if name in told}}
