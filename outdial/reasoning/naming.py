"""The names of facts in the space of one endpoint, and the facts of a real request by those names.

Operations of one endpoint may find their subjects differently, so a fact of a subject carries how it is found:
`client(basic.id).secret` and `client(form.client_id).secret` are two facts.
"""

from typing import Any

from outdial.provider.facts import SUFFIX, Facts
from outdial.provider.policy import Operation


def variable(operation: Operation, fact: str) -> str:
    """A fact of an operation by its name in the space."""
    if fact.endswith(SUFFIX):
        return variable(operation, fact.removesuffix(SUFFIX)) + SUFFIX
    first, _, rest = fact.partition(".")
    subject = operation.subjects.get(first)
    return f"{subject[0]}({variable(operation, subject[1])}).{rest}" if subject else fact


def split(name: str) -> tuple[str, str, str] | None:
    """Kind, finding fact and attribute of a subject's fact: `client(basic.id).secret`; None for any other."""
    subject, bracket, attribute = name.rpartition(").")
    if not bracket:
        return None
    kind, _, by = subject.partition("(")
    return kind, by, attribute


def fact_of(operation: Operation, name: str) -> str | None:
    """A fact of the space by its name in an operation; None when the operation finds no such subject."""
    if name.endswith(SUFFIX):
        fact = fact_of(operation, name.removesuffix(SUFFIX))
        return None if fact is None else fact + SUFFIX
    found = split(name)
    if found is None:
        return name
    kind, by, attribute = found
    for subject, (other_kind, other_by) in operation.subjects.items():
        if kind == other_kind and by == variable(operation, other_by):
            return f"{subject}.{attribute}"
    return None


class RealValues:
    """The facts of a real request by their names in the space; those of other operations' subjects are not known."""

    def __init__(self, facts: Facts, operation: Operation) -> None:
        self._facts = facts
        self.operation = operation

    def __contains__(self, name: str) -> bool:
        return fact_of(self.operation, name) is not None

    def __getitem__(self, name: str) -> Any:
        fact = fact_of(self.operation, name)
        if fact is None:
            raise KeyError(name)
        return self._facts[fact]

    def get(self, name: str) -> Any:
        """The fact, or None where the operation finds no such subject."""
        fact = fact_of(self.operation, name)
        return None if fact is None else self._facts[fact]
