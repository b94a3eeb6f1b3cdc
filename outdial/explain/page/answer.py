"""What the page is told of one request: the explanation as `--json` has it, and what it shows of that in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from outdial.documents.template import fill
from outdial.explain.explanation import Explanation, Proposal, as_json
from outdial.explain.page.asks import asks
from outdial.explain.page.switches import OF_REQUEST, switches
from outdial.explain.terminal import joined, listed, name_of, said, verdict
from outdial.explain.verdict import Case
from outdial.provider.rule import RuleBase
from outdial.reasoning.search import Conflict

Groups = list[list[dict[str, Any]]]
"""Facts with their values, in words; of each group one is enough."""
STATES = {"holds": "holds", "depends": "not known", "refuses": "refuses with an earlier one"}


def told(found: Explanation) -> dict[str, Any]:
    """Everything that is shown of it."""
    document = as_json(found)
    document["verdict"] = verdict(found)
    if found.answer and found.accepted is False:
        document["message"] = fill(found.answer.message, found.answer.texts())
    document["published_as"] = [line.strip() for line in listed(found.published)] if found.published else []
    document["unknown"] = [{"fact": fact, "text": name_of(fact)} for fact in found.unknown]
    document["provided"] = _rests_on(found.case) if found.case and found.accepted is None else []
    if found.case is not None:
        blockers = {each.rule.id: place for place, each in enumerate(found.blockers)}
        for rule, shown in zip(found.case.rules, document["rules"], strict=True):
            shown |= _rule(rule, found.case, blockers)
    for proposal, shown in zip(found.changes, document["changes"], strict=True):
        shown |= _change(proposal)
    document["switches"] = switches(found.case) if found.case else []
    return document


def _rests_on(case: Case) -> Groups:
    """What has to be so, of what is not known, for a request to be accepted as it is."""
    solution = case.solve(case.accepted)
    return [] if isinstance(solution, Conflict) else _groups(case.provided(solution))


def _groups(provided: Iterable[Iterable[tuple[str, Any]]]) -> Groups:
    return [[{"fact": fact, "value": value, "text": said(fact, value)} for fact, value in group] for group in provided]


def _rule(rule: RuleBase, case: Case, blockers: Mapping[str, int]) -> dict[str, Any]:
    place = blockers.get(rule.id)
    in_the_way = None if place is None else "would refuse next" if place else "refuses"
    return {
        "shown": in_the_way or STATES[case.states[rule.id]],
        "asks": asks(rule),
        "answer": f"{rule.deny.status} {rule.deny.code}",
    }


def _change(proposal: Proposal) -> dict[str, Any]:
    steps = [{"who": who, "text": text} for who, text in joined(proposal.steps)]
    pulled = {fact: value for step in proposal.steps for fact, value in step.sets}
    facts = {fact: [value] for fact, value in pulled.items() if fact.partition(".")[0] not in OF_REQUEST}
    return {"in_words": steps, "facts": facts, "provided": _groups(proposal.change.provided)}
