"""The round trip through a Pact Broker or PactFlow: publish, verify, record results, gate deployments.

The `pact broker` client publishes, asks and records what runs where; pacts are fetched for verification, and results
recorded, as the broker links them. What is here decides what to ask, reads the answers strictly, and says in one
message what went wrong and how to mend it.
"""
