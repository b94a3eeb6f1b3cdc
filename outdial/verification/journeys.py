"""Run the journeys of the consumer tests (consumer_tests/test_journeys.py) by pytest, and read their results."""

import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from xml.etree import ElementTree

from outdial.folders import CONSUMER_TESTS
from outdial.verification.result import Finding, Got, shown
from outdial.verification.target import Target
from outdial.verification.verify import Unfinished


class JourneysFailed(Exception):
    """Raised when pytest cannot run the journeys. The message is pytest's."""

    exit_code: ClassVar[int] = 2


def play_journeys(
    editions: Collection[str], target: Target, *, bases: Collection[str], login_url: str | None, select: str,
    timeout: float, deadline: float,
) -> list[Finding]:  # fmt: skip
    """Play the journeys of these editions that `select` selects. Raises `JourneysFailed`, `Unfinished`."""
    file = CONSUMER_TESTS / "test_journeys.py"
    url = f"{target.base_url}/{{edition}}" if target.prefixed else target.base_url
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with TemporaryDirectory(prefix="outdial-") as folder:
        junit = Path(folder) / "journeys.xml"
        command: list[str | Path] = [
            *(sys.executable, "-m", "pytest", "-c", CONSUMER_TESTS / "pytest.ini", f"--rootdir={CONSUMER_TESTS}"),
            *(f"--confcutdir={CONSUMER_TESTS}", "--tb=short", f"--junitxml={junit}", f"--provider-url={url}"),
            *(f"--state-url={target.state_url}", f"--state-seconds={timeout}", f"--editions={','.join(editions)}"),
            *([f"--login-url={login_url}"] if login_url else []),
            *(f"--rows={select}", file),
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


def _read(junit: Path, bases: Collection[str]) -> Iterator[Finding]:
    for case in ElementTree.parse(junit).iter("testcase"):  # noqa: S314 - written by our own process
        told = {each.get("name"): str(each.get("value")) for each in case.iter("property")}
        edition, basis = told.get("edition", ""), told.get("basis", "")
        failure = next((each for name in ("failure", "error") for each in case.iter(name)), None)
        problems = () if failure is None else (shown(str(failure.get("message"))),)
        lines = "" if failure is None else failure.text or ""
        yield Finding(
            case_id=f"{edition}/journey/{str(case.get('name')).removeprefix('test_')}",
            provider=edition,
            got=Got(),
            problems=problems,
            seconds=float(case.get("time") or 0),
            gates=basis in bases,
            basis=basis,
            place=next((each.partition(": ")[0] for each in lines.splitlines() if "test_journeys.py:" in each), ""),
            skipped=next((str(each.get("message")) for each in case.iter("skipped")), ""),
        )
