"""Read what people paste: a response, a request, or both, in any of the forms in which people have them."""

import ast
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints

from outdial.definitions.catalogue import catalogue
from outdial.documents import Document, DocumentError, Strict
from outdial.explain.curl import PROGRAM, PROMPT, read_curl
from outdial.explain.request import NotUnderstood, PastedRequest
from outdial.explain.response import PastedResponse, objects_in, read_response
from outdial.explain.shell import words_of

LIMIT = 8_000_000
"""Bytes that are read of anything."""
METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
READS = (
    "a cURL command (bash, cmd, PowerShell), an answer (`curl -i`, or its body), both one after the other, Chrome's "
    "copies, a snippet of Python, JavaScript or PowerShell, an SDK's log, a HAR, a Postman collection, raw HTTP, or "
    "YAML with `request: POST https://…`. In a browser: Network panel, right click on the request, Copy as cURL"
)
FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)
RAW = re.compile(rf"(?:^|\n)(?:> )?({METHODS}) (\S+)(?: HTTP/[\d.]+)?[ \t]*(?=\n|$)")
YAML_REQUEST = re.compile(r"^request:", re.MULTILINE)
CALL = re.compile(r"\b((?:get|post|put|patch|delete)(?:_[a-z]\w+|[A-Z]\w+))\s*\(")
URL = re.compile(r"""(?:https?://[^\s"'`<>\\]+|(?<=[\w}'"`/])/api/v2/[\w/{}$<>.\-]+)""")
HIDDEN = frozenset({"authorization"})
"""A header that a snippet, a HAR or a file need not show."""


@dataclass(frozen=True)
class Given:
    """A request, facts by kind of record, the response, and the edition."""

    request: PastedRequest | None
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    response: PastedResponse | None = None
    edition: str | None = None


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
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotUnderstood(f"{name}: byte {error.start} is not {encoding}; expected text") from None


def read_given(text: str, entry: int | None = None) -> Given:
    """Read what was pasted. Raises `NotUnderstood` with what is read, and how to get it."""
    text = _plain(text)
    if not text:
        raise NotUnderstood(f"nothing was given; expected {READS}")
    if "\0" in text:
        raise NotUnderstood("the input has a NUL in it; expected text")
    parts = [each.strip() for each in FENCE.findall(text)] or [text]
    found = Given(None)
    for part in parts:
        read = _read(part, entry)
        found = replace(
            found,
            request=found.request or read.request,
            response=found.response or read.response,
            facts=found.facts or read.facts,
            edition=found.edition or read.edition,
        )
    return found


def _plain(text: str) -> str:
    """Return the text without the marks of word processors and chats."""
    text = text.replace("\r\n", "\n").replace("\u00a0", " ").replace("\u200b", "").lstrip("\ufeff").strip()
    text = re.sub("[\u201c\u201d\u201e]", '"', text)
    return re.sub("(?<!\\w)[\u2018\u2019\u201a]|[\u2018\u2019](?!\\w)", "'", text)


def _read(text: str, entry: int | None) -> Given:
    if text.startswith(("{", "[")):
        return _read_json(text, entry)
    if start := _curl_start(text):
        return _read_command(text[start - 1 :])
    if YAML_REQUEST.search(text) and not text.startswith(("HTTP/", "curl")):
        return _read_yaml(text)
    if "=== REQUEST ===" in text:
        return _read_log(text)
    if re.match(r"HTTP/\d|< HTTP/", text):
        return Given(None, response=_response(text))
    if (raw := RAW.search(text)) and not CALL.search(text[: raw.start()]):
        return _read_raw(text[raw.start() :].strip())
    if (snippet := _read_snippet(text)) is not None:
        return Given(snippet)
    if re.search(r"(?<!\d)[1-5]\d\d(?!\d)", text[:200]) or re.search(r'"(code|message|error)"\s*:', text):
        return Given(None, response=read_response(text))
    raise NotUnderstood(f"the input is none of the forms that are read; expected {READS}")


def _curl_start(text: str) -> int | None:
    """Return the line (from 1) of a cURL command: at its start, behind a prompt or an assignment."""
    at = 0
    for line in text.split("\n"):
        bare = re.sub(r"^\s*(?:export\s+|set\s+)?\w+=\S*\s*;?\s*(?=curl)", "", PROMPT.sub("", line.lstrip()))
        if bare.split() and PROGRAM.match(bare.split()[0]):
            return at + len(line) - len(bare) + 1
        at += len(line) + 1
    return None


def _read_command(text: str) -> Given:
    """A cURL command, and the answer that follows it."""
    lines = text.split("\n")
    problem: NotUnderstood | None = None
    for end in range(1, len(lines) + 1):
        command = "\n".join(lines[:end])
        if re.search(r"[\\^`]\s*$", lines[end - 1]) and end < len(lines):
            continue
        if end < len(lines) and re.match(r"\s*-{1,2}[A-Za-z]", lines[end]):
            lines[end - 1] += " \\"  # a line end that was meant to be escaped
            continue
        try:
            words_of(command)
        except NotUnderstood as error:
            problem = problem or error
            continue
        rest = "\n".join(lines[end:]).strip()
        return Given(read_curl(command), response=_response(rest) if rest else None)
    raise problem or NotUnderstood("the command does not end")


def _response(text: str) -> PastedResponse | None:
    """An answer behind a command: `curl -i`, `curl -v`, or a body; None for a remark."""
    if re.search(r"^< HTTP/", text, re.MULTILINE):
        head = [line[2:].rstrip() for line in text.split("\n") if line.startswith("< ") or line == "<"]
        body = [line for line in text.split("\n") if not re.match(r"[<>*{}] |[<>*]$|[{}] \[", line)]
        return read_response("\n".join([*filter(None, head), "", *body]))
    found = re.search(r"^(HTTP/\d|\s*[{\[]|.*\b[1-5]\d\d\b)", text, re.MULTILINE)
    return read_response(text[found.start() :]) if found else None


def _read_json(text: str, entry: int | None) -> Given:
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except RecursionError:
        raise NotUnderstood("the JSON is nested without end") from None
    except ValueError as error:
        if re.search(r'"(code|message|error|errors)"\s*:', text):
            return Given(None, response=read_response(text))
        place = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "it is no JSON"
        raise NotUnderstood(f"the JSON cannot be read: {place}. Expected {READS}") from None
    if isinstance(value, Mapping):
        log = value.get("log")
        if isinstance(log, Mapping) and isinstance(log.get("entries"), list):
            return _chosen([_entry(each) for each in objects_in(log["entries"])], entry, "HAR")
        if isinstance(value.get("item"), list):
            return _chosen(list(_postman(value["item"])), entry, "collection")
        if {"statusCode", "requestHeaders"} & value.keys() or ("url" in value and "method" in value):
            return _sdk_log(value)
        if isinstance(value.get("request"), str):
            return _read_yaml(text)
        if isinstance(value.get("request"), Mapping):
            return _entry(value)
        known = {"code", "message", "error", "errors", "errorDescription", "status", "contextId", "id", "selfUri"}
        if known & value.keys() or not text[end:].strip():
            if not known & value.keys():
                keys = ", ".join(str(key)[:30] for key in list(value)[:6]) or "none"
                raise NotUnderstood(f"the JSON (keys: {keys}) is neither a request nor an answer; expected {READS}")
            return Given(None, response=read_response(text))
    raise NotUnderstood(f"the JSON is neither a request nor an answer; expected {READS}")


def _object_at(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def _pairs(values: Any) -> tuple[tuple[str, str], ...]:
    """Headers of a list of {name, value}, of {key, value}, or of an object."""
    if isinstance(values, Mapping):
        return tuple((str(name), str(value)) for name, value in values.items())
    named = [(each.get("name") or each.get("key"), each.get("value")) for each in objects_in(values)]
    return tuple((str(name), str(value)) for name, value in named if name and not str(name).startswith(":"))


def _request(method: Any, url: Any, headers: tuple[tuple[str, str], ...], body: Any) -> PastedRequest:
    named = {name.lower() for name, _ in headers}
    content = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    if not isinstance(body, str | None) and "content-type" not in named:
        headers = (*headers, ("Content-Type", "application/json"))
    if not isinstance(method, str) or not isinstance(url, str):
        raise NotUnderstood("the request has no method or URL that is a text")
    return PastedRequest(method.upper(), url, headers, content.encode(errors="replace"), HIDDEN - named)


def _entry(entry: Mapping[str, Any]) -> Given:
    """One entry of a HAR."""
    sent, answered = _object_at(entry, "request"), _object_at(entry, "response")
    post = _object_at(sent, "postData")
    body = post.get("text")
    if body is None and isinstance(post.get("params"), list):
        body = "&".join(f"{name}={value}" for name, value in _pairs(post["params"]))
    request = _request(sent.get("method"), sent.get("url"), _pairs(sent.get("headers")), body)
    status = answered.get("status")
    if not isinstance(status, int) or not 100 <= status <= 599:
        return Given(request)
    content = _object_at(answered, "content")
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        try:
            text = b64decode(text).decode(errors="replace")
        except ValueError:
            text = ""
    headers = {name.lower(): value for name, value in _pairs(answered.get("headers"))}
    return Given(request, response=PastedResponse(status, headers, text))


def _chosen(entries: list[Given], number: int | None, what: str) -> Given:
    if not entries:
        raise NotUnderstood(f"the {what} has no request in it")
    if number is not None:
        if not 1 <= number <= len(entries):
            raise NotUnderstood(f"invalid --entry {number}: the {what} has entries 1 to {len(entries)}")
        return entries[number - 1]
    refused = [each for each in entries if each.response and (each.response.status or 0) >= 400]
    if len(refused) == 1 or len(entries) == 1:
        return (refused or entries)[0]
    lines = [
        f"  --entry {at}: {each.request.method[:10] if each.request else ''} "
        f"{each.response.status if each.response else 'without an answer'}"
        for at, each in enumerate(entries, 1)
        if each in (refused or entries)
    ]
    raise NotUnderstood("\n".join([f"the {what} has {len(entries)} requests: say which with --entry", *lines[:6]]))


def _postman(items: Any) -> Iterator[Given]:
    for item in objects_in(items):
        if isinstance(item.get("item"), list):
            yield from _postman(item["item"])
        elif isinstance(sent := item.get("request"), Mapping):
            url = sent.get("url")
            url = url.get("raw") if isinstance(url, Mapping) else url
            body = _object_at(sent, "body")
            headers = _pairs(sent.get("header"))
            if isinstance(sent.get("auth"), Mapping) and sent["auth"].get("type") == "bearer":
                headers = (*headers, ("Authorization", "Bearer <TOKEN>"))
            text = body.get("raw")
            if isinstance(text, str) and text.lstrip().startswith("{") and "content-type" not in dict(headers):
                headers = (*headers, ("Content-Type", "application/json"))
            yield Given(_request(sent.get("method", "GET"), url, headers, text))


def _sdk_log(value: Mapping[str, Any]) -> Given:
    """One line of an SDK's JSON log."""
    body = value.get("requestBody", value.get("body", value.get("data")))
    headers = _pairs(value.get("requestHeaders", value.get("headers")))
    request = _request(value.get("method", "GET"), value.get("url", value.get("requestUrl")), headers, body)
    status, answer = value.get("statusCode", value.get("status")), value.get("responseBody")
    text = answer if isinstance(answer, str) else json.dumps(answer) if answer is not None else ""
    return Given(request, response=PastedResponse(status, {}, text) if isinstance(status, int) else None)


def _read_log(text: str) -> Given:
    """Genesys' SDK log: `=== REQUEST ===`, `URL: …`, `Method: …`, `=== RESPONSE ===`."""

    def after(name: str) -> str | None:
        found = re.search(rf"^\W*{name}\W*:\s*(.*)$", text, re.MULTILINE | re.IGNORECASE)
        return found[1].strip() if found else None

    request = _request(after("method") or "GET", after("url"), (("Authorization", "Bearer <TOKEN>"),), after("body"))
    status = re.search(r"(?i)^\W*status(?: ?code)?\W*:\s*(\d{3})", text, re.MULTILINE)
    answer = re.search(r"(?is)=== RESPONSE ===.*?body\W*:\s*(.*)", text)
    found = PastedResponse(int(status[1]), {}, answer[1].strip() if answer else "") if status else None
    if request.body.startswith(b"{"):
        request = replace(request, headers=(*request.headers, ("Content-Type", "application/json")))
    return Given(request, response=found)


def _read_raw(text: str) -> Given:
    """Raw HTTP, or a .http file; an answer may follow."""
    first, _, rest = text.removeprefix("> ").partition("\n")
    method, url = first.split()[:2]
    answer = re.search(r"(?:^|\n)(?:< )?HTTP/\d", rest)
    sent = re.sub(r"^> ?", "", rest[: answer.start()] if answer else rest, flags=re.MULTILINE)
    head, _, body = ("", "", sent[1:]) if sent.startswith("\n") else sent.partition("\n\n")
    pairs = [line.partition(":") for line in head.split("\n") if ":" in line and not line.startswith("#")]
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    host = next((value for name, value in headers if name.lower() == "host"), "")
    if url.startswith("/") and host:
        url = f"https://{host}{url}"
    body = re.split(r"^###", body, flags=re.MULTILINE)[0].strip()
    response = _response(rest[answer.start() :].strip()) if answer else None
    return Given(PastedRequest(method, url, headers, body.encode(errors="replace")), response=response)


def _read_snippet(text: str) -> PastedRequest | None:
    """A request in code: URL, method and JSON literal by pattern. A header that is not seen may be there."""
    url = next((each[0].rstrip(",;)") for each in URL.finditer(text) if "/api/" in each[0] or "oauth" in each[0]), None)
    url = url or next((each[0].rstrip(",;)") for each in URL.finditer(text)), None)
    method = re.search(rf"""(?ix)\b(?:requests|axios|http|client|session|httpx|\$http|\$)\.({METHODS})\s*\(
        | \bmethod['"]?\s*[:=]\s*['"]({METHODS})\b | -Method\s+['"]?({METHODS})\b | \.open\(\s*['"]({METHODS})\b
        | \brequest\(\s*['"]({METHODS})\b""", text)  # fmt: skip
    called = _sdk_operation(text)
    if called and (url is None or "/api/v2/" not in url):
        found_method, url = called
    else:
        found_method = next(filter(None, method.groups())).upper() if method else ""
    if url is None:
        return None
    body = _literal(text)
    bearer = re.search(r"""(?i)authorization['"]?\s*[\]:=,]+\s*(?:f?['"`]|\$)?\s*['"`]?(bearer\b)?""", text)
    headers: tuple[tuple[str, str], ...] = ()
    if bearer:
        headers = (("Authorization", "Bearer <TOKEN>" if bearer[1] or "earer" in text else "<TOKEN>"),)
    if body is not None and not re.search(r"(?i)x-www-form-urlencoded", text):
        headers = (*headers, ("Content-Type", "application/json"))
    return _request(found_method or ("POST" if body is not None else "GET"), url, headers, body)


def _sdk_operation(text: str) -> tuple[str, str] | None:
    """The operation whose method of an SDK is called: `post_conversations_calls(…)`."""
    known = catalogue("genesys-cloud")
    names = {each[1].replace("_", "").lower() for each in CALL.finditer(text)}
    found = next((each for each in (known.operations if known else ()) if each.name.lower() in names), None)
    return (found.method, found.path) if found else None


def _literal(text: str) -> Any:
    """The first object behind a word that says `body`; else the largest object in the text."""
    if written := re.search(r"""['"]?body['"]?\s*:\s*("(?:[^"\\]|\\.)*")""", text):
        try:
            return json.loads(json.loads(written[1]))
        except ValueError:
            pass
    marks = [
        each.end()
        for each in re.finditer(
            r"(?i)\b(json|data|body|payload|request|stringify\()\w*['\"]?\s*[:=(]*\s*@?['\"]?(?=\{)", text
        )
    ]
    found = []
    for start in [*marks, *(each.start() for each in re.finditer(r"\{", text))]:
        value = _object(_balanced(text, start))
        if value and not {"method", "headers", "Authorization", "authorization"} & value.keys():
            found.append((start in marks, value))
    if not found:
        return None
    first = [value for marked, value in found if marked]
    return first[0] if first else max((value for _, value in found), key=lambda each: len(str(each)))


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
    """An object as JSON, Python, JavaScript or PowerShell writes it; names in it stand for values not shown."""
    for each in (text, text.replace('\\"', '"'), text.replace('""', '"')):
        try:
            value = json.loads(each)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, dict) else None
    loose = re.sub(r"//[^\n]*|#[^\n]*", "", text)
    loose = re.sub(r"@\{", "{", loose)
    tokens = re.sub(
        r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|([A-Za-z_$][\w$.]*(?:\([^()]*\)|\[[^\[\]]*\])*)""",
        _token,
        loose,
    )
    tokens = re.sub(r"(?<=[\w\"'>])\s*=\s*", ": ", tokens)
    try:
        value = ast.literal_eval(re.sub(r";?\n(?=\s*['\"])", ",\n", tokens).replace(",,", ",").replace("{,", "{"))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return value if isinstance(value, dict) else None


def _token(found: re.Match[str]) -> str:
    if found[1]:
        return repr(re.sub(r"\$\{([^}]*)\}", r"<\1>", found[1][1:-1])) if found[1][0] == "`" else found[1]
    known = {"true": "True", "false": "False", "null": "None", "None": "None", "True": "True", "False": "False"}
    following = found.string[found.end() :].lstrip()[:1]
    if found[2] == "f" and following in "\"'":
        return ""
    return known.get(found[2]) or repr(found[2] if following in ":=" else f"<{re.sub(r'[^A-Za-z_]', '_', found[2])}>")


def _read_yaml(text: str) -> Given:
    try:
        read = Document.of(text.encode(), Path("request")).parse(RequestFile)
    except DocumentError as error:
        line = re.search(r"request:(\d+)", str(error))
        kind = re.sub(r"'[^'\n]{12,}'|(?:not|found|got) .*", "", str(error).partition("\n")[0].partition(": ")[2])
        raise NotUnderstood(
            f"the YAML cannot be read{f' at line {line[1]}' if line else ''}: "
            f"{kind.strip(' ,:') or 'a value has a wrong form'}; "
            "expected `request: POST https://…`, and headers, body, given, response, edition"
        ) from None
    method, _, url = read.request.partition(" ")
    headers = tuple((name, str(value)) for name, value in read.headers.items())
    request = _request(method, url, headers, read.body)
    return Given(request, read.given, read_response(read.response) if read.response else None, read.edition)
