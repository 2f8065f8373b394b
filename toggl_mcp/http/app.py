"""The HTTP application: settings in, an ASGI app out."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware, get_access_token
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from mcp.server.request_state import RequestStateSecurity
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.authentication import AuthenticationError
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route, request_response
from starlette.types import ASGIApp

from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.errors import InvalidArguments, NoToken
from toggl_mcp.http.accounts import AccountPool
from toggl_mcp.http.authentication import SCOPES, Authentication, list_modes, open_authentication
from toggl_mcp.http.endpoint import Endpoint
from toggl_mcp.http.headers import HeaderRules
from toggl_mcp.http.issuer_keys import COOL_DOWN_SECONDS
from toggl_mcp.http.limits import RequestLimits
from toggl_mcp.http.metrics import answer_metrics, open_metrics
from toggl_mcp.http.restriction import ToolRestriction
from toggl_mcp.http.settings import HttpSettings, is_loopback
from toggl_mcp.models.account import Access
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.server import (
    LIST_CACHE,
    build_server,
    default_workspace_id,
    open_client,
    open_store,
    require_token,
)
from toggl_mcp.toolsets import enabled_tools

MAX_BODY_BYTES = 1 << 20
"""Bytes of the longest request; the longest call takes some thousand."""


def build_app(
    settings: HttpSettings,
    *,
    client: AsyncClient | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
    is_ready: Callable[[], bool] = lambda: True,
) -> Starlette:
    """Return the application; it answers at the path of the MCP endpoint, `/health`, `/ready` and `/metrics`.

    Args:
        settings: Where it is reached, who may call, and which tools there are.
        client: The HTTP client for Toggl, in place of what the settings say.
        store: The store of all accounts, in place of what the settings say.
        clock: What the age of the issuer's keys, and the idle time of accounts, are measured by.
        is_ready: Returns whether `/ready` is to have load balancers send requests.

    Raises:
        InvalidArguments: The settings do not fit together, or one of their files cannot be read.
    """
    settings.require_complete()
    clock = clock or SystemClock()
    authentication = open_authentication(settings, clock)
    hosts = _list_hosts(settings)
    accounts = AccountPool(
        lambda: _find_token(settings, authentication),
        client or open_client(settings),
        store or open_store(settings),
        workspace_id=default_workspace_id(settings),
        clock=clock,
    )
    managers = _open_managers(settings, accounts, is_public=authentication is None)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            for manager in managers.values():
                await stack.enter_async_context(manager.run())
            yield

    endpoint: ASGIApp = Endpoint(managers, settings.effective_access, max(1, settings.max_calls // 4))
    endpoint = RequestLimits(endpoint, settings.max_calls)
    if authentication is not None:  # Outside of the limits: who is no caller takes nobody's place.
        endpoint = _require_caller(endpoint, settings, authentication)
    scheme = urlsplit(settings.public_url or "http:").scheme
    endpoint = HeaderRules(endpoint, hosts, settings.origins, scheme)
    if settings.origins:
        endpoint = CORSMiddleware(endpoint, settings.origins, allow_methods=["POST"], allow_headers=["*"])
    metrics = answer_metrics
    if is_loopback(settings.host):  # A web page may have its own name lead here; elsewhere, Prometheus sends any.
        metrics = HeaderRules(request_response(answer_metrics), hosts, settings.origins, scheme)
    routes = [
        Route(settings.path, endpoint=endpoint, methods=["POST", "OPTIONS"]),
        Route("/health", _answer_health),
        Route("/ready", partial(_answer_ready, is_ready)),
        *([Route("/metrics", metrics, methods=["GET"])] if open_metrics() else []),
        *_describe_resource(settings),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    # A redirect from /mcp/ would lead by http to whatever host the request names, with the caller's token.
    app.router.redirect_slashes = False
    return app


def _open_managers(
    settings: HttpSettings, accounts: AccountPool, *, is_public: bool
) -> dict[Access, StreamableHTTPSessionManager]:
    """Return a server for each access mode up to that of the settings, all over the same accounts."""
    state_security = RequestStateSecurity(keys=settings.keys) if settings.keys else RequestStateSecurity.ephemeral()
    list_cache = LIST_CACHE if is_public else replace(LIST_CACHE, scope="private")
    managers: dict[Access, StreamableHTTPSessionManager] = {}
    all_names = [tool.name for tool in enabled_tools(settings)]
    for access in list_modes(settings.effective_access):
        mode_settings = settings.model_copy(update={"access": access})
        try:
            tool_names = [tool.name for tool in enabled_tools(mode_settings)]
            server = build_server(
                mode_settings,
                accounts,
                list_cache=list_cache,
                can_push=False,  # No connection outlives its request.
                request_state_security=state_security,
                middleware=[ToolRestriction(tool_names, [name for name in all_names if name not in tool_names])],
            )
        except InvalidArguments:
            if access == settings.effective_access:
                raise
            continue  # What the settings enable changes something: this mode has no tool.
        server.streamable_http_app(
            json_response=True,
            stateless_http=True,
            # HeaderRules has looked at the host and the origin.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
            max_request_body_size=MAX_BODY_BYTES,
        )
        managers[access] = server.session_manager
    return managers


def _find_token(settings: HttpSettings, authentication: Authentication | None) -> str:
    """Return the Toggl token of the current request's caller, or the settings' own where nobody authenticates."""
    if authentication is None:
        return require_token(settings)
    caller = get_access_token()
    if caller is None:
        message = "This request has no caller. Send the header Authorization: Bearer and a token."
        raise NoToken(message)
    return authentication.find_toggl_token(caller)


def _require_caller(endpoint: ASGIApp, settings: HttpSettings, authentication: Authentication) -> ASGIApp:
    """Return the endpoint behind the check of bearer tokens."""
    url = settings.public_url if settings.way == "oauth" else None
    metadata_url = build_resource_metadata_url(AnyHttpUrl(url)) if url else None
    endpoint = AuthContextMiddleware(RequireAuthMiddleware(endpoint, [], metadata_url))
    return AuthenticationMiddleware(endpoint, BearerAuthBackend(authentication), _answer_without_keys)


def _describe_resource(settings: HttpSettings) -> list[Route]:
    """Return the route of the protected resource's metadata, which says who gives tokens for it (RFC 9728)."""
    if settings.way != "oauth":
        return []
    return create_protected_resource_routes(
        AnyHttpUrl(settings.public_url or ""), [AnyHttpUrl(settings.oauth_issuer or "")], [*SCOPES]
    )


def _list_hosts(settings: HttpSettings) -> list[str]:
    """Return the Host headers that are accepted: those of this machine, or of the public address."""
    hosts = [urlsplit(settings.public_url).netloc.lower()] if settings.public_url else []
    return [*hosts, "127.0.0.1", "localhost", "[::1]"] if is_loopback(settings.host) else hosts


def _answer_without_keys(_: HTTPConnection, error: AuthenticationError) -> JSONResponse:
    """Return the refusal of a token of which nothing can be said yet: 401 would have clients throw it away."""
    return JSONResponse({"error": str(error)}, 503, {"Retry-After": f"{COOL_DOWN_SECONDS:.0f}"})


async def _answer_health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _answer_ready(is_ready: Callable[[], bool], request: Request) -> JSONResponse:
    return await _answer_health(request) if is_ready() else JSONResponse({"status": "stopping"}, 503)
