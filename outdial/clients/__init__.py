"""The code under contract: clients that place calls, their messages and their errors."""

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
from outdial.clients.genesys_cloud import (
    CallbackRequest,
    CallConversation,
    CallFailure,
    CallRequest,
    Destination,
    GenesysCloud,
    PlacedCall,
    PlacedCallback,
)
from outdial.clients.login import GenesysLogin, NiceCxoneLogin, Token
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
from outdial.clients.reported import (
    AgentAssist,
    DesktopIntegration,
    OmnichannelMiddleware,
    ReportingDashboard,
    StartedCall,
    WorkforceEngagementTool,
)
from outdial.clients.session import Session

__all__ = [
    "AgentAssist", "AgentNotReady", "AuthenticationFailed", "BadRequest", "CallConversation", "CallFailure",
    "CallRefused", "CallRequest", "Callback", "CallbackRequest", "DesktopIntegration", "Destination", "Dial",
    "DialedCall", "Event", "Events", "GenesysCloud", "GenesysLogin", "NiceCxone", "NiceCxoneLogin", "NotFound",
    "NumberRefused", "OmnichannelMiddleware", "PermissionMissing", "PlacedCall", "PlacedCallback", "Promise",
    "ProviderFailed", "RateLimited", "Refused", "ReportingDashboard", "ScopeMissing", "Session", "SessionEnded",
    "SessionLeftOpen", "StartedCall", "StartedSession", "Station", "Token", "UnexpectedAnswer", "Unreachable",
    "UserContextRequired", "WorkforceEngagementTool",
]  # fmt: skip
