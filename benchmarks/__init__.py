"""Measurements side by side with peers: what is compared runs in one process tree, in one run, with one client."""
