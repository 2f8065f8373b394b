"""How a server serves resources, prompts, completions and subscriptions.

The SDK's server takes them once and for all, without a request's tools or account, and has no `resources/subscribe`;
its low-level server has handlers for all of it. What the SDK serves by itself, such as resources of extensions, stays.
What they are is imported at the first request for them: a host waits for the list of tools, not for that.
"""

from collections.abc import Callable, Collection
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions, RequestHandler, Server
from mcp.server.mcpserver import MCPServer
from mcp.types import (
    CompleteRequestParams,
    CompleteResult,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    PromptsCapability,
    ReadResourceRequestParams,
    ResourcesCapability,
    ServerCapabilities,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    ToolsCapability,
    UnsubscribeRequestParams,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from toggl_mcp.subscriptions import Subscriptions
from toggl_mcp.tools.support.define import CallOpener
from toggl_mcp.toolsets import PROMPT_TOOLS, RESOURCE_TOOLS

if TYPE_CHECKING:
    from toggl_mcp.features import Features

RequestContext = ServerRequestContext[Any, Any]
FeatureOpener = Callable[[], "Features"]

METHODS_WITH_NEWS = ("tools/call", "resources/read", "prompts/get", "completion/complete")
"""What may bring something new into the cache."""


def add_handlers(
    server: MCPServer[None], tool_names: Collection[str], open_call: CallOpener, *, can_push: bool
) -> None:
    """Let a server serve what its tools allow, and advertise that and nothing else.

    Args:
        server: The server, with its tools.
        tool_names: The names of these.
        open_call: Opens the account of the current request.
        can_push: Whether the server can tell a client something between its requests.
    """
    lowlevel: Server[Any] = server._lowlevel_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - see above

    @cache
    def open_features() -> "Features":
        from toggl_mcp.features import Features  # noqa: PLC0415 - start-up

        return Features(tool_names, open_call)

    async def read_etag(uri: str) -> str | None:
        return await open_features().read_etag(uri)

    async def read_list_etag() -> str:
        return await open_features().read_list_etag()

    has_list_changes = can_push and RESOURCE_TOOLS["project"] in tool_names  # What else is listed stays.
    subscriptions = Subscriptions(read_etag, read_list_etag if has_list_changes else None) if can_push else None
    _add_resources(lowlevel, open_features, subscriptions)
    _add_prompts(lowlevel, open_features)
    if subscriptions is not None:
        _add_subscriptions(server, lowlevel, subscriptions)
    _restrict_capabilities(lowlevel, tool_names, has_list_changes=has_list_changes)
    lowlevel.get_tool_input_schema = _find_header_schema


def _add_resources(lowlevel: Server[Any], open_features: FeatureOpener, subscriptions: Subscriptions | None) -> None:
    list_others = _find_handler(lowlevel, "resources/list")
    list_other_templates = _find_handler(lowlevel, "resources/templates/list")
    read_other = _find_handler(lowlevel, "resources/read")

    async def list_resources(ctx: RequestContext, params: PaginatedRequestParams) -> ListResourcesResult:
        others = cast("ListResourcesResult", await list_others(ctx, params))
        resource_list = await open_features().describe_resources()
        if subscriptions is not None:
            is_modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
            subscriptions.keep_list(resource_list.etag, None if is_modern else ctx.session)
        return ListResourcesResult(resources=[*resource_list.resources, *others.resources])

    async def list_templates(ctx: RequestContext, params: PaginatedRequestParams) -> ListResourceTemplatesResult:
        others = cast("ListResourceTemplatesResult", await list_other_templates(ctx, params))
        templates = [spec.to_template() for spec in open_features().list_resources() if spec.is_template]
        return ListResourceTemplatesResult(resource_templates=[*templates, *others.resource_templates])

    async def read_resource(ctx: RequestContext, params: ReadResourceRequestParams) -> HandlerResult:
        features = open_features()
        return await (features.read(params.uri) if features.has_scheme(params.uri) else read_other(ctx, params))

    lowlevel.add_request_handler("resources/list", PaginatedRequestParams, list_resources)
    lowlevel.add_request_handler("resources/templates/list", PaginatedRequestParams, list_templates)
    lowlevel.add_request_handler("resources/read", ReadResourceRequestParams, read_resource)


def _add_prompts(lowlevel: Server[Any], open_features: FeatureOpener) -> None:
    async def list_prompts(_: RequestContext, __: PaginatedRequestParams) -> ListPromptsResult:
        return ListPromptsResult(prompts=[spec.to_prompt() for spec in open_features().list_prompts()])

    async def get_prompt(_: RequestContext, params: GetPromptRequestParams) -> GetPromptResult:
        return await open_features().get_prompt(params.name, params.arguments or {})

    async def complete(_: RequestContext, params: CompleteRequestParams) -> CompleteResult:
        return await open_features().complete(params)

    lowlevel.add_request_handler("prompts/list", PaginatedRequestParams, list_prompts)
    lowlevel.add_request_handler("prompts/get", GetPromptRequestParams, get_prompt)
    lowlevel.add_request_handler("completion/complete", CompleteRequestParams, complete)


def _add_subscriptions(server: MCPServer[None], lowlevel: Server[Any], subscriptions: Subscriptions) -> None:
    async def subscribe(ctx: RequestContext, params: SubscribeRequestParams) -> EmptyResult:
        await subscriptions.subscribe(params.uri, ctx.session)
        return EmptyResult()

    async def unsubscribe(_: RequestContext, params: UnsubscribeRequestParams) -> EmptyResult:
        subscriptions.unsubscribe(params.uri)
        return EmptyResult()

    async def notify_subscribers(ctx: RequestContext, call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if ctx.method in METHODS_WITH_NEWS:
            await subscriptions.notify((ctx.params or {}).get("uri"))
        return result

    lowlevel.add_request_handler("resources/subscribe", SubscribeRequestParams, subscribe)
    lowlevel.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, unsubscribe)
    lowlevel.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, subscriptions)
    server.middleware.append(notify_subscribers)


def _restrict_capabilities(lowlevel: Server[Any], tool_names: Collection[str], *, has_list_changes: bool) -> None:
    """Advertise no empty list, and changes of none but that of resources: all others are as long as the process lives.

    The SDK derives capabilities from handlers, of which it always has some, and the newer protocol's `listChanged` from
    whether `subscriptions/listen` is served.
    """
    derive = lowlevel.get_capabilities
    has_prompts = not {*PROMPT_TOOLS.values()}.isdisjoint(tool_names)
    has_resources = not {*RESOURCE_TOOLS.values()}.isdisjoint(tool_names) or bool(lowlevel.extensions)

    def get_capabilities(
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> ServerCapabilities:
        derived = derive(notification_options, experimental_capabilities, extensions, protocol_version=protocol_version)
        subscribe = derived.resources is not None and derived.resources.subscribe
        resources = ResourcesCapability(subscribe=subscribe or None, list_changed=has_list_changes or None)
        return derived.model_copy(
            update={
                "tools": ToolsCapability(),
                "prompts": PromptsCapability() if has_prompts else None,
                "resources": resources if has_resources else None,
                "completions": derived.completions if has_prompts or has_resources else None,
            }
        )

    lowlevel.get_capabilities = get_capabilities


def _find_header_schema(_: str) -> None:
    """Return no schema, as none has a header repeat an argument: the SDK would search it for that at every call."""


def _find_handler(lowlevel: Server[Any], method: str) -> RequestHandler[Any, Any]:
    entry = lowlevel.get_request_handler(method)
    if entry is None:
        message = f"The SDK serves no {method}."
        raise LookupError(message)
    return entry.handler
