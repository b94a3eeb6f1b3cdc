"""The provider: its permission model as policies, the engine that decides and explains, and the HTTP application."""

from provider_stub.application import Application
from provider_stub.engine import Decision, RuleStep, decide
from provider_stub.exchange import Answer, Call
from provider_stub.policy import Policy
from provider_stub.policy_file import POLICIES, read_policies, read_written
from provider_stub.world import World

__all__ = [
    "POLICIES",
    "Answer",
    "Application",
    "Call",
    "Decision",
    "Policy",
    "RuleStep",
    "World",
    "decide",
    "read_policies",
    "read_written",
]
