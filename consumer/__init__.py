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
    SessionEnded,
    SessionLeftOpen,
    UnexpectedAnswer,
    Unreachable,
    UserContextRequired,
)
from consumer.genesys_cloud import CallConversation, CallRequest, Destination, GenesysCloud, PlacedCall
from consumer.genesys_login import GenesysLogin, Token
from consumer.nice_cxone import (
    Callback,
    Dial,
    DialedCall,
    Event,
    Events,
    NiceCxone,
    Promise,
    StartedSession,
    Station,
)
from consumer.nice_cxone_login import NiceCxoneLogin
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
    "Callback",
    "Connection",
    "DesktopIntegration",
    "Destination",
    "Dial",
    "DialedCall",
    "Event",
    "Events",
    "GenesysCloud",
    "GenesysLogin",
    "ImpersonatedCall",
    "NiceCxone",
    "NiceCxoneLogin",
    "NotFound",
    "NumberRefused",
    "OmnichannelMiddleware",
    "OwnedCall",
    "PermissionMissing",
    "PersonalConnectionCall",
    "PlacedCall",
    "Promise",
    "ProviderFailed",
    "RateLimited",
    "Refused",
    "ReportingDashboard",
    "ScopeMissing",
    "Session",
    "SessionEnded",
    "SessionLeftOpen",
    "StartedCall",
    "StartedSession",
    "Station",
    "SupportCall",
    "Token",
    "UnexpectedAnswer",
    "Unreachable",
    "UserCall",
    "UserContextRequired",
    "WorkforceEngagementTool",
]
