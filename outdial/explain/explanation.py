"""The explanation of one request at one edition: verdict, blockers, names, changes, response; and its JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outdial.definitions import Definition
from outdial.explain.answer_match import Match, match_response
from outdial.explain.apis import Instead, apis
from outdial.explain.change import Change, NoChange, smallest_changes
from outdial.explain.curl_text import curl_of
from outdial.explain.knowledge import AGENT, TOKEN_OF, Knowledge
from outdial.explain.levers import ChangeStep, levers
from outdial.explain.names import Names, check_names
from outdial.explain.played import Changed, play
from outdial.explain.published import Published, published_operation
from outdial.explain.request import is_placeholder
from outdial.explain.response import PastedResponse
from outdial.explain.situation import Ground, placeholder
from outdial.explain.target import ApiPath, base_of, matches, target_of
from outdial.explain.verdict import Blocker, Case
from outdial.provider import Policy
from outdial.provider.denial import Denial
from outdial.provider.policy import Operation
from outdial.reasoning.search import Conflict
from outdial.tables.citations import operation_of


class NotAccepted(AssertionError):
    """The engine refuses what the search took for accepted: a defect of this room, never of the input."""


@dataclass(frozen=True)
class Proposal:
    """A change, the operation that is then called, and the request as a command."""

    operation: Operation
    change: Change
    steps: tuple[ChangeStep, ...]
    cost: int
    curl: str


@dataclass(frozen=True)
class Explanation:
    """`operation` is None where the edition has none for this request; `case` is then None too.

    `told_by` are other editions that have the operation, `published` is what the vendor lists of it. `changes` are
    sorted by cost, the smallest first; for each operation that does the job, all that tie there.
    `no_change` says why there is none.
    """

    target: ApiPath
    operation: Operation | None
    case: Case | None
    accepted: bool | None
    answer: Denial | None
    blockers: tuple[Blocker, ...]
    unknown: tuple[str, ...]
    names: Names
    changes: tuple[Proposal, ...]
    no_change: str
    instead: Instead | None
    match: Match | None
    told_by: tuple[str, ...] = ()
    published: Published | None = None


def explain(
    known: Knowledge,
    policies: Mapping[str, Policy],
    names: Mapping[str, Definition],
    edition: str | None = None,
    response: PastedResponse | None = None,
) -> Explanation:
    """Explain what is known of a request. Raises `NotUnderstood`."""
    target = target_of(known.sent.request, policies, edition)
    found = check_names(known, target, names)
    match = _match(response, target, names.get(target.provider)) if response else None
    case = _case(known, target)
    if case is None:
        listed = published_operation(known, target, names.get(target.provider))
        return _without_operation(target, found, match, _told_by(known, target, policies), listed)
    blockers = case.blockers
    accepted = case.verdict
    changes, no_change = ((), "") if accepted else _changes(case, target, known)
    if accepted is None:
        changes = tuple(each for each in changes if each.cost > 0)
        no_change = "" if changes else "nothing has to change if what is not known is as listed"
    return Explanation(
        target,
        case.ground.operation,
        case,
        accepted,
        blockers[0].rule.deny if blockers else None,
        blockers,
        case.open_facts,
        found,
        changes,
        no_change,
        None,
        match,
    )


def _case(known: Knowledge, target: ApiPath) -> Case | None:
    """The first operation of the endpoint that can take the request."""
    meant = _meant(target)
    cases = [Case(Ground(each, known, target.steps, meant), target.endpoint) for each in target.endpoint]
    return next((case for case in cases if not isinstance(case.solve(case.reached), Conflict)), None)


def _match(response: PastedResponse, target: ApiPath, definition: Definition | None) -> Match:
    first = next(iter(target.endpoint), None)
    published = operation_of(definition, first.method, first.path) if definition and first else None
    return match_response(response, target.policy, target.endpoint, published)


def _meant(target: ApiPath) -> Mapping[str, str]:
    """The fields that are meant by others, at the published edition."""
    published = target.provider == target.api
    return apis().meant.get(target.api, {}).get("field", {}) if published else {}


def _told_by(known: Knowledge, target: ApiPath, policies: Mapping[str, Policy]) -> tuple[str, ...]:
    others = [each for each in policies if each.partition(".")[0] == target.api and each != target.provider]
    return tuple(each for each in others if target_of(known.sent.request, policies, each).endpoint)


def _without_operation(
    target: ApiPath, names: Names, match: Match | None, told_by: tuple[str, ...], listed: Published | None
) -> Explanation:
    known = apis().instead.get(target.api, {})
    instead = next((each for template, each in known.items() if matches(template, target.path)), None)
    absent = any(name.kind == "path" for name in names.absent) or target.provider != target.api
    denial = target.policy.unknown_path if target.policy and absent else None
    accepted = False if absent else listed.accepted if listed else None
    why = "no operation of this edition has this method and path"
    if listed:
        why = "no rules of this operation are kept here; what it asks for is all that is known"
    return Explanation(target, None, None, accepted, denial, (), (), names, (), why, instead, match, told_by, listed)


def _changes(case: Case, target: ApiPath, known: Knowledge) -> tuple[tuple[Proposal, ...], str]:
    policy = target.policy
    assert policy is not None
    found: list[Proposal] = []
    reasons: dict[str, None] = {}
    for operation in _doing_the_same(case.ground.operation, policy):
        ground, moved = _moved(case, operation, policy, known, target)
        outcome = smallest_changes(ground)
        if isinstance(outcome, NoChange):
            reasons |= dict.fromkeys(_reason(outcome))
            continue
        for change in outcome:
            steps = (*moved, *change.steps)
            if steps:
                found.append(_proposal(operation, change, steps, policy, known))
    found.sort(key=lambda each: (each.cost, _made_up(each), each.operation is not case.ground.operation))
    return tuple(found), "" if found else "; ".join(reasons)


def _reason(outcome: NoChange) -> tuple[str, ...]:
    if outcome.given_up:
        return ("the search was given up; no change is known",)
    if not outcome.facts:
        return ("this operation accepts no such request, whoever makes it",)
    return (f"nobody can change {', '.join(outcome.facts)}",)


def _made_up(proposal: Proposal) -> int:
    """How many of its values have to be filled in by the reader."""
    return sum(value == placeholder(fact) for step in proposal.steps for fact, value in step.sets)


def _doing_the_same(operation: Operation, policy: Policy) -> list[Operation]:
    """The operation itself, then those of its endpoint, and those that make the same kinds of records."""
    made = _made_by(operation)
    others = [
        each
        for each in policy.operations.values()
        if each is not operation
        and each.method == operation.method
        and (each.path == operation.path or (made and made == _made_by(each)))
    ]
    return [operation, *others]


def _made_by(operation: Operation) -> list[str]:
    return sorted(each.kind for each in operation.accept.creates.values())


def _moved(
    case: Case, operation: Operation, policy: Policy, known: Knowledge, target: ApiPath
) -> tuple[Case, tuple[ChangeStep, ...]]:
    """The same request sent to another operation, and the step of doing so."""
    if operation is case.ground.operation:
        return case, ()
    endpoint = [each for each in policy.operations.values() if each.request == operation.request]
    ground = Ground(operation, known, _steps(operation, case, target), _meant(target))
    if operation.request == case.ground.operation.request:
        return Case(ground, endpoint), ()
    step = ChangeStep("call-operation", "caller", f"call {operation.request}", levers().cost["caller"], ())
    return Case(ground, endpoint), (step,)


def _steps(operation: Operation, case: Case, target: ApiPath) -> dict[str, str]:
    """The values of the other path: the agent's id where the request names the agent."""
    ground = case.ground
    by = ground.subjects[ground.agent][1] if ground.agent else TOKEN_OF
    named = ground.possible(by) if by != TOKEN_OF else None
    agent = named[0] if named and isinstance(named[0], str) else None
    steps = dict(target.steps)
    for subject, (kind, found_by) in operation.subjects.items():
        if kind == AGENT and found_by.startswith("path.") and agent and subject:
            steps.setdefault(found_by.removeprefix("path."), agent)
    return steps


def _proposal(
    operation: Operation, change: Change, steps: tuple[ChangeStep, ...], policy: Policy, known: Knowledge
) -> Proposal:
    changed = Changed(change.case, change.solution)
    answer = play(changed, policy)
    if answer.decision is None or not answer.decision.accepted:
        refused = answer.decision.refused_by.id if answer.decision and answer.decision.refused_by else "no operation"
        raise NotAccepted(f"{operation.request}: {[step.text for step in steps]} is refused by {refused}")
    host = known.sent.request.parts.netloc
    if not host or is_placeholder(host):
        host = next(iter(apis().hosts.get(policy.provider.partition(".")[0], ["<host>"])), "<host>")
        host = "<host>" if "*" in host else host
    host += base_of(policy.provider.partition(".")[0], known.sent.request.parts.path)
    return Proposal(operation, change, steps, sum(step.cost for step in steps), curl_of(changed, host))


def all_editions(
    known: Knowledge,
    policies: Mapping[str, Policy],
    names: Mapping[str, Definition],
    response: PastedResponse | None = None,
) -> Sequence[Explanation]:
    """The explanation of each edition of the request's API, the published one first."""
    api = target_of(known.sent.request, policies).api
    providers = [api, *sorted(each for each in policies if each.partition(".")[0] == api and each != api)]
    return [explain(known, policies, names, provider, response) for provider in providers]


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as documented in docs/explain.md."""
    found, policy, case = explanation, explanation.target.policy, explanation.case
    return {
        "edition": found.target.provider,
        "source": policy.source if policy else None,
        "operation": found.operation.request if found.operation else None,
        "accepted": found.accepted,
        "answer": {"status": found.answer.status, "code": found.answer.code} if found.answer else None,
        "blockers": [_blocker(each) for each in found.blockers],
        "rules": [
            {
                "rule": rule.id,
                "state": case.states[rule.id] if case else None,
                "basis": rule.basis,
                "source": str(rule.source),
            }
            for rule in (case.rules if case else ())
        ],
        "unknown": list(found.unknown),
        "no_such": [{"kind": each.kind, "name": each.name, "nearest": each.nearest} for each in found.names.absent],
        "not_looked_up": [{"kind": each.kind, "name": each.name} for each in found.names.not_looked_up],
        "changes": [_change(each) for each in found.changes],
        "no_change": found.no_change or None,
        "told_by": list(found.told_by),
        "published": _published(found.published) if found.published else None,
        "instead": found.instead.model_dump() if found.instead else None,
        "response": {"possible": found.match.possible, "rules": list(found.match.rules), "why": found.match.why}
        if found.match
        else None,
    }


def _published(found: Published) -> dict[str, Any]:
    operation = found.operation
    return {
        "operation": f"{operation.method} {operation.path}",
        "permissions": {"mode": operation.mode, "names": list(operation.permissions), "held": found.permission},
        "scopes": {"names": list(operation.scopes), "held": found.scope},
        "source": found.source,
    }


def _blocker(blocker: Blocker) -> dict[str, Any]:
    rule = blocker.rule
    return {
        "rule": rule.id,
        "status": rule.deny.status,
        "code": rule.deny.code,
        "facts": list(blocker.facts),
        "basis": rule.basis,
        "source": str(rule.source),
    }


def _change(proposal: Proposal) -> dict[str, Any]:
    return {
        "operation": proposal.operation.request,
        "cost": proposal.cost,
        "steps": [{"lever": step.lever, "who": step.who, "text": step.text} for step in proposal.steps],
        "provided": [[{"fact": fact, "value": value} for fact, value in group] for group in proposal.change.provided],
        "curl": proposal.curl,
        "accepted": True,
    }
