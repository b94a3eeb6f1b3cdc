"""The verdict on a claim, computed from what is published and from playing its trial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outdial.definitions import Definition, NotLookedUp
from outdial.definitions.catalogue import catalogue
from outdial.provider import Policy
from outdial.provider.policy import Operation
from outdial.reports.claims.claim import Claim
from outdial.reports.settle.matrix import ACCEPTED, Cell, Outcome

HOLDS = "holds"
NOT_PUBLISHED = "not published"
NOT_LOOKED_UP = "not looked up"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict on a claim.

    `text` is `holds`, `holds, with another status`, `refused: <rule>`, `no such scope` (or field, header, …), `not
    published` with the open question where the trial's row rests on one, `not looked up`, or `does not hold: …`.
    `at_home` is the claim's row in the edition of its report, `tried` its trial in the published one, or None.
    """

    claim: Claim
    text: str
    at_home: Outcome
    tried: Outcome | None


class Evidence:
    """Input of the verdicts."""

    def __init__(
        self,
        cells: Sequence[Cell],
        policies: Mapping[str, Policy],
        definitions: Mapping[str, Definition],
        sources: Mapping[str, str],
    ) -> None:
        self._sources = sources
        self.definitions = definitions
        self.policies = policies
        self._outcomes = {(outcome.case_id, cell.edition): outcome for cell in cells for outcome in cell.outcomes}

    def verdict(self, claim: Claim) -> Verdict:
        """The verdict on one claim, and the outcomes that it rests on."""
        tried = self.at_home(claim.tried) if claim.tried else None
        return Verdict(claim, self._text(claim, tried), self.at_home(claim.row), tried)

    def at_home(self, case_id: str) -> Outcome:
        """Return the outcome of a case in its own edition."""
        return self._outcomes[case_id, case_id.partition("/")[0]]

    def accepted_operation(self, case_id: str) -> Operation | None:
        """The operation that accepts this case in its own edition; None when it is refused there."""
        outcome = self.at_home(case_id)
        if outcome.answered_by != ACCEPTED or outcome.operation is None:
            return None
        return self.policies[case_id.partition("/")[0]].operations[outcome.operation]

    def _text(self, claim: Claim, tried: Outcome | None) -> str:
        if claim.observed:
            found = HOLDS if claim.observed.holds else "does not hold"
            return f"{found}: {claim.observed.shows} (recorded answer {claim.observed.answer})"
        if claim.differ:
            one, other = (self._scopes(claim.api, name) for name in claim.differ)
            return f"does not hold: both have {', '.join(one & other)}" if one & other else HOLDS
        try:
            exists = self._exists(claim)
        except NotLookedUp:
            return NOT_LOOKED_UP
        if exists is False:
            return HOLDS if claim.denies else f"no such {_called(claim.kind)}"
        if claim.denies and exists:
            return f"does not hold: there is such a {_called(claim.kind)}"
        if tried and tried.basis == "assumed":
            return f"{NOT_PUBLISHED}: {self._sources[tried.case_id]}"
        return _compared(claim, tried) if tried else NOT_PUBLISHED

    def _exists(self, claim: Claim) -> bool | None:
        if claim.kind == "state":
            return None
        definition = self.definitions[claim.api]
        return claim.name in definition.properties(claim.of) if claim.of else definition.exists(claim.kind, claim.name)

    def _scopes(self, api: str, operation: str) -> set[str]:
        """The scopes of any operation that the vendor lists."""
        listed = catalogue(api)
        of_name = [each for each in listed.operations if each.name == operation] if listed else []
        return {scope for each in of_name for scope in each.scopes}


def _compared(claim: Claim, tried: Outcome) -> str:
    """Compare the expectation of a claim with the outcome."""
    if tried.answered_by == ACCEPTED:
        return HOLDS if claim.expects == ACCEPTED else "does not hold: accepted"
    if claim.expects == ACCEPTED:
        return f"refused: {tried.answered_by}"
    status = tried.got.partition(" ")[0]
    same = claim.expects == "refused" or str(claim.expects) == status
    return HOLDS if same else f"{HOLDS}, with another status"


def _called(kind: str) -> str:
    return {"sdk": "name in an SDK", "body": "property of an error", "code": "error code"}.get(kind, kind)
