"""The MCP endpoint: each request goes to the server of its access mode."""

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.http.accounts import WORKSPACE_ID
from toggl_mcp.http.authentication import SCOPES, find_access
from toggl_mcp.http.limits import busy_response
from toggl_mcp.http.restriction import read_restriction
from toggl_mcp.models.account import Access
from toggl_mcp.toolsets import TOOL_NAMES


class Endpoint:
    """Answers requests by the server of the access mode that its caller and its headers leave.

    Args:
        managers: The server of each access mode that the settings allow.
        access: The access mode of the settings.
        max_caller_requests: The requests of one caller that may be in progress at a time.
    """

    def __init__(
        self, managers: Mapping[Access, StreamableHTTPSessionManager], access: Access, max_caller_requests: int
    ) -> None:
        self._managers = managers
        self._access: Access = access
        self._max_caller_requests = max_caller_requests
        self._in_progress: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        caller = get_access_token()
        try:
            restriction = read_restriction(dict(scope["headers"]))
        except InvalidArguments as error:
            await JSONResponse({"error": str(error)}, 400)(scope, receive, send)
            return
        access = self._access if caller is None else find_access(caller.scopes, self._access)
        if access is not None and restriction.is_read_only:
            access = "read"
        if access is None or access not in self._managers:
            await _scope_response()(scope, receive, send)
            return
        TOOL_NAMES.set(restriction.tool_names)
        WORKSPACE_ID.set(restriction.workspace_id)
        if caller is None:  # Without callers to tell apart, only the limit for all counts.
            await self._managers[access].handle_request(scope, receive, send)
            return
        with self._take_place(caller) as has_place:
            await (self._managers[access].handle_request if has_place else busy_response())(scope, receive, send)

    @contextmanager
    def _take_place(self, caller: AccessToken) -> Generator[bool]:
        """Take one of the caller's places; yield whether there was one."""
        name = caller.subject or caller.client_id
        has_place = self._in_progress[name] < self._max_caller_requests
        self._in_progress[name] += has_place
        try:
            yield has_place
        finally:
            self._in_progress[name] -= has_place
            if not self._in_progress[name]:
                del self._in_progress[name]


def _scope_response() -> JSONResponse:
    """Return the refusal of a caller whose token has no scope of this server, or of a mode without tools (RFC 6750)."""
    scopes = " ".join(SCOPES)
    return JSONResponse(
        {"error": "insufficient_scope", "error_description": f"Ask for one of the scopes {scopes}."},
        403,
        {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scopes}"'},
    )
