"""Content codings of request bodies (RFC 9110, 8.4): what a client compressed, as it was before."""

import zlib
from gzip import BadGzipFile, GzipFile
from io import BytesIO

GZIP = frozenset({"gzip", "x-gzip"})
CODINGS = "gzip, identity"
"""The codings that are known, as `Accept-Encoding` has them."""


class UnknownCoding(ValueError):
    """A coding that is not undone here; the message names those that are."""


class BrokenCoding(ValueError):
    """A body that is not what its coding says."""


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body without its coding, or its first `limit` + 1 bytes. Raises `UnknownCoding`, `BrokenCoding`."""
    coding = coding.strip().lower()
    if coding in ("", "identity") or not body:
        return body
    if coding not in GZIP:
        raise UnknownCoding(f"the content coding {coding[:40]!r} is not known here; known: {CODINGS}")
    try:
        return GzipFile(fileobj=BytesIO(body)).read(limit + 1)
    except (BadGzipFile, EOFError, zlib.error) as problem:
        raise BrokenCoding(f"the body is not {coding}: {problem}") from None
