"""What came of journeys, beside what came of rows: on the terminal, and for the same JSON and JUnit files."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from outdial.generation.journeys import JourneyResult
from outdial.verification.gate import Gate
from outdial.verification.result import shown


def failed(outcome: JourneyResult, gate: Gate) -> bool:
    """Whether it is why the run is not green; a step that does not hold and does not gate is observed."""
    return not outcome.passed and outcome.basis in gate.bases


def summary(outcomes: Sequence[JourneyResult], gate: Gate, verbose: bool) -> Iterator[str]:
    """What was observed otherwise, the journeys that fail, with `verbose` those that hold too; last how many hold."""
    for each in outcomes:
        if each.passed and verbose:
            yield f"ok   {each.journey.case_id} | {len(each.journey.steps)} steps | {each.journey.summary}"
        elif each.step and not failed(each, gate):
            told = f"{each.journey.case_id} | {each.basis} | {each.step}"
            yield f"{told} | not {each.expected} but {each.got} | {each.step.source}"
    yield from (str(each) for each in outcomes if failed(each, gate))
    failing = sum(failed(each, gate) for each in outcomes)
    holding = sum(each.passed for each in outcomes)
    basis = Counter(each.basis for each in outcomes)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(basis.items()))
    observed = f"; {len(outcomes) - failing - holding} observed otherwise" if failing + holding < len(outcomes) else ""
    seconds = sum(each.seconds for each in outcomes)
    yield f"{len(outcomes)} journeys played: {holding} hold, {failing} do not ({counted}){observed}; {seconds:.1f} s"


def entry(outcome: JourneyResult) -> dict[str, Any]:
    """All of it for JSON."""
    journey, step = outcome.journey, outcome.step
    return {
        "case": journey.case_id,
        "consumer": journey.consumer,
        "provider": journey.provider,
        "steps": [each.name for each in journey.steps],
        "step": step.name if step else None,
        "expected": outcome.expected or journey.summary,
        "got": outcome.got or journey.summary,
        "passed": outcome.passed,
        "problems": [f"{step}: expected {outcome.expected}, got {outcome.got}"] if step else [],
        "place": outcome.place,
        "basis": outcome.basis,
        "source": str((step or journey).source),
    }


def add_suite(suites: ElementTree.Element, outcomes: Sequence[JourneyResult], gate: Gate) -> None:
    """A suite of their own, beside that of the rows."""
    failures = str(sum(failed(each, gate) for each in outcomes))
    count = {"tests": str(len(outcomes)), "failures": failures, "errors": "0", "skipped": "0"}
    seconds = sum(each.seconds for each in outcomes)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "journeys", **count, "time": f"{seconds:.3f}"})
    for each in outcomes:
        named = {"classname": each.journey.consumer, "name": each.journey.case_id, "time": f"{each.seconds:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", named)
        if failed(each, gate):
            said = shown(f"{each.step}: expected {each.expected}, got {each.got}")
            failure = ElementTree.SubElement(case, "failure", {"message": said})
            failure.text = "\n".join(map(shown, str(each).splitlines()))
