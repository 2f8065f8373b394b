"""The composition root: settings in, an MCP server out.

What only a call needs (HTTP, SQLite, the sandbox) is imported at the first call: a host waits for the list of tools,
not for that.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import anyio
from mcp.server.caching import CacheHint
from mcp.server.context import ServerMiddleware
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.request_state import RequestStateSecurity
from mcp.types import SERVER_INFO_META_KEY, CallToolResult, InputRequiredResult, Resource
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from toggl_mcp.apps.documents import SCHEME, AppName
from toggl_mcp.apps.extension import AppsExtension
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.errors import BadToken, InvalidArguments, NoToken
from toggl_mcp.handlers import add_handlers
from toggl_mcp.icons import STOPWATCH, draw_icon
from toggl_mcp.instructions import write_instructions
from toggl_mcp.settings import Settings, describe_placeholder, is_memory
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import to_error_result
from toggl_mcp.tools.support.spans import bound_spans
from toggl_mcp.toolsets import PROMPT_TOOLS, current_tools, enabled_tools, group_by_requirement, missing_tool_error

if TYPE_CHECKING:
    from toggl_mcp.api import AsyncClient
    from toggl_mcp.cache.store import Store
    from toggl_mcp.endpoints.toggl import Toggl

_log = logging.getLogger(__name__)

DISTRIBUTION = "toggl-mcp-server"
LIST_METHODS = ("server/discover", "tools/list", "prompts/list", "resources/templates/list")
"""What is the same as long as a server runs, for everybody who may use the same tools."""
LIST_CACHE = CacheHint(ttl_ms=3_600_000, scope="public")
RESOURCE_METHODS = ("resources/list", "resources/read")
"""What has the resources of an account, or their sizes."""
RESOURCE_CACHE = CacheHint(ttl_ms=0, scope="private")
"""What an account has may change with the next call; until then, reading it again costs no request to Toggl."""


class TogglServer(MCPServer[None]):
    """The SDK's server, with less in its answers: hosts find its apps through the tools that show them.

    Args:
        tool_names: The names of its tools.
        arguments: Those of the SDK's server.
    """

    def __init__(self, tool_names: Collection[str], **arguments: Any) -> None:  # noqa: ANN401 - the SDK's
        super().__init__(**arguments)
        self._tool_names = tool_names

    async def list_resources(self) -> list[Resource]:
        """Return the resources for people and models."""
        return [resource for resource in await super().list_resources() if not resource.uri.startswith(SCHEME)]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Return a tool's result, which names the server; `server/discover` has its icon and description, too.

        Raises:
            ToolError: The person's answer cannot be read.
        """
        result: CallToolResult | InputRequiredResult
        if name in self._tool_names:
            result = await super().call_tool(name, arguments, context)
        else:
            result = to_error_result(missing_tool_error(name, self._tool_names))
        if context is not None and context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            identity = {"name": self.name, "version": self.version}
            result.meta = {SERVER_INFO_META_KEY: identity, **(result.meta or {})}
        return result


class AccountSource(Protocol):
    """Where the calls of a server get their account."""

    def open(self) -> "Toggl":
        """Return the account of the current call.

        Raises:
            NoToken, BadToken, InvalidArguments: The settings open no account, or the caller has none.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


class SingleAccount:
    """One account for every call, opened at the first one and closed with the server: it starts without a token."""

    def __init__(self, open_account: Callable[[], "Toggl"]) -> None:
        self._open_account = open_account
        self._toggl: Toggl | None = None

    def open(self) -> "Toggl":
        """Return the account."""
        if self._toggl is None:
            self._toggl = self._open_account()
        return self._toggl

    async def aclose(self) -> None:
        """Close the account, if it was opened."""
        if self._toggl is not None:
            await self._toggl.aclose()


def build_server(
    settings: Settings,
    accounts: AccountSource | None = None,
    *,
    list_cache: CacheHint = LIST_CACHE,
    can_push: bool = True,
    request_state_security: RequestStateSecurity | None = None,
    middleware: Sequence[ServerMiddleware[Any]] = (),
) -> MCPServer[None]:
    """Return the server. It starts without a token; the first call then says how to set one.

    Args:
        settings: Which tools there are, and what opens the account.
        accounts: What opens accounts in place of the settings; closed with the server.
        list_cache: For how long, and for whom, a host may keep the lists of tools, prompts and resources.
        can_push: Whether the server can tell a client something between its requests.
        request_state_security: What protects the state of a form that a person fills in; None is a key of this process.
        middleware: What the SDK calls around every message.
    """
    tools = enabled_tools(settings)
    source = accounts or SingleAccount(lambda: open_toggl(settings))
    access, tools_by_requirement = settings.effective_access, group_by_requirement(tools)
    tool_names = [tool.name for tool in tools]

    async def open_call() -> CallContext:
        return CallContext(source.open(), access, tools_by_requirement)

    @asynccontextmanager
    async def lifespan(_: MCPServer[None]) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await source.aclose()
            _log.info("Closed.")

    apps: dict[AppName, None] = dict.fromkeys(tool.app for tool in tools if tool.app)
    server = TogglServer(
        tool_names,
        name="toggl-track",
        title="Toggl Track",
        description="Timers, time entries, totals, projects and clients of Toggl Track, typed and cached",
        instructions=write_instructions(tool_names),
        icons=[draw_icon(STOPWATCH)],
        version=version(DISTRIBUTION),
        tools=[tool.to_tool(open_call) for tool in tools],
        extensions=[AppsExtension(apps, lambda: current_tools(tool_names))] if apps else [],
        log_level=settings.log_level,
        lifespan=lifespan,
        cache_hints={
            **dict.fromkeys(LIST_METHODS, list_cache),
            **dict.fromkeys(RESOURCE_METHODS, RESOURCE_CACHE),
        },
        request_state_security=request_state_security,
        subscriptions=False,  # Those of `add_handlers`, where the server can push.
        middleware=middleware,
    )
    add_handlers(server, tool_names, open_call, can_push=can_push)
    bound_spans(server, {"tools/call": tool_names, "prompts/get": PROMPT_TOOLS})
    return server


def open_toggl(settings: Settings, *, retries: int = 3) -> "Toggl":
    """Return the account that the settings open; safe requests are repeated up to `retries` times.

    Raises:
        NoToken, BadToken: There is no token, or it is one of another Toggl product.
        InvalidArguments: The API's address is not allowed.
    """
    from toggl_mcp.api import BasicAuth  # noqa: PLC0415 - start-up
    from toggl_mcp.endpoints.toggl import Toggl  # noqa: PLC0415 - start-up

    return Toggl(
        BasicAuth(require_token(settings), "api_token"),
        open_store(settings),
        client=open_client(settings),
        workspace_id=default_workspace_id(settings),
        retries=retries,
    )


def open_client(settings: Settings) -> "AsyncClient":
    """Return the HTTP client for Toggl, or for the embedded one.

    Raises:
        InvalidArguments: The API's address is not allowed.
    """
    from toggl_mcp.api import connect, connect_in_process  # noqa: PLC0415 - start-up

    if settings.sandbox:
        from toggl_mcp.sandbox import Sandbox  # noqa: PLC0415 - start-up

        return connect_in_process(Sandbox())
    return connect(settings.api_url)


def default_workspace_id(settings: Settings) -> int | None:
    """Return the workspace of calls that name none, if one is configured: the embedded Toggl has others."""
    return None if settings.sandbox else settings.workspace_id


def open_store(settings: Settings) -> "Store":
    """Return the cache of the settings, in memory for the embedded Toggl; a file or server is opened at its first use.

    Raises:
        InvalidArguments: It is on a server, and what speaks to one is not installed.
    """
    from toggl_mcp.cache.memory import MemoryStore  # noqa: PLC0415 - start-up

    if settings.sandbox or is_memory(settings.cache):
        return MemoryStore(expire_after=settings.cache_ttl)
    if isinstance(settings.cache, RedisAddress):
        return _open_redis_store(settings.cache, settings.cache_ttl)
    from toggl_mcp.cache.sqlite.store import SqliteStore  # noqa: PLC0415 - start-up

    try:
        return SqliteStore(cache_file(settings.cache), expire_after=settings.cache_ttl)
    except InvalidArguments as error:
        _log.warning("%s Until then the cache is in memory.", error)
        return MemoryStore(expire_after=settings.cache_ttl)


def _open_redis_store(address: RedisAddress, cache_ttl: float) -> "Store":
    try:
        from toggl_mcp.cache.redis.store import RedisStore  # noqa: PLC0415 - start-up
    except ModuleNotFoundError as error:
        message = (
            "TOGGL_MCP_CACHE is the URL of a server, and what speaks to one is not installed. Install it with "
            "pip install 'toggl-mcp-server[redis]', or set TOGGL_MCP_CACHE to a path or to memory; then restart."
        )
        raise InvalidArguments(message) from error
    return RedisStore(address, expire_after=cache_ttl)


def cache_file(configured: Path | None) -> Path:
    """Return the path of the cache file; the default name holds the format, so that versions do not share a file.

    Raises:
        InvalidArguments: None is configured, and this user has no folder for one.
    """
    from platformdirs import user_cache_path  # noqa: PLC0415 - start-up

    from toggl_mcp.cache.sqlite.store import FORMAT  # noqa: PLC0415 - start-up

    try:
        return configured or (user_cache_path("toggl-mcp") / f"cache-{FORMAT}.sqlite").expanduser()
    except RuntimeError as error:
        message = (
            "There is no home folder for the cache file. Set TOGGL_MCP_CACHE to a path, or to memory; then restart."
        )
        raise InvalidArguments(message) from error


def require_token(settings: Settings) -> str:
    """Return the configured API token.

    Raises:
        NoToken, BadToken: There is none, or it is one of another Toggl product.
    """
    if settings.sandbox:
        from toggl_mcp.sandbox import TOKEN  # noqa: PLC0415 - start-up

        return TOKEN
    token = settings.token.get_secret_value() if settings.token else ""
    if not token:
        if "TOGGL_API_TOKEN" in settings.placeholders:
            raise NoToken(describe_placeholder("TOGGL_API_TOKEN"))
        message = (
            "No Toggl API token is set. Copy yours from the end of https://track.toggl.com/profile "
            "into TOGGL_API_TOKEN in this server's settings, then restart it."
        )
        raise NoToken(message)
    if token.startswith("toggl_sk_"):
        message = (
            "TOGGL_API_TOKEN holds a key for Toggl Focus (toggl_sk_…); this server speaks to Toggl Track. "
            "Copy the API token from the end of https://track.toggl.com/profile, then restart the server."
        )
        raise BadToken(message)
    return token
