"""Strength: plain faults of a provider, noticed by pacts or by policy tests. A report, not a gate."""
