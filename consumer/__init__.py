"""The code under contract: clients that place calls, their messages and their errors."""

from consumer.errors import (
    AgentNotReady,
    AuthenticationFailed,
    BadRequest,
    CallRefused,
    NotFound,
    NumberRefused,
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
from consumer.omnichannel_middleware import Connection, OmnichannelMiddleware
from consumer.reporting_dashboard import PersonalConnectionCall, ReportingDashboard
from consumer.session import Session

__all__ = [
    "AgentNotReady",
    "AuthenticationFailed",
    "BadRequest",
    "CallConversation",
    "CallRefused",
    "CallRequest",
    "Connection",
    "Destination",
    "GenesysCloud",
    "GenesysLogin",
    "NotFound",
    "NumberRefused",
    "OmnichannelMiddleware",
    "PermissionMissing",
    "PersonalConnectionCall",
    "PlacedCall",
    "RateLimited",
    "Refused",
    "ReportingDashboard",
    "ScopeMissing",
    "Session",
    "Token",
    "UnexpectedAnswer",
    "Unreachable",
    "UserContextRequired",
]
