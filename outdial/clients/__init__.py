"""The code under contract: clients that place calls, their messages and their errors."""

from outdial.clients.agent_assist import AgentAssist, AssistedCall
from outdial.clients.desktop_integration import DesktopIntegration, StartedCall, SupportCall
from outdial.clients.errors import (
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
from outdial.clients.genesys_cloud import CallConversation, CallRequest, Destination, GenesysCloud, PlacedCall
from outdial.clients.genesys_login import GenesysLogin, Token
from outdial.clients.nice_cxone import (
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
from outdial.clients.nice_cxone_login import NiceCxoneLogin
from outdial.clients.omnichannel_middleware import Connection, OmnichannelMiddleware
from outdial.clients.reporting_dashboard import PersonalConnectionCall, ReportingDashboard
from outdial.clients.session import Session
from outdial.clients.workforce_engagement_tool import (
    AskedCall,
    ImpersonatedCall,
    OwnedCall,
    UserCall,
    WorkforceEngagementTool,
)

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
