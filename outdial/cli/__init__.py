"""The commands of `outdial`."""
