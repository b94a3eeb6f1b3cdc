"""The page: a refused request with its facts as switches, and beside it everything that is known, in one HTML file."""

PAGE_PATH = "/explain"
