"""A git repository with pacts, and the commands run in it as a user or a CI runs them."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from tests.command import Done, outdial

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
"""Nothing else of this environment reaches a command: a CI's own variables would change versions."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A git repository on branch main."""

    folder: Path

    def __post_init__(self) -> None:
        if not (self.folder / ".git").exists():
            self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *words: str) -> str:
        """Run git and return its output."""
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        command = ["git", *identity, "-C", str(self.folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def write_pact(self, content: dict[str, Any]) -> Path:
        """Write a pact into pacts/."""
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
        """Return the environment of a command."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return kept | {"PYTHONPATH": str(ROOT), "PACT_BROKER_HTTP_RETRIES": "1"} | variables

    def run(self, *words: str, **variables: str) -> Done:
        """Run `outdial <words>` in this repository, with only `variables` set."""
        with mock.patch.dict(os.environ, self.environment(**variables), clear=True):
            return outdial(*words, folder=self.folder)
