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
    """The output of the command."""
    assert main(["explain", str(REPORTS / f"{name}.yaml")]) == 1
    return capsys.readouterr().out


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


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("000", "Refused: NICE publishes no operation POST /api/v2/outbound/calls."),
        ("001", "Refused: the token has no user (400 not.a.user)."),
        ("002", "Refused: NICE publishes no operation POST /api/v2/omnichannel/connections/outbound."),
        ("003", "Refused: the role of the OAuth client lacks the permission conversation:conference:add (403"),
        ("004", "Refused: the OAuth client lacks the scope conversations (403 app.not.authorized.for.scope)."),
    ],
)
def test_the_first_line_is_the_answer_and_the_rest_is_short(
    name: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most 25 lines each."""
    lines = printed(name, capsys).splitlines()
    assert lines[0].startswith(first)
    assert len(lines) <= LINES


@pytest.mark.parametrize("name", ["000", "002"])
def test_a_path_of_nice_that_is_not_published_leads_to_the_dial(name: str) -> None:
    """NICE dials in a session that the agent's own token has started."""
    found = explain((REPORTS / f"{name}.yaml").read_text())
    assert "dial-phone" in found.ways[0].operation
    assert "session" in found.ways[0].steps[0].text


def test_a_response_of_another_form_is_not_the_vendors() -> None:
    """The body of report 001 is none that the published definition gives; the report's own account gives it."""
    text = (REPORTS / "001.yaml").read_text()
    assert explain(text).response.foreign  # type: ignore[union-attr]
    at_home = explain(text, edition="genesys-cloud.owner-id").response
    assert at_home is not None
    assert "call-scope" in at_home.rules
