"""Which faults of a provider would the pacts notice, and which the policy tests? A report, not a gate."""
