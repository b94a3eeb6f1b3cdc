"""A Pact suite, a provider stub and an explainer for outbound-call APIs."""

from outdial.api import Stub, load_contract, verify

__all__ = ["Stub", "load_contract", "verify"]
__version__ = "0.1.0"
