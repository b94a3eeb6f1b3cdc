"""The page: paste a refused request and its answer, and read why."""

PAGE_PATH = "/explain"
