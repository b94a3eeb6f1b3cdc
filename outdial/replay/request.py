"""The request of one interaction as a provider gets it: what the states returned, put where the pact says."""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from outdial.documents.template import fill, names_in
from outdial.pact_files import Body, Interaction
from outdial.provider import Call

STEP = re.compile(r"\[(\d+)\]|\['([^']+)'\]|\.?([^.\[\]]+)")
FORM = "application/x-www-form-urlencoded"
Generators = Mapping[str, Mapping[str, str]]


class NotReplayable(Exception):
    """The pact uses what in-process replay does not know; Pact's own verifier still does."""

    exit_code: ClassVar = 4


def request_of(interaction: Interaction, prefix: str, values: Mapping[str, str]) -> Call:
    """Return the request, below a provider's prefix, with `values` in place. Raises `NotReplayable`."""
    request = interaction.request
    generators = request.generators
    for part in set(generators) - {"path", "query", "header", "body"}:
        raise NotReplayable(f"{interaction.case_id}: a generator for {part!r}; known: body, header, path, query")
    path = filled(request.path, generators.get("path"), values)
    headers = {
        name.lower(): filled(sent, generators.get("header", {}).get(name), values)
        for name, sent in request.headers.items()
    }
    body = _body(request.body, generators.get("body", {}), values)
    query = [
        (name, filled(each, generators.get("query", {}).get(name), values))
        for name, sent in request.query.items()
        for each in sent
    ]
    return Call(request.method, f"/{prefix}{path}", headers, body, query_string=urlencode(query))


def filled(example: Any, generator: Mapping[str, str] | None, values: Mapping[str, str]) -> Any:
    """Return the generated value; the example where there is nothing to generate, or no state returned the value."""
    if generator is None:
        return example
    if generator["type"] != "ProviderState":
        raise NotReplayable(f"generator {generator['type']!r}; known: ProviderState")
    expression = generator["expression"]
    if not names_in(expression) <= set(values):
        return example
    value = fill(expression, values)
    return int(value) if generator.get("dataType") == "INTEGER" else value


def steps(path: str) -> tuple[str | int, ...]:
    """Return the steps of a pact's path below `$`: `$.a[0]['b']` has three."""
    found = STEP.findall(path.removeprefix("$"))
    return tuple(int(index) if index else quoted or plain for index, quoted, plain in found)


def _body(body: Body | None, generators: Generators, values: Mapping[str, str]) -> bytes:
    if body is None:
        return b""
    content = body.content
    if body.media_type.startswith(FORM):
        fields = dict(parse_qsl(content))
        for path, generator in generators.items():
            (name,) = steps(path)
            fields[str(name)] = filled(fields[str(name)], generator, values)
        return urlencode(fields).encode()
    if isinstance(content, bytes | str):
        return content.encode() if isinstance(content, str) else content
    for path, generator in generators.items():
        content = _replaced(content, steps(path), generator, values)
    return json.dumps(content).encode()


def _replaced(value: Any, path: tuple[str | int, ...], generator: Mapping[str, str], values: Mapping[str, str]) -> Any:
    if not path:
        return filled(value, generator, values)
    step, rest = path[0], path[1:]
    changed: Any = dict(value) if isinstance(value, Mapping) else list(value)
    changed[step] = _replaced(changed[step], rest, generator, values)
    return changed
