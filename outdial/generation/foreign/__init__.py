"""Rows played through a client that is not ours: another process, in any language, that reads and writes JSON lines."""
