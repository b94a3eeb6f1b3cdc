"""A Pact Broker's HTTP behaviour, small, in memory and on loopback: for tests only.

It answers what the recorded broker answered (`test_the_double_answers_as_recorded` checks it) and nothing
more, so a client that leans on anything else fails here before it fails in someone's CI.
"""
