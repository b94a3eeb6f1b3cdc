"""Reads a cURL command as it was run: the request that curl would send. Nothing is sent, and no file is read.

Which options there are, and which take a value, is curl's own (`curl_options.yaml`). Each that makes a difference to
the request is read here; each that only says how it is sent is passed over.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from urllib.parse import quote

from outdial.documents import Document, Strict
from outdial.explain.request import NotUnderstood, PastedRequest, is_placeholder, split_url
from outdial.explain.sent import FORM
from outdial.explain.shell import words_of

OPTIONS = Path(__file__).parent / "curl_options.yaml"
DATA = frozenset({"data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json"})
PROGRAM = re.compile(r"(?:.*[/\\])?curl(?:\.exe)?$", re.IGNORECASE)
PROMPT = re.compile(r"^[$>#%]\s+|^(?:sudo|time)\s+|^(?:PS )?[A-Za-z]:\\[^>]*>\s*")
SEVERAL = re.compile(r"\{[^{}]*,[^{}]*\}|\[\w-\w\]|\[\d+-\d+(?::\d+)?\]")


class CurlOptions(Strict):
    """Names of long options by whether they take a value, letters of short ones, and those that cannot be used here."""

    takes_no_value: frozenset[str]
    takes_a_value: frozenset[str]
    short: dict[str, str]
    refused: dict[str, str]


@cache
def curl_options() -> CurlOptions:
    """The options of curl."""
    return Document.read(OPTIONS).parse(CurlOptions)


def read_curl(text: str) -> PastedRequest:
    """The request of a cURL command. Raises `NotUnderstood`."""
    if "\0" in text:
        raise NotUnderstood("the command has a NUL in it: that is no text")
    words = words_of(PROMPT.sub("", text.strip()))
    if not words or not PROGRAM.match(words[0]):
        raise NotUnderstood("the command does not begin with curl")
    return _Command(words[1:]).request()


class _Command:
    def __init__(self, words: list[str]) -> None:
        self._given: list[tuple[str, str]] = []
        self._flags: dict[str, bool] = {}
        self._urls: list[str] = []
        self._read(words)

    def _read(self, words: list[str]) -> None:
        left = iter(words)
        for word in left:
            if word == "--":
                self._urls += left
            elif word.startswith("--"):
                self._option(word[2:], f"--{word[2:]}", left)
            elif word.startswith("-") and len(word) > 1:
                self._letters(word[1:], left)
            else:
                self._urls.append(word)

    def _letters(self, letters: str, left: Iterator[str]) -> None:
        options = curl_options()
        for at, letter in enumerate(letters):
            if letter not in options.short:
                raise NotUnderstood(f"curl has no option -{letter if letter.isprintable() else '?'}")
            name = options.short[letter]
            if name in options.takes_a_value:
                rest = letters[at + 1 :]
                self._option(name, f"-{letter}", iter([rest]) if rest else left)
                return
            self._option(name, f"-{letter}", left)

    def _option(self, name: str, shown: str, left: Iterator[str]) -> None:
        options = curl_options()
        if name in options.refused:
            raise NotUnderstood(f"{shown} cannot be explained: {options.refused[name]}")
        if name in options.takes_a_value:
            value = next(left, None)
            if value is None:
                raise NotUnderstood(f"{shown} needs a value, and the command ends there")
            self._given.append((name, value))
        elif name in options.takes_no_value:
            self._flags[name] = True
        elif name.startswith("no-") and name[3:] in options.takes_no_value:
            self._flags[name[3:]] = False
        else:
            plain = re.match(r"[\w.-]*", name)
            near = get_close_matches(name, options.takes_a_value | options.takes_no_value, n=1)
            hint = f" - did you mean --{near[0]}?" if near else ""
            raise NotUnderstood(f"curl has no option --{plain[0] if plain else ''}{hint}")

    def _all(self, *names: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self._given if name in names]

    def _last(self, name: str) -> str | None:
        return next((value for given, value in reversed(self._given) if given == name), None)

    def request(self) -> PastedRequest:
        """Return the request that curl would send."""
        data = self._all(*DATA)
        method = "POST" if data else "GET"
        url, user = self._url()
        body = _body(data)
        if self._flags.get("get") or self._flags.get("head"):
            method = "HEAD" if self._flags.get("head") else "GET"
            if body and self._flags.get("get"):
                url += ("&" if "?" in url else "?") + body.decode("utf-8", "surrogateescape")
            body, data = b"", []
        method = self._last("request") or method
        if not re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", method):
            raise NotUnderstood("-X: that is no method; expected one like POST")
        return PastedRequest(method, url, self._headers(data, user), body)

    def _url(self) -> tuple[str, str | None]:
        urls = [*(value for _, value in self._all("url")), *self._urls]
        if not urls:
            raise NotUnderstood("the command has no URL")
        if len(urls) > 1:
            raise NotUnderstood(f"the command has {len(urls)} URLs (words without an option before them); expected one")
        url = urls[0]
        if not self._flags.get("globoff") and SEVERAL.search(url):
            raise NotUnderstood("the URL stands for several ({a,b} or [1-3]); expected one")
        if re.search(r"[\s\x00-\x1f]", url) and not is_placeholder(url):
            raise NotUnderstood("the URL has a space or a line end in it")
        if "://" not in url and not is_placeholder(url.partition("/")[0]) and not url.startswith("/"):
            url = f"http://{url}"
        parts = split_url(url)
        if not parts.hostname and not is_placeholder(url) and not url.startswith("/"):
            raise NotUnderstood("the URL has no host")
        user = None
        if "@" in parts.netloc:
            user, _, host = parts.netloc.rpartition("@")
            parts = parts._replace(netloc=host)
        path = parts.path if self._flags.get("path-as-is") or not parts.netloc else _without_dots(parts.path)
        query = "&".join(filter(None, [parts.query, *(_encoded(value) for _, value in self._all("url-query"))]))
        sent = parts._replace(path=path or "/", query=query, fragment="").geturl()
        return re.sub(r"[^\x00-\x7f]+", lambda text: quote(text[0]).lower(), sent), user

    def _headers(self, data: list[tuple[str, str]], user: str | None) -> tuple[tuple[str, str], ...]:
        own: list[tuple[str, str]] = []
        removed: set[str] = set()
        for _, line in self._all("header"):
            if line.startswith("@"):
                raise NotUnderstood("-H @file: files are not read; paste the header itself")
            name, colon, value = line.partition(":")
            if colon and not value.strip():
                removed.add(name.strip().lower())
            elif colon:
                own.append((name, value.strip()))
            elif line.endswith(";"):
                own.append((line[:-1], ""))
        named = {name.lower() for name, _ in own} | removed
        automatic = self._automatic(data, user)
        return (*((name, value) for name, value in automatic if name.lower() not in named), *own)

    def _automatic(self, data: list[tuple[str, str]], user: str | None) -> list[tuple[str, str]]:
        found = []
        credentials = self._last("user") or user
        if (token := self._last("oauth2-bearer")) is not None:
            found.append(("Authorization", f"Bearer {token}"))
        elif credentials is not None:
            pair = credentials if ":" in credentials else f"{credentials}:"
            found.append(("Authorization", "Basic " + b64encode(pair.encode("utf-8", "surrogateescape")).decode()))
        for name, header in (("user-agent", "User-Agent"), ("referer", "Referer")):
            if value := (self._last(name) or "").removesuffix(";auto"):
                found.append((header, value))
        json = any(name == "json" for name, _ in data) or self._last("json") is not None
        found.append(("Accept", "application/json" if json else "*/*"))
        if self._flags.get("compressed"):
            found.append(("Accept-Encoding", "deflate, gzip, br, zstd"))
        if (ranged := self._last("range")) is not None:
            found.append(("Range", f"bytes={ranged}"))
        if cookies := [value for _, value in self._all("cookie")]:
            if any("=" not in value for value in cookies):
                raise NotUnderstood("-b without '=' names a file: files are not read; paste the cookie itself")
            found.append(("Cookie", ";".join(cookies)))
        if data:
            found.append(("Content-Type", "application/json" if json else FORM))
        return found


def _body(data: list[tuple[str, str]]) -> bytes:
    body = ""
    for at, (name, value) in enumerate(data):
        if value.startswith("@") and name != "data-raw":
            raise NotUnderstood(f"--{name} @file: files are not read; paste what is in it")
        text = _encoded(value) if name == "data-urlencode" else value
        body += ("&" if at and name != "json" else "") + text
    return body.encode("utf-8", "surrogateescape")


def _encoded(value: str) -> str:
    """A text of --data-urlencode: `content`, `=content`, `name=content`."""
    if value.startswith("+"):
        return value[1:]
    name, equals, content = value.partition("=")
    if not equals and "@" in value:
        raise NotUnderstood("name@file: files are not read; paste what is in it")
    coded = quote((content if equals else value).encode("utf-8", "surrogateescape"), safe="-._~ ").replace(" ", "+")
    return f"{name}={coded}" if equals and name else coded


def _without_dots(path: str) -> str:
    """A path without `.` and `..` (RFC 3986, 5.2.4), as curl sends it."""
    found: list[str] = []
    steps = path.split("/")
    for step in steps:
        if step == ".." and len(found) > 1:
            found.pop()
        elif step not in (".", ".."):
            found.append(step)
    if steps[-1] in (".", ".."):
        found.append("")
    return "/".join(found)
