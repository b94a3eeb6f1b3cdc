"""The code under contract: clients that place calls, their messages and their errors."""

from consumer.agent_assist import AgentAssist, AssistedCall
from consumer.desktop_integration import DesktopIntegration, StartedCall, SupportCall
from consumer.errors import (
    AgentNotReady,
    AuthenticationFailed,
    BadRequest,
    CallRefused,
    NotFound,
    NumberRefused,
    PermissionMissing,
    ProviderFailed,
    RateLimited,
    Refused,
    ScopeMissing,
    UnexpectedAnswer,
    Unreachable,
    UserContextRequired,
)
from consumer.genesys_cloud import CallConversation, CallRequest, Destination, GenesysCloud, PlacedCall
from consumer.genesys_login import GenesysLogin, Token
from consumer.omnichannel_middleware import Connection, OmnichannelMiddleware
from consumer.reporting_dashboard import PersonalConnectionCall, ReportingDashboard
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
    "Connection",
    "DesktopIntegration",
    "Destination",
    "GenesysCloud",
    "GenesysLogin",
    "ImpersonatedCall",
    "NotFound",
    "NumberRefused",
    "OmnichannelMiddleware",
    "OwnedCall",
    "PermissionMissing",
    "PersonalConnectionCall",
    "PlacedCall",
    "ProviderFailed",
    "RateLimited",
    "Refused",
    "ReportingDashboard",
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
