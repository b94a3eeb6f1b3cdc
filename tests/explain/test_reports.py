"""The five reports, explained: docs/explain-reports.md is what the command prints."""

import os
from io import StringIO
from pathlib import Path

import pytest

from outdial.__main__ import main
from outdial.explain import explain

REPORTS = Path(__file__).parent / "reports"
PAGE = Path(__file__).parent.parent.parent / "docs" / "explain-reports.md"
NAMES = sorted(path.stem for path in REPORTS.glob("*.yaml"))
LINES = 25
HEAD = """# The five reports, explained

The output of `outdial explain` for each report, with the request as the report gives it. Written by
`tests/explain/test_reports.py` with `WRITE_PAGES=1`; the test fails when the page is out of date.
How to read it: [explain.md](explain.md).
"""


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The output of the command: at most 25 lines, the first of them the answer."""
    assert main(["explain", str(REPORTS / f"{name}.yaml")]) == 1
    text = capsys.readouterr().out
    assert text.startswith("Refused: ")
    assert len(text.splitlines()) <= LINES
    return text


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Every report at the published edition."""
    page = StringIO()
    page.write(HEAD)
    for name in NAMES:
        asked = (REPORTS / f"{name}.yaml").read_text()
        page.write(f"\n## Report {name}\n\n```yaml\n{asked}```\n\n```text\n{printed(name, capsys)}```\n")
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page.getvalue(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page.getvalue()


def test_a_response_of_another_form_is_not_the_vendors() -> None:
    """The body of report 001 is none that the published definition gives; the report's own account gives it."""
    text = (REPORTS / "001.yaml").read_text()
    assert explain(text).response.foreign  # type: ignore[union-attr]
    at_home = explain(text, edition="genesys-cloud.owner-id").response
    assert at_home is not None
    assert "call-scope" in at_home.rules
