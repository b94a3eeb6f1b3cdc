"""Settles the reports: every consumer's pact against every edition of the same API."""
