"""Search over possible requests: facts, feasible combinations, differences."""
