"""The claims that the reports' answers make, each with a verdict that is computed and never typed in."""
