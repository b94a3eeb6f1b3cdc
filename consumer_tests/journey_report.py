"""What came of journeys, beside what came of rows: the summary, and entries in the same JSON and JUnit files."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from consumer_tests.journeys import Outcome


def summary(outcomes: Sequence[Outcome], bases: Collection[str], verbose: bool) -> Iterator[str]:
    """The journeys that do not hold, or with `verbose` every one, and last how many hold; `bases` decide."""
    for each in outcomes:
        if verbose or not each.passed:
            observed = each.passed or each.basis in bases
            yield str(each) if observed else str(each).replace("FAIL", "seen", 1)
    failing = [each for each in outcomes if not each.passed]
    seen = sum(each.basis not in bases for each in failing)
    basis = Counter(each.basis for each in outcomes)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(basis.items()))
    observed_only = f", {seen} of them observed" if seen else ""
    held = f"{len(outcomes) - len(failing)} hold, {len(failing)} do not{observed_only}"
    yield f"{len(outcomes)} journeys played: {held} ({counted}); {sum(each.seconds for each in outcomes):.1f} s"


def add_to_json(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Add the journeys to the results of rows, if there are any."""
    entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    _write(path, (json.dumps([*entries, *map(_entry, outcomes)], indent=2) + "\n").encode())


def _entry(outcome: Outcome) -> dict[str, Any]:
    journey, step = outcome.journey, outcome.step
    about = step or journey
    return {
        "case": journey.case_id,
        "consumer": journey.consumer,
        "provider": journey.provider,
        "steps": [each.name for each in journey.steps],
        "step": step.name if step else None,
        "expected": outcome.expected or journey.summary,
        "got": outcome.got or journey.summary,
        "passed": outcome.passed,
        "problems": [] if step is None else [f"{step}: expected {outcome.expected}, got {outcome.got}"],
        "place": about.place,
        "basis": about.basis,
        "source": str(about.source),
    }


def add_to_junit(path: Path, outcomes: Sequence[Outcome], bases: Collection[str]) -> None:
    """Add the journeys to the results of rows, as a suite of their own."""
    root = ElementTree.parse(path).getroot() if path.exists() else ElementTree.Element("testsuites")  # noqa: S314 - written by this run
    failures = [each for each in outcomes if not each.passed and each.basis in bases]
    count = {"tests": str(len(outcomes)), "failures": str(len(failures)), "errors": "0", "skipped": "0"}
    seconds = sum(each.seconds for each in outcomes)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "journeys", **count, "time": f"{seconds:.3f}"})
    for each in outcomes:
        named = {"classname": each.journey.consumer, "name": each.journey.case_id, "time": f"{each.seconds:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", named)
        if each in failures:
            said = f"{each.step}: expected {each.expected}, got {each.got}"
            ElementTree.SubElement(case, "failure", {"message": _xml(said)}).text = _xml(str(each))
    _write(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _xml(text: str) -> str:
    return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)
