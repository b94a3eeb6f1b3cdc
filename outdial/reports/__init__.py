"""Reports: every edition's answers, and a verdict for each claim."""
