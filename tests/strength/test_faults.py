"""Faults that no operator made, put into the stub by hand: each is caught by `make verify`, with its row named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.strength.editions import ROOT
from tests.table_files import edit

PACKAGES = ("consumer_tests", "contracts", "outdial", "pacts", "provider_states")
POLICY = "outdial/provider/policies/genesys-cloud.yaml"
FAULTS = [
    pytest.param(
        POLICY,
        "none_of: [expired, revoked]",
        "none_of: [expired]",
        "genesys-cloud/get_call/revoked-token",
        id="policy-accepts-revoked-tokens",
    ),
    pytest.param(
        POLICY,
        "at_most_one_of: [body.phoneNumber, body.callUserId, body.callQueueId, body.participants",
        "at_most_one_of: [body.phoneNumber, body.callUserId, body.participants",
        "genesys-cloud/place_call/two-destinations",
        id="policy-forgets-a-field",
    ),
    pytest.param(
        "outdial/provider/kinds.py",
        "if division is None or granted == division",
        "if division is None or granted",
        "genesys-cloud/place_call_for_agent/permission-in-another-division",
        id="code-ignores-the-division",
    ),
    pytest.param(
        "outdial/provider/application.py",
        "headers = {**policy.shape.headers, **denial.headers}",
        "headers = dict(policy.shape.headers)",
        "genesys-cloud/place_call/rate-limit-says-when",
        id="code-leaves-headers-out",
    ),
    pytest.param(
        "outdial/provider/exchange.py",
        'else ("other", {})',
        'else ("object", {})',
        "genesys-cloud/place_call/list-body",
        id="code-takes-a-list-for-an-object",
    ),
    pytest.param(
        "outdial/provider/engine.py",
        "for rule in operation.rules:\n",
        "for rule in reversed(operation.rules):\n",
        "genesys-cloud/place_call/no-authorization-before-no-permission",
        id="code-asks-the-rules-backwards",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "row"), FAULTS)
def test_a_fault_put_in_by_hand_is_caught_and_its_row_named(
    file: str, old: str, new: str, row: str, tmp_path: Path
) -> None:
    """Verification of the operation's rows ends with exit code 1 and names the row that the fault breaks."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    edit(tmp_path / file, old, new)
    command = [sys.executable, "-m", "outdial", "verify", "-k", f"{row.rpartition('/')[0]}/"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1, ended.stdout[-2000:]
    assert f"FAIL {row} " in ended.stdout
