"""Folders of data: beside the package in a checkout, inside it (`outdial/data`) when installed from a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_ROOT = PACKAGE / "data" if (PACKAGE / "data").is_dir() else PACKAGE.parent

CONTRACTS = _ROOT / "contracts"
CONSUMER_TESTS = _ROOT / "consumer_tests"
PACTS = _ROOT / "pacts"
