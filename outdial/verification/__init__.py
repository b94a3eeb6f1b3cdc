"""Play pacts against a provider, and return one result for each interaction."""
