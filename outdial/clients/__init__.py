"""The code under contract: clients that place calls, and their requests. Errors are in `outdial.clients.errors`."""

from outdial.clients.genesys_cloud import CallbackRequest, CallRequest, Destination, GenesysCloud
from outdial.clients.login import GenesysLogin, NiceCxoneLogin, Token
from outdial.clients.nice_cxone import Callback, Dial, DialedCall, NiceCxone, Promise, Station
from outdial.clients.reported import (
    AgentAssist,
    DesktopIntegration,
    OmnichannelMiddleware,
    ReportingDashboard,
    WorkforceEngagementTool,
)
from outdial.clients.session import Session

__all__ = [
    "AgentAssist", "CallRequest", "Callback", "CallbackRequest", "DesktopIntegration", "Destination", "Dial",
    "DialedCall", "GenesysCloud", "GenesysLogin", "NiceCxone", "NiceCxoneLogin", "OmnichannelMiddleware", "Promise",
    "ReportingDashboard", "Session", "Station", "Token", "WorkforceEngagementTool",
]  # fmt: skip
