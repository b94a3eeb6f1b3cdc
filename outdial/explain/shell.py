"""Splits a command line as its shell would: POSIX (with `$'…'`), Windows cmd (`^`), PowerShell (backtick).

Variables and substitutions are left standing: they are placeholders. Words end where the shell ends the command
(`|`, `;`, `&`, an unescaped line end), and redirections are left out.
"""

import re
from collections.abc import Callable, Iterator

from outdial.explain.request import NotUnderstood

CMD = re.compile(r'\^[ \t]*\r?\n|\^"|\^$')
POWERSHELL = re.compile(r"`[ \t]*\r?\n|^\s*curl\.exe\b|\$env:")
ENDS = r"(?P<space>[ \t]+) | (?P<end>[|;&\n]) | (?P<redirect>[<>][>&\ \t]*)"
STANDING = r"(?P<plain><[^<>\s'\"|;&]+> | \$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))"
POSIX_PART = re.compile(
    rf"""(?P<joined>\\\n) | \\(?P<escaped>.?) | \$'(?P<ansi>(?:\\.|[^'\\])*)' | '(?P<single>[^']*)'
    | \$?"(?P<double>(?:\\.|\$\([^()]*\)|[^"\\])*)" | `(?P<command>[^`]*)` | {STANDING} | {ENDS}
    | (?P<open>\$?['"`]|\$\() | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
POWERSHELL_PART = re.compile(
    rf"""(?P<joined>`[ \t]*\n) | `(?P<escaped>.?) | '(?P<single>(?:''|[^'])*)' | "(?P<double>(?:""|`.|[^"`])*)"
    | {STANDING} | {ENDS} | (?P<open>['"]|\$\() | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
ARGUMENT = re.compile(r'(?P<slashes>\\*)"|(?P<space>[ \t]+)|(?P<other>\\+|.)', re.DOTALL)
SIMPLE = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
ANSI = re.compile(
    r"\\(?:x(?P<x>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<o>[0-7]{1,3})|(?P<letter>.))",
    re.DOTALL,
)


def words_of(text: str) -> list[str]:
    """Return the words of the first command in a text. Raises `NotUnderstood` at a quote that is not closed."""
    if CMD.search(text):
        return _argv(_without_carets(text.strip()))
    text = text.replace("\r\n", "\n").strip()
    if POWERSHELL.search(text):
        return [word.replace('\\"', '"') for word in _split(text, POWERSHELL_PART, _powershell)]
    return list(_split(text, POSIX_PART, _posix))


def _split(text: str, parts: re.Pattern[str], value_of: Callable[[str, str], str]) -> Iterator[str]:
    """Yield the words; a redirection takes the next word, and a number before it, with it."""
    word: str | None = None
    found = skipped = False
    at = 0
    while at < len(text):
        if text[at] == "#" and word is None and parts is POSIX_PART:
            at = text.find("\n", at) % (len(text) + 1)
            continue
        part = parts.match(text, at)
        assert part is not None
        kind, at = str(part.lastgroup), part.end()
        if kind == "open":
            line = text.count("\n", 0, part.start()) + 1
            what = part[0] if part[0] == "$(" else f"a quote ({part[0]})"
            raise NotUnderstood(f"line {line} of the command: {what} is opened and never closed")
        if kind not in ("space", "end", "redirect"):
            if kind != "joined":
                word = (word or "") + value_of(kind, part[kind])
            continue
        if word is not None and not (kind == "redirect" and word in ("1", "2")):
            if not skipped:
                found = True
                yield word
            skipped = False
        word = None
        if kind == "end" and found:
            return
        skipped = skipped or kind == "redirect"
    if word is not None and not skipped:
        yield word


def _posix(kind: str, text: str) -> str:
    if kind == "double":
        return re.sub(r"\\([$`\"\\\n])", lambda escape: escape[1].removesuffix("\n"), text)
    if kind == "ansi":
        return b"".join(_ansi_parts(text)).decode(errors="surrogateescape")
    return f"$({text})" if kind == "command" else text


def _ansi_parts(text: str) -> Iterator[bytes]:
    """The bytes of `$'…'`, as bash reads it."""
    at = 0
    for escape in ANSI.finditer(text):
        yield text[at : escape.start()].encode()
        at = escape.end()
        if escape["x"] or escape["o"]:
            yield bytes([(int(escape["x"], 16) if escape["x"] else int(escape["o"], 8)) % 256])
        elif number := escape["u"] or escape["U"]:
            yield (chr(int(number, 16)) if int(number, 16) < 0x110000 else "").encode(errors="replace")
        else:
            letter = escape["letter"]
            yield (SIMPLE.get(letter) or (letter if letter in "\\'\"?" else f"\\{letter}")).encode()
    yield text[at:].encode()


def _powershell(kind: str, text: str) -> str:
    if kind == "single":
        return text.replace("''", "'")
    return re.sub(r'""|`(.)', lambda escape: escape[1] or '"', text, flags=re.DOTALL) if kind == "double" else text


def _without_carets(text: str) -> str:
    """The line that cmd hands to a program: outside of quotes, `^` keeps the next character as it is."""
    found, quoted = [], False
    for part in re.finditer(r"\^[ \t]*\r?\n|\^(?P<kept>.?)|(?P<other>.)", text, re.DOTALL):
        if quoted and part[0] != '"':
            found.append(part[0])
            quoted = '"' not in part[0]
            continue
        if part["other"] is None:
            found.append(part["kept"] or "")
            continue
        quoted ^= part[0] == '"'
        if part[0] in "\r\n|&" and not quoted:
            break
        found.append(part[0])
    return "".join(found)


def _argv(line: str) -> list[str]:
    """The words of a line as programs on Windows read them: backslashes count before a quote only."""
    words: list[str] = []
    word: str | None = None
    quoted, closed = False, -1
    for part in ARGUMENT.finditer(line):
        if part["slashes"] is not None:
            slashes = len(part["slashes"])
            word = (word or "") + "\\" * (slashes // 2)
            if slashes % 2 or closed == part.start():
                word += '"'
                quoted, closed = quoted or closed == part.start(), -1
            else:
                closed = part.end() if quoted else -1
                quoted = not quoted
        elif part["space"] and not quoted:
            words += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + part[0]
    if quoted:
        raise NotUnderstood('line 1 of the command: a quote (") is opened and never closed')
    return [*words, word] if word is not None else words
