"""What a person would know of a committed row: the request as it is sent, and the facts of what is arranged."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from outdial.explain.facts import AGENT, ANOTHER, OTHER_TEXT, SETS, TOKEN_OF, Ground, Knowledge
from outdial.explain.request import Request
from outdial.provider.policy import Operation
from tests.strength.editions import POLICIES, ArrangedRow, arranged_rows

__all__ = ["POLICIES", "all_rows", "known_of", "operation_of"]


@cache
def all_rows() -> list[ArrangedRow]:
    """Every row of every edition, arranged."""
    return [row for provider in POLICIES for row in arranged_rows(provider)]


def operation_of(row: ArrangedRow) -> Operation:
    """The operation that a row reaches."""
    return POLICIES[row.interaction.provider].operations[row.decision.operation]


def known_of(row: ArrangedRow) -> Knowledge:
    """All facts of a row, none unknown."""
    call, facts, operation = row.call, row.facts, operation_of(row)
    url = f"https://a.example/{call.path.lstrip('/')}"
    sent = Request(call.method, url, tuple(call.headers.items()), call.body)
    ground = Ground(operation, Knowledge(sent, {}), {})
    said: dict[str, tuple[Any, ...]] = {}
    complete = set[str]()

    def hold(fact: str, elements: Iterable[Any]) -> None:
        complete.add(fact)
        for each in elements:
            said[f"{fact}:{each}" if isinstance(each, str) else f"{fact}:{each[0]}"] = (
                (True,) if isinstance(each, str) else (each[1],)
            )

    scheme, text = call.authorization
    token = row.world.find("token", text) if scheme == "bearer" else None
    if facts["token.status"] is not None:
        said["token.status"] = (facts["token.status"],)
    if token is not None:
        said |= {f"token.{name}": (value,) for name, value in token.items() if name not in (*SETS, "user")}
        hold("token.scopes", token["scopes"])
        hold("token.permissions", token["permissions"])
        if token["user"] is not None:
            by = operation.subjects[ground.agent][1] if ground.agent else TOKEN_OF
            own = by == TOKEN_OF or facts[by] == token["user"]
            said[TOKEN_OF] = (AGENT if own else ANOTHER,)
            if own:
                hold("agent.permissions", token["permissions"])
    for subject, (kind, _) in operation.subjects.items():
        said[f"{subject}.exists"] = (facts[f"{subject}.exists"],)
        for name, value in (row.world.find(kind, facts[f"{subject}.id"]) or {}).items():
            fact = f"{subject}.{name}"
            if name in SETS:
                hold(fact, value)
            elif fact in ground.compared:
                other = facts[ground.compared[fact]]
                said |= {fact: (facts[fact] == other,)} if other is not None else {}
            elif fact in ground.valued:
                said[fact] = (facts[fact] if facts[fact] in ground.domain(fact) else OTHER_TEXT,)
    return Knowledge(sent, said, frozenset(complete))
