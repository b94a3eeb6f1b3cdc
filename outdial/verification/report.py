"""The results of a verification: on the terminal, as JSON and as JUnit."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, SubElement, tostring

from outdial.verification.result import Finding
from outdial.verification.run import BASES, Verification

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadResults(Exception):
    """Raised where a result file would replace a file that is read, or another result."""

    exit_code: ClassVar[int] = 4


def line(finding: Finding) -> str:
    """Return a row on one line."""
    mark = ("ok  " if finding.passed else "FAIL") if finding.gates else ("seen" if finding.passed else "else")
    told = f"expected {finding.expected} | got {finding.got} | given {finding.given}"
    return f"{mark} {finding.case_id} | {told}"


def summary(done: Verification, slowest: int = 0, verbose: bool = False) -> Iterator[str]:
    """Yield notes, each pact with its count, the slowest rows, the failures, the totals, and the evidence."""
    rows, gating = done.findings, [each for each in done.findings if each.gates]
    failing = [each for each in gating if each.failed]
    broken = Counter(f"{each.consumer} -> {each.provider}" for each in failing)
    yield from done.notes
    if done.selected < done.rows:
        yield f"{done.selected} of {done.rows} rows selected"
    for name, count in Counter(f"{each.consumer} -> {each.provider}" for each in rows).items():
        yield f"{count:5} {name}{f', {broken[name]} of them not honoured' if broken[name] else ''}"
    for each in sorted(rows, key=lambda each: -each.seconds)[:slowest]:
        yield f"{each.seconds:7.3f} s {each.case_id}"
    for each in rows:
        if not each.gates and not each.passed:
            yield f"{each.case_id} | {each.basis} | not {each.expected} but {each.got} | {each.evidence}"
    yield from map(str, failing)
    basis = Counter(each.basis for each in gating)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(basis.items()))
    observed = f"; {len(rows) - len(gating)} observed" if len(gating) < len(rows) else ""
    outcome = f"{len(gating) - len(failing)} hold, {len(failing)} do not ({counted}){observed}"
    yield f"{len(gating)} interactions verified: {outcome}; {done.seconds:.1f} s"
    if done.never:
        yield f"{done.never} rows skipped: no organisation can arrange their state, so only our stub plays them"
    yield from _journeys(done.journeys, verbose)
    known = Counter(each.basis for each in rows)
    if any(known[each] for each in BASES):
        assumed = "; assumed rows are checked against our own stub only" if known["assumed"] else ""
        yield f"evidence: {', '.join(f'{known[each]} {each}' for each in BASES if known[each])}{assumed}"


def _journeys(results: Sequence[Finding], verbose: bool) -> Iterator[str]:
    for each in results:
        if each.skipped:
            yield f"not played: {each.case_id}: {each.skipped}"
        elif not each.passed:
            yield str(each)
        elif verbose:
            yield f"ok   {each.case_id}"
    if results:
        holding = sum(each.passed and not each.skipped for each in results)
        failing = sum(each.failed for each in results)
        other = sum(not each.passed and not each.gates for each in results)
        reported = f", {other} reported only" if other else ""
        yield f"{holding} journeys hold" + (f", {failing} do not{reported}" if failing or other else "")


def prepare(files: Sequence[Path], read: Sequence[Path]) -> None:
    """Remove the results of an earlier run. Raises `BadResults` for a file that is input, a device, or named twice."""
    known = [each.resolve() for each in read]
    for at, file in enumerate(files):
        path = file.resolve()
        inside = path.suffix in (".json", ".yaml") and any(each in path.parents for each in known)
        if path in known or inside:
            raise BadResults(f"{file}: that file is input; name another for the results")
        if path.exists() and not path.is_file():
            raise BadResults(f"{file}: expected a regular file for the results")
        if file in files[:at]:
            raise BadResults(f"{file}: named for two results; name a file for each")
    for file in files:
        file.unlink(missing_ok=True)
        file.parent.mkdir(parents=True, exist_ok=True)


def write(done: Verification, json_file: Path, junit_file: Path) -> None:
    """Write the results, each file whole or not at all. Raises OSError."""
    suites = Element("testsuites")
    for name, findings in (("outdial", done.findings), ("journeys", done.journeys)):
        if findings:
            count = {"tests": str(len(findings)), "failures": str(sum(each.failed for each in findings)), "errors": "0"}
            suite = SubElement(suites, "testsuite", {"name": name, **count})
            for each in findings:
                _add_case(suite, each)
    entries = [entry(each) for each in (*done.findings, *done.journeys) if not each.skipped]
    xml = bytes(tostring(suites, encoding="utf-8", xml_declaration=True))
    for path, content in ((json_file, (json.dumps(entries, indent=2) + "\n").encode()), (junit_file, xml)):
        partial = path.with_name(path.name + ".partial")
        partial.write_bytes(content)
        partial.replace(path)


def entry(finding: Finding) -> dict[str, Any]:
    """Return a result for the JSON file; `gates` tells whether it decides, `got` is the answer in short."""
    found = {"case": finding.case_id}
    found |= {name: getattr(finding, name) for name in ("consumer", "provider", "given", "expected")}
    got = {"got": str(finding.got), **asdict(finding.got)}
    outcome = {"passed": finding.passed, "gates": finding.gates, "problems": list(finding.problems)}
    return {**found, **got, **outcome, **_told(finding)}


def _told(finding: Finding) -> dict[str, str]:
    told = {name: str(getattr(finding, name)) for name in ("basis", "place", "because")}
    told |= {"source": finding.evidence, "refused by": finding.refused_by}
    return {name: value for name, value in told.items() if value}


def _add_case(suite: Element, finding: Finding) -> None:
    """Add the test case of a row or journey; a failing one carries its facts as properties."""
    group = f"{finding.consumer}-{finding.provider}".removeprefix("-")
    named = {"classname": _xml(group), "name": _xml(finding.case_id), "time": f"{finding.seconds:.3f}"}
    case = SubElement(suite, "testcase", named)
    if finding.skipped:
        SubElement(case, "skipped", {"message": _xml(finding.skipped)})
    if not finding.passed:
        properties = SubElement(case, "properties")
        for key, value in {"expected": finding.expected, "got": str(finding.got), **_told(finding)}.items():
            SubElement(properties, "property", {"name": key, "value": _xml(value)})
    if finding.failed:
        failure = SubElement(case, "failure", {"message": _xml(f"expected {finding.expected}, got {finding.got}")})
        failure.text = _xml(str(finding))


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
