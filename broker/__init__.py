"""The round trip through a Pact Broker or PactFlow: publish, verify, record results, gate deployments.

Only the real clients talk to the broker: the `pact broker` binary and pact-python's Verifier. What is here
decides what to ask them, reads their answers strictly, and says in one message what went wrong and how to
mend it.
"""
