"""The provider: its permission model as policies, the engine that decides and explains, and the HTTP application."""

from outdial.provider.application import Application
from outdial.provider.engine import Decision, RuleStep, decide
from outdial.provider.exchange import Answer, Call
from outdial.provider.policy import Policy
from outdial.provider.policy_file import POLICIES, read_written
from outdial.provider.world import World

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
    "read_written",
]
