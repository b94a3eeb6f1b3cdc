"""Every committed row, explained from what is arranged for it, without looking at the contract."""

from collections.abc import Iterable
from time import process_time
from typing import Any

import pytest

from outdial.explain.answering import explain_known
from outdial.explain.facts import AGENT, ANOTHER, OTHER_TEXT, SETS, TOKEN_OF, Ground, Knowledge
from outdial.explain.request import Request
from tests.strength.editions import POLICIES, ArrangedRow, arranged_rows

ROWS = [pytest.param(row, id=row.case_id) for provider in POLICIES for row in arranged_rows(provider)]
SECONDS = 1.0


def known_of(row: ArrangedRow) -> Knowledge:
    """All facts of a row, none unknown."""
    call, facts = row.call, row.facts
    operation = POLICIES[row.interaction.provider].operations[row.decision.operation]
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
            by = ground.agent_key
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
            else:
                said[fact] = (facts[fact] if facts[fact] in ground.domain(fact) else OTHER_TEXT,)
    return Knowledge(sent, said, frozenset(complete))


@pytest.mark.parametrize("row", ROWS)
def test_the_first_blocker_is_the_reason_of_the_row_and_something_can_be_done(row: ArrangedRow) -> None:
    """The verdict is the provider's, the first blocker the row's `because`, and a refused caller is told what to do."""
    started = process_time()
    found = explain_known(known_of(row), POLICIES)
    seconds = process_time() - started
    assert found.edition == row.interaction.provider
    assert found.accepted is row.decision.accepted
    if not found.accepted:
        refusing = next(each.rule for each in found.rules if each.state == "refuses")
        assert refusing == row.interaction.because
        assert found.ways or found.wrong
    assert seconds < SECONDS
