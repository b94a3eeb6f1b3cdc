"""Check citations against the vendor's definition and the reports."""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from functools import cache

from outdial.definitions import Definition, PublishedOperation, catalogue
from outdial.documents import suggest
from outdial.documents.evidence import Basis, Source
from outdial.documents.template import steps_of
from outdial.tables.report import load_reports
from outdial.tables.sources import load_observed


def problems_of(
    source: Source, basis: Basis, definition: Definition | None, operation: PublishedOperation | None
) -> Iterator[str]:
    """Yield the problems of a source; `operation` is the published operation of the row or rule."""
    if source.basis != basis:
        yield f"basis {basis} with the source of a {source.basis} one: {source}"
    elif basis == "reported":
        yield from _misquoted(source)
    elif basis == "observed":
        if source.observed not in load_observed():
            yield f"no recorded answer {source.observed!r}{suggest(source.observed or '', load_observed())}"
    elif basis == "published":
        if definition is None:
            yield "basis published, and no definition of this provider is kept"
        elif operation is None:
            yield f"basis published, and {definition.vendor} publishes no such operation"
        else:
            yield from _dangling(source, definition, operation)


def operation_of(definition: Definition, method: str, path: str) -> PublishedOperation | None:
    """Return the published operation of a request, whose path may have `${name}` or `{name}` for a parameter."""
    for operation in definition.operations.values():
        if operation.method == method and steps_of(operation.path, path) is not None:
            return operation
    listed = catalogue(definition.api)
    found = next((each for each in (listed.at(path) if listed else ()) if each.method == method), None)
    return found.model_copy(update={"body": None}) if found else None  # the definition lacks the schema of its body


def misnamed(code: str, status: int | str, operation: PublishedOperation) -> Iterator[str]:
    """Yield the problem of a code that is not published for an operation, or with another status."""
    codes = {each: status for status, listed in operation.codes.items() for each in listed}
    if code not in codes:
        yield f"code {code!r} is not published for {operation.request}{suggest(code, codes)}"
    elif codes[code] != status:
        yield f"{code} is published with status {codes[code]}, not {status}"


@cache
def said_in_a_report(name: str) -> bool:
    """Return whether a name stands in the words of any report; a plain word that does is no name."""
    whole = re.compile(rf"(?<![\w:]){re.escape(name)}(?![\w:])")
    passages = (passage for by_author in _words().values() for said in by_author.values() for passage in said)
    return not name.isalpha() and any(whole.search(passage) for passage in passages)


@cache
def printed_in_a_report(number: str) -> bool:
    """Return whether a report prints a telephone number, in its words or in a body."""
    bodies = (each.body or "" for report in load_reports() for each in report.requests.values())
    whole = re.compile(rf"(?<!\d){re.escape(number)}(?!\d)")
    return any(whole.search(text) for text in bodies)


def _dangling(source: Source, definition: Definition, operation: PublishedOperation) -> Iterator[str]:
    """Yield each pointer that points at nothing of this operation."""
    if operation.name not in definition.operations and source.operation is not None:
        add = f"`outdial definition --add {operation.name}` adds it"
        yield f"{operation.request} is published and not covered yet: {add}"
        return
    if source.operation not in (None, operation.name):
        yield f"operation {source.operation!r} is not the one that is asked, {operation.name!r}"
    grants = definition.names.get("grant")
    known: dict[str, Collection[str]] = {
        "code": [code for codes in operation.codes.values() for code in codes],
        "status": [str(status) for status in (*operation.codes, *operation.statuses)],
        "grant": grants.names if grants else (),
        "field": definition.properties(operation.body),
    }
    for kind, name in source.pointers.items():
        if kind in known and name not in known[kind]:
            yield f"{definition.vendor} publishes no {kind} {name!r} for this operation{suggest(name, known[kind])}"


def _misquoted(source: Source) -> Iterator[str]:
    words = _words()
    if source.report not in words:
        yield f"no report {source.report!r}{suggest(source.report or '', words)}"
        return
    by_author = words[source.report]
    if source.by is not None and source.by not in by_author:
        yield f"nobody called {source.by!r} is quoted from report {source.report}{suggest(source.by, by_author)}"
        return
    passages = by_author[source.by] if source.by else [each for said in by_author.values() for each in said]
    for quote in source.quotes:
        if not any(quote in passage for passage in passages):
            near = get_close_matches(quote, passages, n=1, cutoff=0.0)
            hint = f"; the nearest words are {near[0]!r}" if near else ""
            yield f"report {source.report} does not say {quote!r}{hint}"


@cache
def _words() -> dict[str, dict[str, tuple[str, ...]]]:
    return {report.report: report.words for report in load_reports()}
