"""What every account of an API answers, and what each claim of the reports is worth."""
