"""Run the journeys of the consumer tests (consumer_tests/test_journeys.py) by pytest, and read their results."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from xml.etree import ElementTree

from outdial.folders import CONSUMER_TESTS
from outdial.verification.result import shown
from outdial.verification.target import Target
from outdial.verification.verify import Unfinished


class JourneysFailed(Exception):
    """Raised when pytest cannot run the journeys. The message is pytest's."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class JourneyResult:
    """One journey. `problem` is empty when it holds; `skipped` tells why it was not played."""

    name: str
    edition: str
    basis: str
    seconds: float
    problem: str = ""
    place: str = ""
    skipped: str = ""
    gates: bool = True

    @property
    def failed(self) -> bool:
        """Return whether it fails the run."""
        return self.gates and bool(self.problem)

    @property
    def entry(self) -> dict[str, Any]:
        """The result for the JSON file."""
        told = {"case": f"{self.edition}/journey/{self.name}", "provider": self.edition, "basis": self.basis}
        return {
            **told,
            "passed": not self.problem,
            "problems": [self.problem] if self.problem else [],
            "place": self.place,
        }


def play_journeys(
    editions: Collection[str],
    target: Target,
    *,
    bases: Collection[str],
    login_url: str | None = None,
    select: str = "",
    timeout: float = 60.0,
    deadline: float | None = None,
) -> list[JourneyResult]:
    """Play the journeys of these editions. Raises `JourneysFailed`, `Unfinished`."""
    url = f"{target.base_url}/{{edition}}" if target.prefixed else target.base_url
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with TemporaryDirectory(prefix="outdial-") as folder:
        junit = Path(folder) / "journeys.xml"
        command: list[str | Path] = [
            *(sys.executable, "-m", "pytest", "-c", CONSUMER_TESTS / "pytest.ini", f"--rootdir={CONSUMER_TESTS}"),
            *(f"--confcutdir={CONSUMER_TESTS}", "--tb=short", f"--junitxml={junit}", f"--provider-url={url}"),
            *(f"--state-url={target.state_url}", f"--state-seconds={timeout}", f"--editions={','.join(editions)}"),
            *([f"--login-url={login_url}"] if login_url else []),
            *(f"--rows={select}", CONSUMER_TESTS / "test_journeys.py"),
        ]
        try:
            ended = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=deadline, check=False
            )
        except subprocess.TimeoutExpired:
            raise Unfinished("not finished in time (--deadline): the journeys were still running") from None
        if ended.returncode not in (0, 1, 5):
            raise JourneysFailed(f"the journeys cannot run: {shown((ended.stderr or ended.stdout)[-900:], 900)}")
        return list(_read(junit, bases))


def summary(results: Collection[JourneyResult], verbose: bool = False) -> Iterator[str]:
    """Yield the failed journeys, those reported only, those not played, and the count."""
    for each in results:
        if each.problem:
            mark = "FAIL" if each.failed else "else"
            yield f"{mark} {each.edition}/journey/{each.name}  {each.place}\n     {each.basis}: {each.problem}"
        elif each.skipped:
            yield f"not played: {each.edition}/journey/{each.name}: {each.skipped}"
        elif verbose:
            yield f"ok   {each.edition}/journey/{each.name}"
    played = [each for each in results if not each.skipped]
    holding = sum(not each.problem for each in played)
    failing = sum(each.failed for each in played)
    other = f", {len(played) - holding - failing} reported only" if holding + failing < len(played) else ""
    yield f"{holding} journeys hold" + (f", {failing} do not{other}" if failing or other else "")


def add_suite(suites: ElementTree.Element, results: Collection[JourneyResult]) -> None:
    """Add the journeys to a JUnit document."""
    count = {"tests": str(len(results)), "failures": str(sum(each.failed for each in results)), "errors": "0"}
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "journeys", **count})
    for each in results:
        named = {"classname": each.edition, "name": each.name, "time": f"{each.seconds:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", named)
        if each.failed:
            ElementTree.SubElement(case, "failure", {"message": each.problem}).text = each.place
        elif each.skipped:
            ElementTree.SubElement(case, "skipped", {"message": each.skipped})


def _read(junit: Path, bases: Collection[str]) -> Iterator[JourneyResult]:
    for case in ElementTree.parse(junit).iter("testcase"):  # noqa: S314 - written by our own process
        told = {each.get("name"): str(each.get("value")) for each in case.iter("property")}
        failure = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped")
        lines = (failure.text or "").splitlines() if failure is not None else []
        place = next((line.partition(": ")[0] for line in lines if "test_journeys.py:" in line), "")
        yield JourneyResult(
            name=str(case.get("name")).removeprefix("test_"),
            edition=told.get("edition", ""),
            basis=told.get("basis", ""),
            seconds=float(case.get("time") or 0),
            problem=shown(str(failure.get("message"))) if failure is not None else "",
            place=place,
            skipped=str(skipped.get("message")) if skipped is not None else "",
            gates=told.get("basis") in bases,
        )
