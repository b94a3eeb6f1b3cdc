"""Selection of rows by `-k`, with pytest's meaning."""

import ast
import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from outdial.documents import suggest

WORD = re.compile(r"[^\s()]+")
OPERATORS = ("and", "or", "not")


class NoSuchRow(Exception):
    """Raised when no row matches `-k`. The message suggests the closest id."""

    exit_code: ClassVar[int] = 5

    def __init__(self, asked: str, case_ids: Iterable[str]) -> None:
        names = dict.fromkeys(case_id.rpartition("/")[2] for case_id in case_ids)
        super().__init__(f"-k {asked!r} selects no row{suggest(asked, names)}")


class BadSelection(Exception):
    """Raised when `-k` is not an expression of words, and, or, not and parentheses."""

    exit_code: ClassVar[int] = 4


def selector(expression: str) -> Callable[[str], bool]:
    """Return the test of a name for an expression such as `get_call and not (no-scope or unknown)`.

    A word matches where it is part of the name, in either case. An empty expression selects all. Raises `BadSelection`.
    """
    if not expression.strip():
        return lambda _: True
    words: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        if found[0] in OPERATORS:
            return found[0]
        words.append(found[0].lower())
        return f"word{len(words) - 1}"

    try:
        tree = ast.parse(WORD.sub(numbered, expression).strip(), mode="eval").body
        _check(tree)
    except (SyntaxError, ValueError):
        problem = "expected words joined by and, or, not and parentheses"
        raise BadSelection(f"invalid -k {expression!r}: {problem}, for example 'get_call and not no-scope'") from None
    return lambda name: _holds(tree, words, name.lower())


def _check(node: ast.expr) -> None:
    if isinstance(node, ast.BoolOp):
        for each in node.values:
            _check(each)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check(node.operand)
    elif not isinstance(node, ast.Name):
        raise ValueError


def _holds(node: ast.expr, words: list[str], name: str) -> bool:
    if isinstance(node, ast.BoolOp):
        combine = all if isinstance(node.op, ast.And) else any
        return combine(_holds(each, words, name) for each in node.values)
    if isinstance(node, ast.UnaryOp):
        return not _holds(node.operand, words, name)
    assert isinstance(node, ast.Name)
    return words[int(node.id.removeprefix("word"))] in name
