"""Programs of docs/stub.md in other languages run as they stand there: start the stub, be refused, stop it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("language", "name", "command"), [("js", "refused.mjs", "node"), ("java", "Refused.java", "java")]
)
def test_the_example_prints_the_code_of_the_refusal(tmp_path: Path, language: str, name: str, command: str) -> None:
    """With nothing of ours but the command `outdial`."""
    if not shutil.which(command):
        pytest.skip(f"{command} is not installed here")
    page = (ROOT / "docs" / "stub.md").read_text(encoding="utf-8")
    [program] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)
    (tmp_path / name).write_text(program)
    (tmp_path / "outdial").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outdial "$@"\n')
    (tmp_path / "outdial").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [command, name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "missing.any.permissions"), ended.stderr
