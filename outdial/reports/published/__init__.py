"""Published facts about the covered operations, with the rows that assert each."""
