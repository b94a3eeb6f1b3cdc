"""The commands at a broker, one module each: `add_options` and `run`."""
