"""How Toggl is reached: over the network, or in this process."""

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from toggl_mcp.errors import InvalidArguments

TOGGL_URL = "https://api.track.toggl.com/api/v9"
REPORTS = "reports/api/v3/"
"""How the paths of the Reports API begin; it lives beside Toggl's other one, `/api/v9`."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HEADERS = {"User-Agent": "toggl-mcp-server"}


class _InProcess(httpx.ASGITransport):
    """Speaks to an ASGI application, and fails as a network does when the application raises an OSError."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except OSError as error:
            raise httpx.ReadError(str(error), request=request) from error


def connect(url: str | None = None) -> httpx.AsyncClient:
    """Return a client for Toggl, or for what speaks its language at `url`; whoever asks closes it.

    Raises:
        InvalidArguments: `url` is neither https nor plain http to this machine.
    """
    if not _is_allowed_url(url or TOGGL_URL):
        message = "TOGGL_API_URL has to be an https address; plain http is for this machine only (127.0.0.1)."
        raise InvalidArguments(message)
    return httpx.AsyncClient(base_url=url or TOGGL_URL, headers=_HEADERS, cookies=_no_cookies())


def _no_cookies() -> CookieJar:
    """Return a jar that nothing stays in: what one token was given must not go along with another."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _is_allowed_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return is_complete and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))


def base_url_of(client: httpx.AsyncClient) -> str:
    """Return where a client's requests go, without a slash at the end: to Toggl, if it has no address of its own."""
    return str(client.base_url).rstrip("/") or TOGGL_URL


def url_of(client: httpx.AsyncClient, path: str) -> str:
    """Return where a request to a path goes."""
    address = base_url_of(client)
    return f"{address.removesuffix('/api/v9') if path.startswith(REPORTS) else address}/{path}"


def connect_in_process(app: Any) -> httpx.AsyncClient:  # noqa: ANN401 - an ASGI application
    """Return a client for a Toggl that runs in this process; whoever asks closes it."""
    return httpx.AsyncClient(
        transport=_InProcess(app=app), base_url="http://toggl.invalid/api/v9", headers=_HEADERS, cookies=_no_cookies()
    )
