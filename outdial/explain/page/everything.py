"""What stands beside the explanation: every edition's rules, the claims with their verdicts, the contract's rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from outdial.definitions import Definition
from outdial.explain.levers import levers
from outdial.explain.page.asks import TOPICS, asks, topic
from outdial.explain.page.picture import in_words, picture
from outdial.pact_files import Interaction, read_interactions
from outdial.provider import Policy
from outdial.provider.policy import Operation
from outdial.reports.claims.claim import Claim, load_claims
from outdial.reports.claims.verdict import Evidence, Verdict
from outdial.reports.editions import api_of, edition_of, editions_of
from outdial.reports.settle.matrix import Cell, settle


def everything(
    policies: Mapping[str, Policy], definitions: Mapping[str, Definition], pacts: Sequence[Any]
) -> dict[str, Any]:
    """As JSON can carry it. Raises `BadPact`, `DocumentError`, `NotReplayable`."""
    interactions = read_interactions(list(pacts))
    cells = settle(interactions, policies)
    evidence = Evidence(cells, policies, definitions)
    claims = load_claims(definitions, [each.case_id for each in interactions])
    return {
        "topics": TOPICS,
        "costs": levers().cost,
        "editions": [_edition(provider, policies[provider]) for provider in _ordered(policies)],
        "pictures": _pictures(cells),
        "claims": [_claim(evidence.verdict(claim), claim) for claim in claims if _is_playable(claim, policies)],
        "rows": [_row(each) for each in interactions],
    }


def _ordered(policies: Mapping[str, Policy]) -> list[str]:
    """The providers, each API's published one first."""
    apis = dict.fromkeys(map(api_of, sorted(policies)))
    return [provider for api in apis for provider in editions_of(api, policies) if provider in policies]


def _edition(provider: str, policy: Policy) -> dict[str, Any]:
    return {
        "provider": provider,
        "api": api_of(provider),
        "edition": edition_of(provider),
        "source": policy.source,
        "operations": {name: _operation(each) for name, each in policy.operations.items()},
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "request": operation.request,
        "summary": operation.summary,
        "rules": [
            {
                "rule": rule.id,
                "topic": topic(rule),
                "asks": asks(rule),
                "answer": f"{rule.deny.status} {rule.deny.code}",
                "basis": rule.basis,
                "source": str(rule.source),
            }
            for rule in operation.rules
        ],
    }


def _pictures(cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """A picture for each API that has several editions, and the same in words."""
    by_api: dict[str, list[Cell]] = {}
    for cell in cells:
        by_api.setdefault(api_of(cell.home), []).append(cell)
    return [
        {"api": api, "svg": picture(own), "words": in_words(own)}
        for api, own in by_api.items()
        if len({cell.edition for cell in own}) > 1
    ]


def _is_playable(claim: Claim, policies: Mapping[str, Policy]) -> bool:
    """Whether the editions that a claim is tried on are among the policies, which may be other ones."""
    return all(case.partition("/")[0] in policies for case in (claim.row, claim.tried) if case)


def _claim(verdict: Verdict, claim: Claim) -> dict[str, Any]:
    tried = verdict.tried
    return {
        "by": claim.authors,
        "says": claim.says,
        "about": f"{claim.kind} {claim.name}",
        "verdict": verdict.text,
        "row": claim.row,
        "at_home": verdict.at_home.got,
        "tried": claim.tried,
        "expects": None if claim.expects is None else str(claim.expects),
        "got": f"{tried.answered_by}: {tried.got}" if tried else None,
        "instead": claim.instead,
    }


def _row(row: Interaction) -> dict[str, Any]:
    return {
        "case": row.case_id,
        "consumer": row.consumer,
        "request": f"{row.request.method} {row.request.path}",
        "given": row.given,
        "expected": row.expected,
        "because": row.because,
        "basis": row.basis,
        "source": row.evidence,
    }
