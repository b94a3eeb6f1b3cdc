"""Selection of rows by `-k`, with pytest's meaning."""

import ast
import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from outdial.documents import suggest

WORD = re.compile(r"[^\s()]+")
OPERATORS = ("and", "or", "not")
LOGIC = (ast.Expression, ast.BoolOp, ast.UnaryOp, ast.And, ast.Or, ast.Not, ast.Name, ast.Load)


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
    words = [word.lower() for word in WORD.findall(expression) if word not in OPERATORS]
    numbers = iter(range(len(words)))
    source = WORD.sub(lambda word: word[0] if word[0] in OPERATORS else f"word{next(numbers)}", expression)
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except SyntaxError:
        tree = None
    if tree is None or not all(isinstance(each, LOGIC) for each in ast.walk(tree)):
        problem = "expected words joined by and, or, not and parentheses"
        raise BadSelection(f"invalid -k {expression!r}: {problem}, for example 'get_call and not no-scope'")
    code = compile(tree, "-k", "eval")

    def holds(name: str) -> bool:
        values = {f"word{number}": word in name.lower() for number, word in enumerate(words)}
        return bool(eval(code, {"__builtins__": {}}, values))  # noqa: S307 - names, and, or, not: nothing else

    return holds
