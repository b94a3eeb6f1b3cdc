"""Splits a command line as its shell would: POSIX (with `$'…'`), Windows cmd (`^`), PowerShell (backtick).

Variables and substitutions are left standing: they are placeholders. Words end the command where the shell ends it
(`|`, `;`, `&`, an unescaped line end), and redirections are left out.
"""

import re
from collections.abc import Callable

from outdial.explain.request import NotUnderstood

CMD = re.compile(r'\^[ \t]*\r?\n|\^"|\^$')
POWERSHELL = re.compile(r"`[ \t]*\r?\n|^\s*curl\.exe\b|\$env:")
ENDS = frozenset("|;&\n")
BACKSLASHES = re.compile(r"\\*")
NAMED = re.compile(r"<[^<>\s'\"|;&]+>")
SIMPLE = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
REDIRECTION = re.compile(r"[>& \t]*")
NUMBERED = re.compile(
    r"x(?P<x>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<o>[0-7]{1,3})", re.DOTALL
)


def words_of(text: str) -> list[str]:
    """The words of the first command in a text. Raises `NotUnderstood` at a quote that is not closed."""
    if CMD.search(text):
        return _argv(_without_carets(text.strip()))
    if POWERSHELL.search(text):
        return [word.replace('\\"', '"') for word in _Words(text, _powershell).split()]
    return _Words(text, _posix).split()


class _Words:
    """Reads one text from left to right; `quoted` reads what is special to one shell."""

    def __init__(self, text: str, quoted: "Callable[[_Words], bool]") -> None:
        self.text = text.replace("\r\n", "\n").strip()
        self.at = 0
        self.word: list[str] | None = None
        self._quoted = quoted

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    @property
    def line(self) -> int:
        """The line of the text that is being read."""
        return self.text.count("\n", 0, self.at) + 1

    def add(self, text: str, length: int) -> None:
        """Text of the present word, and how far it goes in the command line."""
        if self.word is None:
            self.word = []
        self.word.append(text)
        self.at += length

    def until(self, end: str) -> str:
        """What stands before `end`, which is passed. Raises `NotUnderstood` when it does not come."""
        found = self.text.find(end, self.at)
        if found < 0:
            raise NotUnderstood(f"line {self.line} of the command: a quote ({end}) is opened and never closed")
        text = self.text[self.at : found]
        self.at = found + len(end)
        return text

    def split(self) -> list[str]:
        words: list[str] = []
        skipped = False
        while self.here:
            if self._quoted(self):
                continue
            if self.here in " \t" or self.here in ENDS or self.here in "<>":
                redirected = self.here in "<>"
                if self.word is not None and not (redirected and self.word in (["1"], ["2"])):
                    if not skipped:
                        words.append("".join(self.word))
                    skipped = False
                self.word = None
                if self.here in ENDS and words:
                    break
                self.at += 1
                if redirected:
                    self.at = REDIRECTION.match(self.text, self.at).end()  # type: ignore[union-attr]  # likewise
                    skipped = True
                continue
            self.add(self.here, 1)
        if self.word is not None and not skipped:
            words.append("".join(self.word))
        return words


def _posix(words: _Words) -> bool:
    text, at = words.text, words.at
    if text.startswith("\\\n", at):
        words.at += 2
    elif words.here == "\\":
        words.add(text[at + 1 : at + 2], 2)
    elif text.startswith("$'", at):
        words.at += 2
        words.add(_ansi_c(words), 0)
    elif words.here == "'":
        words.at += 1
        words.add(words.until("'"), 0)
    elif words.here == '"' or text.startswith('$"', at):
        words.at += 1 + (words.here == "$")
        words.add(_double_quoted(words), 0)
    elif words.here == "#" and words.word is None:
        words.at = text.find("\n", at) % (len(text) + 1)
    else:
        return _left_standing(words)
    return True


def _left_standing(words: _Words) -> bool:
    """A placeholder outside of quotes: `<TOKEN>`, `$(…)`, `${…}`."""
    if named := NAMED.match(words.text, words.at):
        words.add(named[0], len(named[0]))
    elif words.text.startswith("$(", words.at):
        words.add(_substitution(words), 0)
    elif words.here == "`":
        words.at += 1
        words.add(f"$({words.until('`')})", 0)
    else:
        return False
    return True


def _substitution(words: _Words) -> str:
    start, depth = words.at, 0
    while words.here:
        depth += (words.here == "(") - (words.here == ")")
        words.at += 1
        if depth == 0 and words.text[words.at - 1] == ")":
            return words.text[start : words.at]
    raise NotUnderstood(f"line {words.line} of the command: $( is opened and never closed")


def _double_quoted(words: _Words) -> str:
    found = []
    while words.here != '"':
        if not words.here:
            raise NotUnderstood(f'line {words.line} of the command: a quote (") is opened and never closed')
        if words.here == "\\" and words.text[words.at + 1 : words.at + 2] in ("$", "`", '"', "\\", "\n"):
            found.append(words.text[words.at + 1].removesuffix("\n"))
            words.at += 2
        elif words.text.startswith("$(", words.at):
            found.append(_substitution(words))
        else:
            found.append(words.here)
            words.at += 1
    words.at += 1
    return "".join(found)


def _ansi_c(words: _Words) -> str:
    """The text of `$'…'`, as bash reads it."""
    found = bytearray()
    while words.here != "'":
        if not words.here:
            raise NotUnderstood(f"line {words.line} of the command: a quote ($') is opened and never closed")
        if words.here != "\\":
            found += words.here.encode()
            words.at += 1
            continue
        number = NUMBERED.match(words.text, words.at + 1)
        if number is None:
            letter = words.text[words.at + 1 : words.at + 2]
            found += (SIMPLE.get(letter) or (letter if letter in "\\'\"?" else f"\\{letter}")).encode()
            words.at += 2
            continue
        words.at += 1 + len(number[0])
        if number["x"] or number["o"]:
            found.append((int(number["x"], 16) if number["x"] else int(number["o"], 8)) % 256)
        else:
            code = int(number["u"] or number["U"], 16)
            found += (chr(code) if code < 0x110000 else "").encode(errors="replace")
    words.at += 1
    return found.decode(errors="surrogateescape")


def _powershell(words: _Words) -> bool:
    text, at = words.text, words.at
    if words.here == "`":
        continued = re.compile(r"`[ \t]*\n").match(text, at)
        if continued:
            words.at = continued.end()
        else:
            words.add(text[at + 1 : at + 2], 2)
    elif words.here == "'":
        words.at += 1
        parts = [words.until("'")]
        while words.here == "'":
            words.at += 1
            parts.append(words.until("'"))
        words.add("'".join(parts), 0)
    elif words.here == '"':
        words.at += 1
        words.add(_powershell_quoted(words), 0)
    else:
        return _left_standing(words)
    return True


def _powershell_quoted(words: _Words) -> str:
    found = []
    while True:
        if not words.here:
            raise NotUnderstood(f'line {words.line} of the command: a quote (") is opened and never closed')
        pair = words.text[words.at : words.at + 2]
        if pair == '""' or (words.here == "`" and len(pair) == 2):
            found.append(pair[1])
            words.at += 2
        elif words.here == '"':
            words.at += 1
            return "".join(found)
        else:
            found.append(words.here)
            words.at += 1


def _without_carets(text: str) -> str:
    """The line that cmd hands to a program: outside of quotes, `^` keeps the next character as it is."""
    found, quoted, at = [], False, 0
    while at < len(text):
        here = text[at]
        if here == "^" and not quoted:
            line_end = re.compile(r"\^[ \t]*\r?\n").match(text, at)
            if line_end:
                at = line_end.end()
                continue
            found.append(text[at + 1 : at + 2])
            at += 2
            continue
        if here == '"':
            quoted = not quoted
        if (here in "\r\n" or here in "|&") and not quoted:
            break
        found.append(here)
        at += 1
    return "".join(found)


def _argv(line: str) -> list[str]:
    """The words of a line as programs on Windows read them: backslashes count before a quote only."""
    words: list[str] = []
    word: list[str] | None = None
    quoted, at = False, 0
    while at < len(line):
        backslashes = BACKSLASHES.match(line, at).end() - at  # type: ignore[union-attr]  # it matches nothing too
        if backslashes and line[at + backslashes : at + backslashes + 1] == '"':
            word = [] if word is None else word
            word.append("\\" * (backslashes // 2))
            at += backslashes
            if backslashes % 2:
                word.append('"')
                at += 1
            continue
        if line[at] == '"':
            word = [] if word is None else word
            if quoted and line[at + 1 : at + 2] == '"':
                word.append('"')
                at += 1
            else:
                quoted = not quoted
        elif line[at] in " \t" and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [] if word is None else word
            word.append(line[at])
        at += 1
    if quoted:
        raise NotUnderstood('line 1 of the command: a quote (") is opened and never closed')
    return [*words, "".join(word)] if word is not None else words
