"""Faulty versions of a regular expression, each with a text that only one of the two matches."""

import re
from collections.abc import Iterator
from itertools import accumulate, product
from re import _parser as parser
from typing import Any

PARTLY = {"at-its-beginning": "(?:{})(?s:.*)", "at-its-end": "(?s:.*)(?:{})", "anywhere": "(?s:.*)(?:{})(?s:.*)"}
"""Where else than in the whole text a pattern may be looked for."""
BOUNDS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}")
"""How many times something may be there; what is escaped or in a class is passed over."""
PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?:)?|.", re.DOTALL)
"""A pattern character by character, its classes, escapes and opened groups as wholes."""
CLASSES = {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "x", "CATEGORY_NOT_DIGIT": "x"}
ANY = "x"


def other_patterns(pattern: str, example: str) -> Iterator[tuple[str, str, str]]:
    """What is changed, the changed pattern, and a text of which the two say different things."""
    for detail, changed in _changed(pattern):
        texts = [f"{example}{ANY}", f"{ANY}{example}", f"{ANY}{example}{ANY}", *_texts_of(changed), *_texts_of(pattern)]
        for text in texts:
            if bool(re.fullmatch(changed, text)) != bool(re.fullmatch(pattern, text)):
                yield detail, changed, text
                break


def _changed(pattern: str) -> Iterator[tuple[str, str]]:
    for where, form in PARTLY.items():
        yield where, form.format(pattern)
    for start, end in _alternatives(pattern):
        left = pattern[: start - 1] if pattern[start - 1 : start] == "|" else pattern[:start]
        right = pattern[end:] if left != pattern[:start] else pattern[end + 1 :]
        yield f"without-{pattern[start:end]}", left + right
    for found in BOUNDS.finditer(pattern):
        low, high = found.groups()
        if low is None:
            continue
        bounds = int(low), int(low if high is None else high or 0)
        for change in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            least, most = bounds[0] + change[0], bounds[1] + change[1]
            if 0 <= least <= most or (high == "" and least >= 0 and not change[1]):
                within = f"{{{least},{'' if high == '' else most}}}"
                yield f"{within}-for-{found[0]}", pattern[: found.start()] + within + pattern[found.end() :]


def _alternatives(pattern: str) -> Iterator[tuple[int, int]]:
    """Where each alternative begins and ends, of the whole pattern and of every group with more than one."""
    opened: list[list[int]] = [[0]]
    parts = PARTS.findall(pattern)
    for part, end in zip(parts, accumulate(map(len, parts)), strict=True):
        if part.startswith("("):
            opened.append([end])
        elif part == "|":
            opened[-1].append(end)
        elif part == ")":
            yield from _spans(opened.pop(), end)
    yield from _spans(opened.pop(), len(pattern) + 1)


def _spans(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    if len(starts) > 1:
        yield from ((start, following - 1) for start, following in zip(starts, [*starts[1:], end], strict=True))


def _texts_of(pattern: str) -> list[str]:
    """The shortest and the longest texts that a pattern matches, one for each way through its alternatives."""
    return [text for longest in (False, True) for text in _texts(parser.parse(pattern), longest)]


def _texts(tree: Any, longest: bool) -> list[str]:
    return ["".join(parts) for parts in product(*(_of_part(str(kind), told, longest) for kind, told in tree))]


def _of_part(kind: str, told: Any, longest: bool) -> list[str]:
    """Texts of one part of a pattern; none of what is not known here."""
    match kind:
        case "LITERAL":
            return [chr(told)]
        case "IN":
            return _of_part(str(told[0][0]), told[0][1], longest)
        case "RANGE":
            return [chr(told[0])]
        case "CATEGORY":
            return [CLASSES.get(str(told), ANY)]
        case "ANY" | "NOT_LITERAL" | "NEGATE":
            return [ANY]
        case "AT":
            return [""]
        case "BRANCH":
            return [text for each in told[1] for text in _texts(each, longest)]
        case "SUBPATTERN":
            return _texts(told[-1], longest)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, repeated = told
            times = least if not longest else least + 1 if most is parser.MAXREPEAT else most
            return [text * times for text in _texts(repeated, longest)]
    return []
