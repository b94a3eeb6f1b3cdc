"""Docstrings say what a thing does or is in their first words."""

import ast
import re

import pytest

from tests.conftest import ROOT

RIDDLE = re.compile(r"(What|Who|Whose|Where|Why|How|Which|Whether)\b|.*\b(likewise|whoever|that which|of it)\b", re.I)
FILES = [path for room in ("outdial", "consumer_tests", "provider_states") for path in (ROOT / room).rglob("*.py")]


def riddles(source: str) -> list[str]:
    """Return the first line of each docstring that a reader has to solve."""
    nodes = ast.walk(ast.parse(source))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = [ast.get_docstring(node) or "" for node in nodes if isinstance(node, documented)]
    return [line for doc in docs for line in doc.splitlines()[:1] if RIDDLE.match(line)]


@pytest.mark.parametrize("room", sorted({path.parent for path in FILES}), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_docstring_opens_with_a_riddle(room: object) -> None:
    """A verb and its object, or a noun; no clause with what, whose or whether."""
    assert [line for path in FILES if path.parent == room for line in riddles(path.read_text(encoding="utf-8"))] == []


def test_a_riddle_is_found() -> None:
    """The check can fail."""
    assert riddles('"""What is not known of it."""') == ["What is not known of it."]
