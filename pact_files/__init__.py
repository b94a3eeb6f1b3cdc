"""Pact files: read, cut, joined, compared; secrets hidden."""

from pathlib import Path

PACTS = Path(__file__).parent.parent / "pacts"
"""The committed pacts, which every command reads that is not told others."""
