"""Requests to Toggl: the only folder that knows HTTP, with the types of it that callers need."""

from httpx import AsyncClient, Auth, BasicAuth, Request, Timeout

from toggl_mcp.api.connection import REPORTS_PATH_PREFIX, TokenAuth, base_url_of, connect, connect_in_process
from toggl_mcp.api.rate_limit import RateLimiter
from toggl_mcp.api.transport import Transport

__all__ = [
    "REPORTS_PATH_PREFIX",
    "AsyncClient",
    "Auth",
    "BasicAuth",
    "RateLimiter",
    "Request",
    "Timeout",
    "TokenAuth",
    "Transport",
    "base_url_of",
    "connect",
    "connect_in_process",
]
