"""The five reports, explained: docs/explain-reports.md is what the command prints."""

import json
import os
from io import StringIO
from pathlib import Path

import pytest

from outdial.__main__ import main

REPORTS = Path(__file__).parent / "reports"
PAGE = Path(__file__).parent.parent.parent / "docs" / "explain-reports.md"
NAMES = sorted(path.stem for path in REPORTS.glob("*.yaml"))
CALL_FOR_A_USER = "POST /api/v2/conversations/calls/user/{userId}"
PUBLISHED = {"phoneNumber", "callQueueId", "callUserId", "conversationIds", "participants"}
HEAD = """# The five reports, explained

What `outdial explain` prints of each report, with the request as the report gives it. Made by
`tests/explain/test_reports.py`, which fails when this page is not what is printed; `WRITE_PAGES=1` writes it anew.
How to read it: [explain.md](explain.md).
"""


def explained(name: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    code = main(["explain", str(REPORTS / f"{name}.yaml"), *options])
    return code, capsys.readouterr().out


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Every report at the published edition, then in one line at every other account."""
    page = StringIO()
    page.write(HEAD)
    for name in NAMES:
        asked = (REPORTS / f"{name}.yaml").read_text()
        _, shown = explained(name, capsys)
        _, others = explained(name, capsys, "--all")
        page.write(f"\n## Report {name}\n\n```yaml\n{asked}```\n\n```text\n{shown}```\n\n")
        page.write(f"By every account (`--all`):\n\n```text\n{others}```\n")
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page.getvalue(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page.getvalue()


@pytest.mark.parametrize("name", ["001", "003", "004"])
def test_a_genesys_report_is_told_what_is_accepted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The operation on behalf of a user with one of its permissions, or a user's token with permission and scope."""
    code, shown = explained(name, capsys, "--json")
    found = json.loads(shown)
    assert (code, found["accepted"]) == (1, False)
    for change in found["changes"]:
        said = json.dumps([change["steps"], change["provided"]])
        if change["operation"] == CALL_FOR_A_USER:
            assert "conversation:agentlessCall:add" in said or "conversation:call:add" in said
        else:
            assert "conversation:conference:add" in said
            assert "conversations" in said or found["edition"] != "genesys-cloud"
        body = json.loads(change["curl"].partition("-d '")[2].rstrip("'"))
        assert body.keys() <= PUBLISHED
    assert CALL_FOR_A_USER in {change["operation"] for change in found["changes"]}


@pytest.mark.parametrize("name", ["000", "002"])
def test_a_report_without_a_published_operation_is_told_which_one_does_the_job(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """NICE dials in a session that the agent's own token has started."""
    found = json.loads(explained(name, capsys, "--json")[1])
    assert found["operation"] is None
    assert "dial-phone" in found["instead"]["operation"]
    assert "path" in {each["kind"] for each in found["no_such"]}


def test_a_response_of_another_shape_is_not_the_vendors(capsys: pytest.CaptureFixture[str]) -> None:
    """The body of report 001 is none that the published definition gives."""
    found = json.loads(explained("001", capsys, "--json")[1])
    assert found["response"]["possible"] is False
    at_home = json.loads(explained("001", capsys, "--json", "--edition", "genesys-cloud.owner-id")[1])
    assert at_home["response"]["possible"] is True
    assert "call-scope" in at_home["response"]["rules"]
