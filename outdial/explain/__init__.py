"""Explain a refused request: which condition refuses, and the smallest change after which it is accepted."""

from outdial.explain.answering import explain
from outdial.explain.explanation import Explanation
from outdial.explain.request import NotUnderstood

__all__ = ["Explanation", "NotUnderstood", "explain"]
