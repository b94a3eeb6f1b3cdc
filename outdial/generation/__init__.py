"""Play the rows of the tables through clients and write the pacts."""
