"""What the page about the stub shows is run as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from outdial.documents import Document
from outdial.provider import World
from provider_states import ProviderStates, StubProvider, make_world
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "stub.md").read_text(encoding="utf-8")
REFUSED = "missing.any.permissions"


def shown(language: str) -> str:
    """The only block of a language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(block)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH on which the command `outdial` is this project's."""
    command = tmp_path / "outdial"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outdial "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def test_the_pytest_fixture_works(tmp_path: Path, environment: dict[str, str]) -> None:
    """In a folder of its own, with pytest and requests and nothing else of ours."""
    (tmp_path / "test_mine.py").write_text(shown("python"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert "1 passed" in ended.stdout, ended.stdout


@pytest.mark.parametrize(
    ("language", "name", "command"), [("js", "refused.mjs", "node"), ("java", "Refused.java", "java")]
)
def test_the_example_prints_the_code_of_the_refusal(
    tmp_path: Path, environment: dict[str, str], language: str, name: str, command: str
) -> None:
    """It starts the stub by its command, makes a token, is refused, and stops the stub."""
    if not shutil.which(command):
        pytest.skip(f"{command} is not installed here")
    (tmp_path / name).write_text(shown(language))
    ended = subprocess.run(
        [command, name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, REFUSED), ended.stderr


def test_the_world_can_be_made(tmp_path: Path) -> None:
    """The file of the page, as it stands there."""
    path = tmp_path / "world.yaml"
    path.write_text(shown("yaml"))
    assert len(make_world(Document.read(path), ProviderStates(StubProvider(World())))) == shown("yaml").count("state:")
