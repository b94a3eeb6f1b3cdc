"""A git repository with pacts, and the commands run in it as a user or a CI runs them: as processes."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
"""Nothing else of this environment reaches a command: a CI's own variables would change versions."""


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class Workspace:
    folder: Path

    def git(self, *words: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, "-C", str(self.folder), *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write_pact(self, content: dict[str, Any]) -> Path:
        name = f"{content['consumer']['name']}-{content['provider']['name']}.json"
        path = self.folder / "pacts" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2) + "\n")
        return path

    def commit(self, *pacts: dict[str, Any]) -> str:
        """Write `pacts`, commit everything, return the commit: the version that will be published."""
        for content in pacts:
            self.write_pact(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "pacts")
        return self.git("rev-parse", "HEAD")

    def environment(self, **variables: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return kept | {"PYTHONPATH": str(ROOT), "PACT_BROKER_HTTP_RETRIES": "1"} | variables

    def run(self, *words: str, **variables: str) -> Done:
        """`outdial <words>` in this repository, with only `variables` set."""
        done = subprocess.run(
            [sys.executable, "-m", "outdial", *words],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run_unread(self, *words: str, **variables: str) -> Done:
        """The same, its output into a pipe whose reader has gone."""
        reading, writing = os.pipe()
        os.close(reading)
        command = [sys.executable, "-m", "outdial", *words]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment(**variables), stdout=writing, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        os.close(writing)
        return Done(done.returncode, "", done.stderr)


def new_workspace(folder: Path) -> Workspace:
    workspace = Workspace(folder)
    workspace.git("init", "--quiet", "--initial-branch", "main")
    return workspace
