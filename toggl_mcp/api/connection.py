"""HTTP clients for Toggl: over the network, or for an application in this process."""

import os
import re
from collections.abc import Generator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from toggl_mcp.errors import InvalidConnection

TOGGL_URL = "https://api.track.toggl.com/api/v9"
REPORTS_PATH_PREFIX = "reports/api/v3/"
"""The prefix of the Reports API's paths; it is served beside `/api/v9`, not below it."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DIRECT = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}
"""Addresses that no proxy of the environment is used for: it would get the token, over plain http."""
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f.]*:[0-9a-f:.]+")
_HEADERS = {"User-Agent": "toggl-mcp-server"}


class TokenAuth(httpx.BasicAuth):
    """Toggl's authentication by an API token; it knows whether Toggl has ever accepted that."""

    def __init__(self, token: str) -> None:
        super().__init__(token, "api_token")
        self.is_accepted = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Authenticate a request, and look at its response."""
        response = yield next(super().auth_flow(request))
        self.is_accepted |= response.is_success


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
        InvalidConnection: `url` is neither https nor plain http to this machine, or the environment's proxy or
            certificates cannot be used.
    """
    if not _is_allowed_url(url or TOGGL_URL):
        message = (
            "TOGGL_API_URL has to be an https address such as https://toggl.example/api/v9, without user, query and "
            "fragment; plain http is allowed for this machine only (127.0.0.1)."
        )
        raise InvalidConnection(message, "TOGGL_API_URL")
    try:
        certificates = httpx.create_ssl_context()
    except OSError as error:
        if _cannot_append(os.environ.get("SSLKEYLOGFILE")):
            message = "The file of SSLKEYLOGFILE cannot be written. Name a writable file, or unset it."
            raise InvalidConnection(message, "SSLKEYLOGFILE") from error
        message = "The certificates of SSL_CERT_FILE cannot be read. Name a readable PEM file, or unset it."
        raise InvalidConnection(message, "SSL_CERT_FILE") from error
    try:
        _require_proxy_ports()
        return httpx.AsyncClient(
            base_url=url or TOGGL_URL, headers=_HEADERS, cookies=_no_cookies(), verify=certificates, mounts=_DIRECT
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        name = ", ".join(name for name in os.environ if name.upper() in _PROXY_VARIABLES)
        message = (
            f"The proxy of {name} cannot be used. Give http://host:port, or unset it; a SOCKS proxy needs the Python "
            "package socksio beside this one."
        )
        raise InvalidConnection(message, name) from None  # httpx repeats the proxy's address, with its password.


def _cannot_append(path: str | None) -> bool:
    """Return whether a file is named to which nothing can be appended."""
    try:
        if path:
            with open(path, "a"):  # noqa: PTH123 - as Python's ssl opens it
                pass
    except OSError:
        return True
    return False


def _require_proxy_ports() -> None:
    """Require that the environment's proxies have ports that exist: httpx finds out only when it connects.

    Raises:
        ValueError: One has not.
    """
    for address in getproxies().values():
        _ = urlsplit(address if "://" in address else f"http://{address}").port


def _no_cookies() -> CookieJar:
    """Return a cookie jar that stays empty."""
    # A client may serve several tokens: a session cookie of one must not be sent with another.
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _is_allowed_url(url: str) -> bool:
    try:
        _ = httpx.URL(url).host  # It also refuses what cannot be printed, and names that IDNA does not have.
        parts = urlsplit(url)
        is_complete = bool(_HOST.fullmatch(parts.hostname or "")) and (parts.port is None or parts.port > 0)
    except (ValueError, httpx.InvalidURL):
        return False
    # A path is appended to it, and a user in it would be one beside the token's.
    is_base = not set("?#@") & set(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return is_complete and is_base and is_safe


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
