"""Requests to Toggl. The only folder that knows HTTP; the types that callers need are named here."""

from httpx import AsyncClient, Auth, BasicAuth, Request, Timeout

from toggl_mcp.api.connection import REPORTS, base_url_of, connect, connect_in_process
from toggl_mcp.api.rate_limit import Quota
from toggl_mcp.api.transport import Transport

__all__ = [
    "REPORTS",
    "AsyncClient",
    "Auth",
    "BasicAuth",
    "Quota",
    "Request",
    "Timeout",
    "Transport",
    "base_url_of",
    "connect",
    "connect_in_process",
]
