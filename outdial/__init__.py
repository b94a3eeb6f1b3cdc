"""A Pact suite, a provider stub and an explainer for outbound-call APIs."""

__version__ = "0.1.0"
