"""Pact files: read, cut, joined, compared; secrets hidden."""
