"""The verdict on a claim, computed from published names, the published policy and the matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provider_stub import Policy
from provider_stub.policy import Operation
from reports.claims.claim import Claim
from reports.published_names import PublishedNames
from reports.settle.matrix import ACCEPTED, NO_OPERATION, Cell, Outcome

HOLDS = "holds"
NOT_PUBLISHED = "not published"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a claim is worth.

    `text` is `holds`, `refused: <rule>`, `no such scope` (or field, header, …), `not published`, or `does not hold: …`.
    `at_home` is the claim's row in the edition of its report, `published` the same row in the published one, None
    where the vendor's edition does not exist.
    """

    claim: Claim
    text: str
    at_home: Outcome
    published: Outcome | None


class Evidence:
    """What verdicts are computed from."""

    def __init__(
        self, cells: Sequence[Cell], policies: Mapping[str, Policy], names: Mapping[str, PublishedNames]
    ) -> None:
        self.names = names
        self.policies = policies
        self._outcomes = {(outcome.case_id, cell.edition): outcome for cell in cells for outcome in cell.outcomes}
        self._read = {provider: facts_read(policy) for provider, policy in policies.items()}

    def verdict(self, claim: Claim) -> Verdict:
        """The verdict on one claim, and the outcomes that it rests on."""
        published = self._outcomes.get((claim.row, claim.api))
        return Verdict(claim, self._text(claim, published), self.at_home(claim.row), published)

    def at_home(self, case_id: str) -> Outcome:
        """What a case meets in the edition that it was written for."""
        return self._outcomes[case_id, case_id.partition("/")[0]]

    def accepted_operation(self, case_id: str) -> Operation | None:
        """The operation that accepts this case in its own edition; None when it is refused there."""
        outcome = self.at_home(case_id)
        if outcome.answered_by != ACCEPTED or outcome.operation is None:
            return None
        return self.policies[case_id.partition("/")[0]].operations[outcome.operation]

    def _text(self, claim: Claim, published: Outcome | None) -> str:
        exists = self._exists(claim)
        if exists is False:
            return HOLDS if claim.denies else f"no such {claim.kind}"
        if exists is None or published is None:
            return NOT_PUBLISHED
        if claim.denies:
            return f"does not hold: there is such a {claim.kind}"
        if published.holds:
            return HOLDS
        if published.answered_by == ACCEPTED:
            return "does not hold: accepted"
        return NOT_PUBLISHED if published.answered_by == NO_OPERATION else f"refused: {published.answered_by}"

    def _exists(self, claim: Claim) -> bool | None:
        """A state counts as published when a rule of the published policy asks for it."""
        if claim.kind == "state":
            return True if claim.name in self._read.get(claim.api, ()) else None
        return self.names[claim.api].exists(claim.kind, claim.name)


def facts_read(policy: Policy) -> frozenset[str]:
    """Every fact that any rule of a policy asks for, each as `<kind of record>.<field>`."""
    read = set()
    for operation in policy.operations.values():
        kinds = {subject: kind for subject, (kind, _) in operation.subjects.items()}
        for rule in operation.rules:
            for fact in {*rule.candidates(), *({rule.when.fact} if rule.when else ())}:
                subject, _, field = fact.partition(".")
                read.add(f"{kinds.get(subject, subject)}.{field}")
    return frozenset(read)
