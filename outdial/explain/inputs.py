"""Read what people paste: a response, a request, or both, in any of the forms in which people have them."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from email.parser import HeaderParser
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

import yaml
from pydantic import StringConstraints

from outdial.definitions import catalogue
from outdial.documents import Document, DocumentError, Strict
from outdial.explain.curl import read_curl
from outdial.explain.request import FORM, JSON, NotUnderstood, Request, Response, objects_in, read_response

LIMIT = 8_000_000
"""Largest input, in bytes."""
MOST_OBJECTS = 200
"""Braces in a snippet that are tried as the beginning of its body."""


FORMS = yaml.safe_load((Path(__file__).parent / "inputs.yaml").read_text("utf-8"))
PATTERN = {name: re.compile(pattern) for name, pattern in FORMS["patterns"].items()}


class Given(NamedTuple):
    """A request, facts by kind of record, the response, the edition, and a note for the person."""

    request: Request | None = None
    facts: Mapping[str, Mapping[str, Any]] = {}
    response: Response | None = None
    edition: str | None = None
    note: str = ""


class RequestFile(Strict):
    """The small YAML: `request: POST https://…`, and what else is known."""

    request: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+ \S+$")]
    headers: dict[str, str | int] = {}
    body: dict[str, Any] | list[Any] | str | None = None
    given: dict[str, dict[str, Any]] = {}
    response: str | None = None
    edition: str | None = None


def text_of(source: Path) -> str:
    """Return the text in a file. Raises `NotUnderstood` for one that is too large or no text."""
    try:
        with source.open("rb") as file:
            return decoded(file.read(LIMIT + 1), str(source))
    except OSError as error:
        raise NotUnderstood(f"{source}: cannot be read: {error.strerror}") from None


def decoded(content: bytes, name: str) -> str:
    """Decode bytes. Raises `NotUnderstood`."""
    if len(content) > LIMIT:
        raise NotUnderstood(f"{name}: larger than {LIMIT // 1_000_000} MB; give the one request that was refused")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # PowerShell writes UTF-16
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{name}: byte {error.start} is not {encoding}; expected text") from None


def read_given(text: str, entry: int | None = None) -> Given:
    """Read what was pasted; `entry` chooses one request of several, from 1.

    Raises `NotUnderstood`, which lists the forms that are read.
    """
    text = text.replace("\r\n", "\n").replace("\u00a0", " ").replace("\u200b", "").lstrip("\ufeff").strip()
    text = re.sub("[\u201c\u201d\u201e]", '"', text)  # the typographic quotes of word processors and chats
    text = re.sub("(?<!\\w)[\u2018\u2019\u201a]|[\u2018\u2019](?!\\w)", "'", text)
    if not text or "\0" in text:
        _refused("no text")
    found = Given()
    for part in [each.strip() for each in PATTERN["fence"].findall(text)] or [text]:
        found = Given._make(own or read for own, read in zip(found, _read(part, entry), strict=True))
    return found


def _read(text: str, entry: int | None) -> Given:
    if text.startswith(("{", "[")):
        return _read_json(text, entry)
    if commands := list(PATTERN["command"].finditer(text)):
        return _read_commands(text, [each.start(1) for each in commands])
    if re.search(r"^request:", text, re.MULTILINE) and not text.startswith("HTTP/"):
        return _read_yaml(text)
    if "=== REQUEST ===" in text:
        sent, _, answer = text.partition("=== RESPONSE ===")
        exchange = {"request": {"method": "GET", **_logged(sent)}, "response": _logged(answer)}
        return next(_exchanges(exchange), None) or _refused("the log has no URL")
    if re.match(r"HTTP/\d|< HTTP/", text):
        return Given(response=_response(text))
    if (raw := PATTERN["http"].search(text)) and not PATTERN["call"].search(text[: raw.start()]):
        return _read_raw(text[raw.start() :].strip())
    if snippet := _read_snippet(text):
        return snippet
    if re.search(r"(?<!\d)[1-5]\d\d(?!\d)", text[:200]) or re.search(r'"(code|message|error)"\s*:', text):
        return Given(response=read_response(text))
    return _refused("invalid input")


def _refused(problem: str) -> Given:
    raise NotUnderstood(f"{problem}; expected {FORMS['reads']}")


def _read_commands(text: str, starts: list[int]) -> Given:
    """Return the cURL command that an answer follows, else the last one."""
    read = [_read_command(text[start:end]) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    at = max((at for at, each in enumerate(read) if each.response), default=len(read) - 1)
    follows = ", which the answer follows" if read[at].response else ""
    note = f"The text has {len(read)} cURL commands; this is about number {at + 1}{follows}." if len(read) > 1 else ""
    return read[at]._replace(note=note)


def _read_command(text: str) -> Given:
    """Return a cURL command, and the answer that follows it."""
    text = re.sub(r"([^\\^`\s])[ \t]*\n(?=\s*-{1,2}[A-Za-z])", r"\1 ", text)  # line ends that were not escaped
    found = PATTERN["one_command"].match(text)
    end = found.end() if found and text[found.end() : found.end() + 1] in ("", "\n") else len(text)
    rest = text[end:].strip()
    return Given(read_curl(text[:end]), response=_response(rest) if rest else None)


def _response(text: str) -> Response | None:
    """Return an answer behind a command: `curl -i`, `curl -v`, or a body; None for a remark."""
    if re.search(r"^< HTTP/", text, re.MULTILINE):
        head = [line[2:].rstrip() for line in text.split("\n") if line.startswith("< ")]
        body = [line for line in text.split("\n") if not re.match(r"[<>*{}] |[<>*]$|[{}] \[", line)]
        return read_response("\n".join([*filter(None, head), "", *body]))
    found = PATTERN["answer_begins"].search(text)
    return read_response(text[found.start() :]) if found else None


def _read_json(text: str, entry: int | None) -> Given:
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
        found = list(_exchanges(value))
    except RecursionError:
        return _refused("invalid JSON: nested too deeply")
    except ValueError as error:
        if re.search(r'"(code|message|error|errors)"\s*:', text):
            return Given(response=read_response(text))
        place = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "not JSON"
        return _refused(f"invalid JSON: {place}")
    if found:
        return _chosen(found, entry)
    if isinstance(value, Mapping) and isinstance(value.get("request"), str):
        return _read_yaml(text)
    if isinstance(value, Mapping) and value.keys() & FORMS["answer_keys"]:
        return Given(response=read_response(text))
    return _refused("the JSON has no request and is no answer")


def _exchanges(value: Any) -> Iterator[Given]:
    """Yield every request in a HAR, a Postman collection or an SDK's log, with its answer."""
    if isinstance(value, Mapping):
        sent = value["request"] if isinstance(value.get("request"), Mapping) else value
        url = _first(sent, "url", "requestUrl")
        url = url.get("raw") if isinstance(url, Mapping) else url
        if isinstance(url, str) and (isinstance(sent.get("method"), str) or "requestHeaders" in sent):
            body = _first(sent, "postData", "requestBody", "body", "data")
            if isinstance(body, Mapping) and {"text", "raw"} & body.keys():
                body = _first(body, "text", "raw")
            headers = _pairs(_first(sent, "headers", "requestHeaders", "header"))
            yield Given(_request(str(sent.get("method", "GET")), url, headers, body), response=_json_response(value))
            return
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _exchanges(each)


def _json_response(value: Mapping[str, Any]) -> Response | None:
    answer = value["response"] if isinstance(value.get("response"), Mapping) else value
    names = ("content", "responseBody", *(() if answer is value else ("body",)))
    status, body = _first(answer, "statusCode", "status"), _first(answer, *names)
    body = body.get("text", "") if isinstance(body, Mapping) and "text" in body else body
    text = body if isinstance(body, str) else json.dumps(body) if body else ""
    return Response(status, {}, text) if isinstance(status, int) and 100 <= status <= 599 else None


def _logged(text: str) -> dict[str, Any]:
    """Return the lines of an SDK's log, by their names."""
    found: dict[str, Any] = {key.lower(): value for key, value in PATTERN["logged"].findall(text)}
    status = re.match(r"\d{3}", found.get("status", ""))
    return {**found, "status": int(status[0])} if status else found


def _first(value: Mapping[str, Any], *names: str) -> Any:
    return next((value[name] for name in names if value.get(name) is not None), None)


def _pairs(values: Any) -> tuple[tuple[str, str], ...]:
    """Headers of a list of {name, value}, of {key, value}, or of an object."""
    if isinstance(values, Mapping):
        return tuple((str(name), str(value)) for name, value in values.items())
    named = [(_first(each, "name", "key"), each.get("value")) for each in objects_in(values)]
    return tuple((str(name), str(value)) for name, value in named if name and not str(name).startswith(":"))


def _request(method: str, url: str, headers: tuple[tuple[str, str], ...], body: Any) -> Request:
    """Return a request whose Authorization need not be shown, and whose media type follows from its body."""
    named = {name.lower() for name, _ in headers}
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    if text.startswith(("{", "[", "<")) and "content-type" not in named:
        headers = (*headers, ("Content-Type", JSON))
    content = text.encode(errors="replace")
    return Request(method.upper(), url, headers, content, frozenset({"authorization"}) - named)


def _chosen(entries: list[Given], number: int | None) -> Given:
    """Return the entry of a number, else the only one, else the only refused one."""
    refused = [at for at, each in enumerate(entries, 1) if each.response and (each.response.status or 0) >= 400]
    if number is None and 1 in (len(entries), len(refused)):
        number = 1 if len(entries) == 1 else refused[0]
    if number is None or not 1 <= number <= len(entries):
        numbers = ", ".join(map(str, refused))[:60] or "none"
        expected = f"expected 1 to {len(entries)}, one of its requests (refused: {numbers})"
        raise NotUnderstood(f"invalid --entry {number or '(none)'}: {expected}")
    return entries[number - 1]


def _read_raw(text: str) -> Given:
    """Raw HTTP, or a .http file; an answer may follow."""
    first, _, rest = text.removeprefix("> ").partition("\n")
    method, url = first.split()[:2]
    sent, *answer = re.split(r"^(?=(?:< )?HTTP/\d)", rest, maxsplit=1, flags=re.MULTILINE)
    read = HeaderParser().parsestr(re.sub(r"^> ?", "", sent, flags=re.MULTILINE))
    if url.startswith("/") and read.get("host"):
        url = f"https://{read['host']}{url}"
    body = re.split(r"^###", str(read.get_payload()), flags=re.MULTILINE)[0].strip()
    headers = tuple((name, str(value)) for name, value in read.items())
    return Given(Request(method, url, headers, body.encode(errors="replace")), response=_response("".join(answer)))


def _read_snippet(text: str) -> Given | None:
    """Return a request in code, by pattern, and the answer behind it. A header not seen may be there."""
    found, calls = PATTERN["method"].search(text), list(PATTERN["call"].finditer(text))
    begin = max([each.end() for each in (found, *calls[-1:]) if each], default=0)
    answer = PATTERN["answer"].search(text, begin) if begin else None
    code, rest = (text[: answer.start()], text[answer.start() :]) if answer else (text, "")
    urls = [each[0].rstrip(",;)") for each in PATTERN["url"].finditer(code)]
    if not urls and not calls:
        return None
    url = next((each for each in urls if "/api/" in each or "oauth" in each), urls[0] if urls else None)
    method, body = next(filter(None, found.groups())) if found else None, _literal(code)
    if url is None or "/api/v2/" not in url:
        called, listed = {each[1].replace("_", "").lower(): each[2] for each in calls}, catalogue("genesys-cloud")
        for each in listed.operations if listed and called else ():
            if each.name.lower() in called:
                method, url = each.method, each.path
                body = body or _fields(code, called[each.name.lower()]) or ("<body>" if each.body else None)
    if url is None:
        return None
    headers, scheme = list[tuple[str, str]](), PATTERN["scheme"].search(code)
    if scheme:
        word = scheme[1] or ("Bearer" if "earer" in code else "")
        headers.append(("Authorization", f"{word.capitalize()} <TOKEN>".strip()))
    elif PATTERN["basic"].search(code):
        headers.append(("Authorization", "Basic <CREDENTIALS>"))
    if isinstance(body, Mapping) and PATTERN["as_form"].search(code) and not PATTERN["as_json"].search(code):
        headers.append(("Content-Type", FORM))
        body = urlencode(body)
    request = _request(method or ("GET" if body is None else "POST"), url, tuple(headers), body)
    response = read_response(rest) if rest else None
    if response and response.json is None and (printed := _literal(rest)):  # an object as JavaScript prints it
        response = replace(response, text=json.dumps(printed))
    return Given(request, response=response)


def _fields(code: str, arguments: str) -> dict[str, Any] | None:
    """Return the body of an SDK's call: fields given to a model, `Model(phone_number=…)`, or set later."""
    places = re.findall(r"\b[A-Z]\w+\(([^()]+)\)", code)
    for name in re.findall(r"\w+", arguments):
        places += re.findall(rf"(?m)^\s*{name}\.(.*)$", code)
    pairs = [pair for place in places for pair in PATTERN["named"].findall(place)]
    camel = [(re.sub(r"_(\w)", lambda each: each[1].upper(), name), value) for name, value in pairs]
    object_ = ", ".join(f'"{name[0].lower()}{name[1:]}": {value}' for name, value in camel)
    return _object(f"{{{object_}}}") if pairs else None


def _literal(text: str) -> Any:
    """Return the first object behind a word that says `body`; else the largest object in the text."""
    text = text.replace('\\"', '"')
    marks = [each.end() for each in PATTERN["body"].finditer(text)]
    starts = [*marks, *(each.start() for each in re.finditer(r"\{", text))][:MOST_OBJECTS]
    found = [(start in marks, value) for start in starts if (value := _object(_balanced(text, start)))]
    found = [each for each in found if not {"method", "headers", "Authorization", "authorization"} & each[1].keys()]
    return max(found, key=lambda each: (each[0], not each[0] and len(str(each[1]))), default=(False, None))[1]


def _balanced(text: str, start: int) -> str:
    depth, quote = 0, ""
    for at in range(start, min(len(text), start + 20_000)):
        here = text[at]
        if quote:
            quote = "" if here == quote and text[at - 1] != "\\" else quote
        elif here in "\"'`":
            quote = here
        else:
            depth += (here in "{[") - (here in "}]")
            if depth == 0:
                return text[start : at + 1]
    return ""


def _object(text: str) -> dict[str, Any] | None:
    """Return an object as JSON, Python, JavaScript or PowerShell has it; a name stands for a value not shown."""
    loose = PATTERN["token"].sub(_token, re.sub(r"//[^\n]*|#[^\n]*", "", text).replace("@{", "{"))
    loose = re.sub(r"(?<=[\w\"'>])\s*=\s*|(?<=[\"'])\s*:\s*", ": ", loose)
    loose = re.sub(r";|(?<=[\"'\d])\s*\n(?=\s*['\"])", ",\n", loose)
    for form in (text, text.replace('""', '"'), loose):
        with suppress(yaml.YAMLError, ValueError, RecursionError):
            value = yaml.safe_load(form) if form is loose else json.loads(form)
            return value if isinstance(value, dict) else None
    return None


def _token(found: re.Match[str]) -> str:
    """Return a quoted text as JSON; a name that is a key, a constant, or a placeholder."""
    following = found.string[found.end() :].lstrip()[:1]
    if found[1]:
        return json.dumps(re.sub(r"\$\{([^}]*)\}", r"<\1>", found[1][1:-1])) if found[1][0] == "`" else found[1]
    if found[2] == "f" and following in "\"'":
        return ""
    constants = {"true": "true", "false": "false", "null": "null", "none": "null"}
    if following in (":", "=") or found[2].lower() in constants:
        return constants.get(found[2].lower()) or json.dumps(found[2])
    return json.dumps(f"<{re.sub(r'[^A-Za-z_]', '_', found[2])}>")


def _read_yaml(text: str) -> Given:
    try:
        read = Document.of(text.encode(), Path("request")).parse(RequestFile)
    except DocumentError as error:
        line = re.search(r"request:(\d+)", str(error))
        expected = "expected `request: POST https://…`, and headers, body, given, response, edition"
        raise NotUnderstood(f"invalid YAML{f' at line {line[1]}' if line else ''}: {expected}") from None
    method, _, url = read.request.partition(" ")
    headers = tuple((name, str(value)) for name, value in read.headers.items())
    request = _request(method, url, headers, read.body)
    return Given(request, read.given, read_response(read.response) if read.response else None, read.edition)
