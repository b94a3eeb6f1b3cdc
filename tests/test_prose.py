"""Docstrings say what a thing does or is in their first words."""

import ast
import re

from tests.conftest import ROOT

RIDDLE = re.compile(r"(What|Who|Whose|Where|Why|How|Which|Whether)\b|.*\b(likewise|whoever|that which|of it)\b", re.I)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def riddles(source: str) -> list[str]:
    """Return the first line of each docstring that a reader has to solve."""
    docs = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, DOCUMENTED)]
    return [line for doc in docs for line in doc.splitlines()[:1] if RIDDLE.match(line)]


def test_no_docstring_opens_with_a_riddle() -> None:
    """A verb and its object, or a noun; no clause with what, whose or whether."""
    assert riddles('"""What is not known of it."""'), "the check can fail"
    paths = [path for room in ("outdial", "consumer_tests", "provider_states") for path in (ROOT / room).rglob("*.py")]
    assert {path.name: found for path in paths if (found := riddles(path.read_text(encoding="utf-8")))} == {}
