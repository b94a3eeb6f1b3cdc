"""Measures the pacts: which faults of a provider would they notice, and which rows are missing.

`mutants` makes faulty policies, `judge` plays the pacts against them, `difference` asks whether any request can
tell a fault from the original, `feasible` says which requests there can be, `search` looks for one, `outline`
writes it as a row, `measure` puts it together, and `terminal`, `page` and `results` show it.
"""
