"""Measures the pacts: which faults of a provider would they notice, and which rows are missing.

`mutants` makes faulty policies from the `variants` of rules, without `duplicates`; `judge` plays the pacts against
them. For a fault that no row notices, `difference` asks whether any request can tell it from the original: `search`
looks for one in the `space` of facts, `feasible` says which requests there can be, `outline` writes it as a row.
`measure` puts it together with the `coverage` of rules and grants; `results`, `terminal` and `page` show it.
"""
