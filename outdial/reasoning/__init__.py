"""Which requests there can be: facts, what can be true together, search, differences."""
