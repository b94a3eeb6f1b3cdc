"""The code under contract: clients that place calls, their messages and their errors."""

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

__all__ = [
    "AgentNotReady",
    "AuthenticationFailed",
    "BadRequest",
    "CallConversation",
    "CallRefused",
    "CallRequest",
    "Destination",
    "GenesysCloud",
    "GenesysLogin",
    "NotFound",
    "PermissionMissing",
    "PlacedCall",
    "RateLimited",
    "Refused",
    "ScopeMissing",
    "Session",
    "Token",
    "UnexpectedAnswer",
    "Unreachable",
    "UserContextRequired",
]
