"""Commands for a Pact Broker or PactFlow: publish, verify, record results and deployments, ask before a deployment."""
