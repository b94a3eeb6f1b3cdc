"""Rows of each published code and field; for a code without a row, the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from outdial.definitions import Definition, PublishedOperation
from outdial.documents import Document, Together, suggest
from outdial.documents.document import Location
from outdial.tables import Scenario
from outdial.tables.citations import operation_of

NOT_ASSERTED = Path(__file__).parent / "not_asserted.yaml"
EVERY = "every operation"
Reasons = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One code of one operation: the rows that expect it, or else why there is none."""

    operation: str
    status: int
    code: str
    rows: tuple[Scenario, ...]
    reason: str


def coverage(definition: Definition, scenarios: Sequence[Scenario], path: Path = NOT_ASSERTED) -> list[Coverage]:
    """Return every code of every operation. Raises `DocumentError` for a reason that nothing needs."""
    document = Document.read(path)
    reasons = document.parse(dict[str, dict[str, dict[str, str]]])[definition.api]
    found, used, wrong = [], set[tuple[str, str]](), Together()
    for name, operation in definition.operations.items():
        rows = [each for each in scenarios if _operation(definition, each) is operation]
        for status, codes in operation.codes.items():
            for code in codes:
                expecting = tuple(each for each in rows if _code(each) == code)
                stands = next((part for part in (name, EVERY) if code in reasons.get(part, {})), None)
                reason = "" if stands is None or expecting else reasons[stands][code]
                if stands and not expecting:
                    used.add((stands, code))
                if not expecting and not reason:
                    reason = "the client does not tell it apart"
                found.append(Coverage(name, status, code, expecting, reason))
    for part, given in reasons.items():
        for code in given:
            if (part, code) not in used:
                place: Location = (definition.api, part, code)
                known = [each.code for each in found if part in (EVERY, each.operation)]
                hint = "" if code in known else suggest(code, known)
                with wrong:
                    raise document.error(place, f"{code!r} needs no reason: it has rows, or is not published{hint}")
    wrong.raise_found()
    return found


def fields(definition: Definition, scenarios: Sequence[Scenario]) -> dict[str, tuple[Scenario, ...]]:
    """Every field that the operations' requests take, with the rows that send it in a typed call."""
    bodies = dict.fromkeys(operation.body for operation in definition.operations.values() if operation.body)
    sending = [each for each in scenarios if isinstance(each.request.body, Mapping)]
    return {
        name: tuple(each for each in sending if name in each.request.body)
        for body in bodies
        for name in definition.properties(body)
    }


def _operation(definition: Definition, scenario: Scenario) -> PublishedOperation | None:
    return operation_of(definition, scenario.request.method, scenario.request.path)


def _code(scenario: Scenario) -> str | None:
    body = scenario.expected.body
    return body.get("code") if isinstance(body, Mapping) and scenario.expected.refusal else None
