"""The code under contract: clients that place calls, their messages and their errors."""

from consumer.agent_assist import AgentAssist, AssistedCall
from consumer.desktop_integration import DesktopIntegration, StartedCall, SupportCall
from consumer.errors import (
    AgentNotReady,
    AuthenticationFailed,
    BadRequest,
    CallRefused,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    ScopeMissing,
    UnexpectedAnswer,
    Unreachable,
    UserContextRequired,
)
from consumer.genesys_cloud import CallConversation, CallRequest, Destination, GenesysCloud, PlacedCall
from consumer.genesys_login import GenesysLogin, Token
from consumer.session import Session
from consumer.workforce_engagement_tool import AskedCall, ImpersonatedCall, OwnedCall, UserCall, WorkforceEngagementTool

__all__ = [
    "AgentAssist",
    "AgentNotReady",
    "AskedCall",
    "AssistedCall",
    "AuthenticationFailed",
    "BadRequest",
    "CallConversation",
    "CallRefused",
    "CallRequest",
    "DesktopIntegration",
    "Destination",
    "GenesysCloud",
    "GenesysLogin",
    "ImpersonatedCall",
    "NotFound",
    "OwnedCall",
    "PermissionMissing",
    "PlacedCall",
    "RateLimited",
    "Refused",
    "ScopeMissing",
    "Session",
    "StartedCall",
    "SupportCall",
    "Token",
    "UnexpectedAnswer",
    "Unreachable",
    "UserCall",
    "UserContextRequired",
    "WorkforceEngagementTool",
]
