"""Read a cURL command as bash, cmd or PowerShell runs it: the request that curl sends. No file is read.

The names of the options are curl's own (`curl_options.yaml`). Options without a part in the request are ignored.
"""

import re
import shlex
from base64 import b64encode
from getopt import GetoptError, gnu_getopt
from itertools import pairwise, takewhile
from pathlib import Path
from urllib.parse import quote

import yaml

from outdial.documents import suggest
from outdial.explain.request import FORM, JSON, NotUnderstood, Request, is_placeholder

DATA = frozenset({"data", "data-ascii", "data-raw", "data-binary", "data-urlencode", "json"})
PROGRAM = re.compile(r"(?:.*[/\\])?curl(?:\.exe)?$", re.IGNORECASE)
CMD = re.compile(r'\^[ \t]*\n|\^"|\^$')
POWERSHELL = re.compile(r"`[ \t]*\n|^\s*curl\.exe\b|\$env:")
POSIX_QUOTED = re.compile(r"""\\\n|\$'((?:\\.|[^'\\])*)'|'[^']*'|"(?:\\.|[^"\\])*"|\\.""", re.DOTALL)
REDIRECT = re.compile(r"\d?>{1,2}&?")
MOST_WORDS = 1000
"""Words of a command. getopt copies the rest of them for each option."""


OPTIONS = yaml.safe_load((Path(__file__).parent / "curl_options.yaml").read_text("utf-8"))
SHORT, REFUSED, TAKES_A_VALUE = OPTIONS["short"], OPTIONS["refused"], OPTIONS["takes_a_value"]


def words_of(text: str) -> list[str]:
    """Split the first command in a text. Raises `NotUnderstood` at a quote that is not closed."""
    text = text.strip()
    is_cmd, is_powershell = CMD.search(text), POWERSHELL.search(text)
    if is_cmd:
        text = re.sub(r"\^(.)", r"\1", re.sub(r"\^[ \t]*(\n|$)", "", text))
    elif is_powershell:
        text = re.sub(r"`[ \t]*\n", " ", text)
    else:
        text = POSIX_QUOTED.sub(_without_ansi, text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|;&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    lexer.quotes = '"' if is_cmd else "'\""
    lexer.escape = "`" if is_powershell else "\\"
    try:
        words = list(takewhile(lambda word: not re.fullmatch(r"[|;&\n]+", word), lexer))
    except ValueError:
        opened = re.search("['\"]", POSIX_QUOTED.sub("", text))
        mark = opened[0] if opened else '"'
        line = text.count("\n", 0, text.rfind(mark)) + 1
        raise NotUnderstood(f"line {line} of the command: a quote ({mark}) is opened and never closed") from None
    words = [
        word for before, word in pairwise(["", *words]) if not (REDIRECT.match(word) or REDIRECT.fullmatch(before))
    ]
    if len(words) > MOST_WORDS:
        raise NotUnderstood(f"a command of {len(words)} words; expected at most {MOST_WORDS}")
    return [each.replace('\\"', '"') for each in words] if is_powershell else words


def _without_ansi(part: re.Match[str]) -> str:
    """`$'…'` of bash as a plain quoted text; an escaped line end is left out."""
    if part[1] is None:
        return "" if part[0] == "\\\n" else part[0]
    return shlex.quote(part[1].encode("latin-1", "backslashreplace").decode("unicode_escape"))


def read_curl(text: str) -> Request:
    """Read the request of a cURL command. Raises `NotUnderstood`."""
    words = words_of(text)
    if not words or not PROGRAM.match(words[0]):
        raise NotUnderstood("the command does not begin with curl")
    letters = "".join(key + ":" * (name in TAKES_A_VALUE) for key, name in SHORT.items() if key != ":")
    names = [*(f"{each}=" for each in TAKES_A_VALUE), *OPTIONS["takes_no_value"]]
    try:
        read, urls = gnu_getopt(words[1:], letters, [*names, *(f"no-{each}" for each in OPTIONS["takes_no_value"])])
    except GetoptError as problem:
        option = f"--{problem.opt}" if len(problem.opt) > 1 else f"-{problem.opt}"
        if "requires argument" in problem.msg:
            raise NotUnderstood(f"{option} needs a value, and the command ends there") from None
        near = suggest(option, [f"--{each.rstrip('=')}" for each in names])
        raise NotUnderstood(f"curl has no option {option}{near}") from None
    given: list[tuple[str, str]] = []
    for option, value in read:
        name = option[2:] if option.startswith("--") else SHORT[option[1:]]
        if name in REFUSED:
            raise NotUnderstood(f"{option} cannot be explained: {REFUSED[name]}")
        given.append((name, value))
    return _request(given, [*(value for name, value in given if name == "url"), *urls])


def _request(given: list[tuple[str, str]], urls: list[str]) -> Request:
    last = dict(given)
    data = [(name, value) for name, value in given if name in DATA]
    body, (url, user) = _body(data), _url(urls)
    method = last.get("request") or ("HEAD" if "head" in last else "POST" if data and "get" not in last else "GET")
    if not re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", method):
        raise NotUnderstood("invalid -X: expected a method such as POST")
    if "get" in last:
        url, body, data = f"{url}{'&' if '?' in url else '?'}{body}", "", []
    lines = [value.partition(":") for name, value in given if name == "header"]
    if any(name.startswith("@") for name, _, _ in lines):
        raise NotUnderstood("-H @file: files are not read; paste the header itself")
    headers = [(name, value.strip()) for name, colon, value in lines if colon]
    user = last.get("user") or user
    if "oauth2-bearer" in last:
        headers.insert(0, ("Authorization", f"Bearer {last['oauth2-bearer']}"))
    elif user is not None:
        pair = (user if ":" in user else f"{user}:").encode("utf-8", "surrogateescape")
        headers.insert(0, ("Authorization", f"Basic {b64encode(pair).decode()}"))
    if data and "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("Content-Type", JSON if "json" in last else FORM))
    return Request(method, url, tuple(each for each in headers if each[1]), body.encode("utf-8", "surrogateescape"))


def _url(urls: list[str]) -> tuple[str, str | None]:
    """Return the one URL, and the user in it."""
    if len(urls) != 1:
        raise NotUnderstood(f"the command has {len(urls) or 'no'} URL{'s' * (len(urls) > 1)}; expected one")
    url = urls[0]
    if re.search(r"[\s\x00-\x1f]", url) and not is_placeholder(url):
        raise NotUnderstood("invalid URL: it has a space or a line end in it")
    is_path = url.startswith("/") or is_placeholder(url.partition("/")[0])
    url = url if "://" in url or is_path else f"http://{url}"
    parts = Request("GET", url).parts
    if not parts.hostname and not is_path and not is_placeholder(url):
        raise NotUnderstood("invalid URL: it has no host")
    user, at, host = parts.netloc.rpartition("@")
    url = parts._replace(netloc=host, path=parts.path or "/", fragment="").geturl()
    return re.sub(r"[^\x00-\x7f]+", lambda text: quote(text[0]).lower(), url), user if at else None


def _body(data: list[tuple[str, str]]) -> str:
    body = ""
    for at, (name, value) in enumerate(data):
        names_file = name == "data-urlencode" and "@" in value.partition("=")[0]
        if names_file or (value.startswith("@") and name != "data-raw"):
            raise NotUnderstood(f"--{name} @file: files are not read; paste the content")
        if name == "data-urlencode":
            key, equals, content = value.partition("=") if "=" in value else ("", "", value)
            coded = quote(content.encode("utf-8", "surrogateescape"), safe="-._~ ").replace(" ", "+")
            value = f"{key}={coded}" if equals and key else coded
        body += ("&" if at and name != "json" else "") + value
    return body
