"""HTTP clients for Toggl: over the network, or for an application in this process."""

import os
import re
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx

from toggl_mcp.errors import InvalidArguments

TOGGL_URL = "https://api.track.toggl.com/api/v9"
REPORTS_PATH_PREFIX = "reports/api/v3/"
"""The prefix of the Reports API's paths; it is served beside `/api/v9`, not below it."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f.]*:[0-9a-f:.]+")
_HEADERS = {"User-Agent": "toggl-mcp-server"}


class _InProcess(httpx.ASGITransport):
    """Sends requests to an ASGI application, and maps an OSError that it raises to the network error it stands for."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except OSError as error:
            raise httpx.ReadError(str(error), request=request) from error


def connect(url: str | None = None) -> httpx.AsyncClient:
    """Return a client for Toggl, or for a server with its API at `url`; the caller closes it.

    Raises:
        InvalidArguments: `url` is neither https nor plain http to this machine, or a proxy or certificate file that
            the environment names cannot be used.
    """
    if not _is_allowed_url(url or TOGGL_URL):
        message = (
            "TOGGL_API_URL has to be an https address without a query, a fragment or a password, such as "
            f"{TOGGL_URL}; plain http is allowed for this machine only (127.0.0.1)."
        )
        raise InvalidArguments(message)
    try:
        return httpx.AsyncClient(base_url=url or TOGGL_URL, headers=_HEADERS, cookies=_no_cookies())
    except OSError as error:
        variables = _set_variables("SSL_CERT_FILE", "SSL_CERT_DIR")
        message = f"{variables}: the certificates there cannot be read. Correct it, or unset it."
        raise InvalidArguments(message) from error
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        message = (
            f"{_set_variables('HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY')}: this proxy cannot be used; give it as "
            "http://host:port, or install socksio beside this server for one that begins with socks5://."
        )
        raise InvalidArguments(message) from error


def _set_variables(*names: str) -> str:
    """Return which of these variables are set, in upper or lower case."""
    return " or ".join(name for name in os.environ if name.upper() in names) or " or ".join(names)


def _no_cookies() -> CookieJar:
    """Return a cookie jar that stays empty."""
    # A client may serve several tokens: a session cookie of one must not be sent with another.
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _is_allowed_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = httpx.URL(url).host  # It refuses more: what cannot be printed, and names that IDNA does not have.
        is_complete = bool(_HOST.fullmatch(host)) and (parts.port is None or parts.port > 0)
    except (ValueError, httpx.InvalidURL):
        return False
    is_plain = not {*"?#@"} & {*url}
    return is_complete and is_plain and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def base_url_of(client: httpx.AsyncClient) -> str:
    """Return the base URL of a client without a trailing slash; Toggl's if the client has none."""
    return str(client.base_url).rstrip("/") or TOGGL_URL


def url_of(client: httpx.AsyncClient, path: str) -> str:
    """Return the URL of a path."""
    base_url = base_url_of(client)
    return f"{base_url.removesuffix('/api/v9') if path.startswith(REPORTS_PATH_PREFIX) else base_url}/{path}"


def connect_in_process(app: Any) -> httpx.AsyncClient:  # noqa: ANN401 - an ASGI application
    """Return a client for an application in this process that serves Toggl's API; the caller closes it."""
    return httpx.AsyncClient(
        transport=_InProcess(app=app), base_url="http://toggl.invalid/api/v9", headers=_HEADERS, cookies=_no_cookies()
    )
