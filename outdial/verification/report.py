"""The results of a verification: on the terminal, as JSON and as JUnit."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from outdial.pact_files import Interaction
from outdial.verification.result import LONGEST, CaseResult, shown

PROBLEMS = 2
"""Problems shown of one row."""
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one row. A row outside the gate is reported only and never fails.

    `place` is the row's `file:line` in its table; `refused_by` a rule of the stub with its facts.
    """

    about: Interaction
    result: CaseResult
    gates: bool = True
    place: str = ""
    refused_by: str = ""

    @property
    def failed(self) -> bool:
        """Return whether it fails the run."""
        return self.gates and not self.result.passed

    @property
    def told(self) -> dict[str, str]:
        """Place, rule and evidence of the row, as far as known."""
        told = {
            "place": self.place,
            "because": self.about.because or "",
            "basis": self.about.basis,
            "source": self.about.evidence,
            "refused by": self.refused_by,
        }
        return {name: value for name, value in told.items() if value}

    def __str__(self) -> str:
        """Return the result in at most eight lines."""
        about, result = self.about, self.result
        because = f" because {about.because}" if about.because else ""
        lines = [
            f"FAIL {about.case_id}{f'  {self.place}' if self.place else ''}",
            f"given    {about.given}",
            f"expected {about.expected}{because}",
            f"got      {result.got}",
            *(f"         {shown(problem, 2 * LONGEST)}" for problem in result.problems[:PROBLEMS]),
            f"{about.basis}: {about.evidence}",
        ]
        if len(result.problems) > PROBLEMS:
            lines[5] += f" (and {len(result.problems) - PROBLEMS} more)"
        if self.refused_by:
            lines.append(f"refused by {self.refused_by}")
        return "\n     ".join(lines)


def line(finding: Finding) -> str:
    """Return a row on one line."""
    about, result = finding.about, finding.result
    marks = ("ok  ", "FAIL") if finding.gates else ("seen", "else")
    mark = marks[0] if result.passed else marks[1]
    return f"{mark} {about.case_id} | expected {about.expected} | got {result.got} | given {about.given}"


def summary(findings: Sequence[Finding], seconds: float, slowest: int = 0) -> Iterator[str]:
    """Yield each pact with its count, the slowest rows, differences outside the gate, the failing rows, the total."""
    gating = [each for each in findings if each.gates]
    failing = [each for each in gating if each.failed]
    broken = Counter(_pact(each) for each in failing)
    for name, count in Counter(map(_pact, findings)).items():
        yield f"{count:5} {name}{f', {broken[name]} of them not honoured' if broken[name] else ''}"
    for each in sorted(findings, key=lambda each: -each.result.seconds)[:slowest]:
        yield f"{each.result.seconds:7.3f} s {each.about.case_id}"
    for each in findings:
        if not each.gates and not each.result.passed:
            about = each.about
            yield f"{about.case_id} | {about.basis} | not {about.expected} but {each.result.got} | {about.evidence}"
    yield from map(str, failing)
    basis = Counter(each.about.basis for each in gating)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(basis.items()))
    observed = f"; {len(findings) - len(gating)} observed" if len(gating) < len(findings) else ""
    outcome = f"{len(gating) - len(failing)} hold, {len(failing)} do not ({counted}){observed}"
    yield f"{len(gating)} interactions verified: {outcome}; {seconds:.1f} s"


def _pact(finding: Finding) -> str:
    return f"{finding.about.consumer} -> {finding.about.provider}"


def entry(finding: Finding) -> dict[str, Any]:
    """Return a result for the JSON file; `got` is the provider's answer in short."""
    about, result = finding.about, finding.result
    return {
        "case": about.case_id,
        "consumer": about.consumer,
        "provider": about.provider,
        "given": about.given,
        "expected": about.expected,
        "got": str(result.got),
        "status": result.got.status,
        "code": result.got.code,
        "message": result.got.message,
        "passed": result.passed,
        "problems": list(result.problems),
        **finding.told,
    }


def as_json(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the content of the file."""
    return (json.dumps(entries, indent=2) + "\n").encode()


def as_junit(suites: Element) -> bytes:
    """Return the content of the file."""
    return bytes(tostring(suites, encoding="utf-8", xml_declaration=True))


def add_suite(suites: Element, findings: Sequence[Finding], seconds: float) -> None:
    """Add one test case for each row; a failing one carries its facts as properties."""
    failures = str(sum(each.failed for each in findings))
    count = {"tests": str(len(findings)), "failures": failures, "errors": "0", "skipped": "0"}
    suite = SubElement(suites, "testsuite", {"name": "outdial", **count, "time": f"{seconds:.3f}"})
    for each in findings:
        about, result = each.about, each.result
        where = {"classname": _xml(about.pact.stem), "name": _xml(about.case_id), "time": f"{result.seconds:.3f}"}
        case = SubElement(suite, "testcase", where)
        if not result.passed:
            properties = SubElement(case, "properties")
            for name, value in {"expected": about.expected, "got": str(result.got), **each.told}.items():
                SubElement(properties, "property", {"name": name, "value": _xml(value)})
        if each.failed:
            failure = SubElement(case, "failure", {"message": _xml(f"expected {about.expected}, got {result.got}")})
            failure.text = _xml(str(each))


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
