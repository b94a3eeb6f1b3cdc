"""Explain a refused request: which condition refuses, and the smallest change after which it is accepted."""

from outdial.explain.explanation import Explanation, explain
from outdial.explain.request import NotUnderstood

__all__ = ["Explanation", "NotUnderstood", "explain"]
