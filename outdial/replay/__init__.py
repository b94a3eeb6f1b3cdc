"""One interaction decided without HTTP."""
