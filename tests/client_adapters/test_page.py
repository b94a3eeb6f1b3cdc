"""The page about one's own client: every command runs as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outdial.broker.setting import policy_version
from outdial.provider import POLICIES
from tests.broker.doubles import JOURNEY, recorded_broker
from tests.broker.workspace import Workspace
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "your-own-client.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh( broker)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALL = "git clone REPOSITORY-URL outdial && pip install ./outdial\n"


@pytest.mark.slow
def test_every_command_of_the_page_runs(tmp_path: Path) -> None:
    """From an empty folder to can-i-deploy; a `broker` block meets a broker that answers as recorded."""
    command = tmp_path / "bin" / "outdial"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outdial "$@"\n')
    command.chmod(0o755)
    author = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **author, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    team = tmp_path / "my-app"
    blocks = BLOCK.findall(PAGE)
    assert blocks[0][1].startswith(INSTALL), "the first block installs"
    with recorded_broker() as broker:
        for at, (kind, script) in enumerate(blocks):
            if kind:
                version = policy_version(POLICIES, "genesys-cloud")
                assert version
                broker.serve_pact(
                    "my-app", "genesys-cloud", Workspace(team).git("rev-parse", "HEAD"), version, *JOURNEY
                )
            here = script.replace(INSTALL, "").replace("https://broker.example", broker.url)
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", here],
                cwd=team if at else tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert ended.returncode == 0, f"{script}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
        assert broker.unknown == []
    [file] = (team / "pacts").iterdir()
    asked = {each["key"]: each["response"]["body"]["content"] for each in json.loads(file.read_text())["interactions"]}
    assert asked["my-app/genesys-cloud/get_call/readonly-scope"]["selfUri"] == "/api/v2/conversations/calls/x"
