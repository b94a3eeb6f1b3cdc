"""A request and a response as people paste them. A placeholder in them is a value that is there and not known."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.parser import HeaderParser
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qsl, urlsplit

from outdial.provider.exchange import Call

PLACEHOLDER = re.compile(
    r"""<[^<>"'\s][^<>"']*>            # <TOKEN>
    | \{\{[^{}"']*\}\}                 # {{agent_id}}
    | \$\{\w[^{}"']*\} | \$\(.*?\)     # ${TOKEN}, $(command)
    | \$env:\w+ | \$[A-Za-z_]\w*       # $TOKEN
    | %[A-Za-z_]{3,}%                  # %TOKEN%
    | (?<!\w)\{\w+\}                   # {userId}
    | \b(?:YOUR|MY)_\w+ | \b[A-Z]+(?:_[A-Z]+)+\b | \b[a-z]+(?:[_-][a-z]+)*[_-]here\b  # YOUR_TOKEN, AGENT_USER_ID
    """,
    re.VERBOSE,
)
STATUS_LINE = re.compile(r"HTTP/\d(?:\.\d)? (?P<status>[1-5]\d\d)\b *(?P<reason>[^\n]*)(?:\n|$)")
BARE_STATUS = re.compile(r"(?:[\w.>-]+[ :(]+){0,9}?(?:HTTP/[\d.]+ )?(?P<status>[1-5]\d\d)(?=[\s:,)]|$)", re.IGNORECASE)
HIDDEN = object()
"""A value that may be there and is not shown."""
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class NotUnderstood(ValueError):
    """Raised for unusable input; the message says where and why, and never repeats possible secrets."""

    exit_code: ClassVar[int] = 4


def is_placeholder(text: object) -> bool:
    """Return whether a text is, or contains, a placeholder for a value that is not shown."""
    return isinstance(text, str) and PLACEHOLDER.search(text) is not None


def objects_in(values: Any) -> Iterator[Mapping[str, Any]]:
    """Return the objects of a JSON list; none of anything else."""
    yield from (each for each in (values if isinstance(values, list) else ()) if isinstance(each, Mapping))


@dataclass(frozen=True)
class Request:
    """A pasted request. `hidden` are names of headers, in lower case, that may have been sent and are not shown:
    browsers leave them out of an export.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    hidden: frozenset[str] = frozenset()

    @cached_property
    def parts(self) -> SplitResult:
        """The parts of the URL. Raises `NotUnderstood`."""
        try:
            parts = urlsplit(self.url)
            parts.port  # noqa: B018  # reading the port checks it
        except ValueError:
            raise NotUnderstood("invalid URL: its host or port cannot be read") from None
        if parts.scheme not in ("http", "https", ""):
            raise NotUnderstood("invalid URL: expected http or https; the scheme is neither http nor https")
        return parts

    @property
    def host(self) -> str:
        """Host, in lower case; empty when the URL is a path only."""
        return self.parts.hostname or ""

    @property
    def path(self) -> str:
        """The path, as it was sent."""
        return self.parts.path or "/"

    def value(self, fact: str) -> Any:
        """Return a fact of the request; None where nothing was sent, `HIDDEN` where the value is not known."""
        part, _, rest = fact.partition(".")
        if part == "request":
            known = {"scheme": self.scheme, "media_type": self.media_type, "body": self.form_of_body}
            return known.get(rest, len(self.body))
        if part == "header":
            return HIDDEN if rest in self.hidden else self.sent_headers.get(rest)
        if part == "basic":
            return HIDDEN if self.scheme is HIDDEN else self.basic.get(rest)
        if self.form_of_body is HIDDEN:
            return HIDDEN
        value: Any = self.json if part == "body" else self.form
        for step in rest.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    def fields(self, part: str) -> Mapping[str, Any]:
        """Return the fields at the top of a part."""
        return {"body": self.json, "form": self.form, "header": self.sent_headers}.get(part, {})

    @cached_property
    def sent_headers(self) -> Mapping[str, str]:
        """Headers by their names in lower case; values of one name are joined."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
        return found

    @cached_property
    def _call(self) -> Call:
        return Call(self.method, self.path, self.sent_headers, self.body)

    @cached_property
    def scheme(self) -> Any:
        """The scheme of the Authorization header, in lower case."""
        header = self.value("header.authorization")
        if header is HIDDEN or is_placeholder((header or " ").partition(" ")[0]):
            return HIDDEN
        return self._call.authorization[0]

    @cached_property
    def media_type(self) -> Any:
        """The media type, in lower case and without parameters."""
        return HIDDEN if is_placeholder(self.sent_headers.get("content-type")) else self._call.media_type

    @cached_property
    def basic(self) -> Mapping[str, str]:
        """Client id and secret of a Basic header."""
        is_hidden = self.scheme == "basic" and is_placeholder(self._call.authorization[1])
        return {"id": "<id>", "secret": "<secret>"} if is_hidden else self._call.basic

    @cached_property
    def _parsed(self) -> Any:
        """The body as JSON, with or without quotes around its placeholders; `HIDDEN` where it is not JSON."""
        bare = rf'"(?:[^"\\]|\\.)*"|({PLACEHOLDER.pattern})'
        quoted = re.sub(bare, lambda each: json.dumps(each[1]) if each[1] else each[0], self.text, flags=re.X)
        for text in (self.text, quoted):
            with suppress(ValueError, RecursionError):
                return json.loads(text)
        return HIDDEN

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace").strip()

    @cached_property
    def form_of_body(self) -> Any:
        """`object`, `other`, `broken` or `none`, as JSON."""
        if not self.text or PLACEHOLDER.fullmatch(self.text):
            return HIDDEN if self.text else "none"
        return "broken" if self._parsed is HIDDEN else "object" if isinstance(self._parsed, dict) else "other"

    @property
    def json(self) -> Mapping[str, Any]:
        """The fields of a JSON body."""
        return self._parsed if self.form_of_body == "object" else {}

    @cached_property
    def form(self) -> Mapping[str, str]:
        """The fields of a form."""
        with suppress(ValueError):
            return dict(parse_qsl(self.text, max_num_fields=50)) if self.form_of_body == "broken" else {}
        return {}


@dataclass(frozen=True)
class Response:
    """A pasted response. `status` is None where only a body was given; `reason` is the phrase beside the status."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)

    @cached_property
    def json(self) -> Any:
        """The first object or list in JSON; None where there is none."""
        for start in islice(re.finditer(r"[{\[]", self.text), 20):
            with suppress(ValueError, RecursionError):
                return json.JSONDecoder().raw_decode(self.text, start.start())[0]
        return None


def read_response(text: str) -> Response:
    """Read what `curl -i` prints, or a body. Raises `NotUnderstood` for an empty text."""
    text = text.replace("\r\n", "\n").lstrip("\ufeff\n\t ")
    if not text.strip() or "\0" in text:
        raise NotUnderstood("invalid response: expected a body, or the output of `curl -i`")
    head = STATUS_LINE.match(text)
    if head is None:
        found = BARE_STATUS.match(text)
        return Response(int(found["status"]) if found else None, {}, text.strip())
    rest = text[head.end() :]
    if "\n\n" not in rest:  # a body that follows its headers without the empty line
        rest = re.sub(r"(?m)^(?=[{\[<])", "\n", rest, count=1)
    read = HeaderParser().parsestr(rest)
    body = str(read.get_payload())
    if STATUS_LINE.match(body):  # 100 Continue, a redirect, or a proxy's answer came first
        return read_response(body)
    headers = {name.lower(): value for name, value in read.items()}
    return Response(int(head["status"]), headers, body.strip(), head["reason"])
