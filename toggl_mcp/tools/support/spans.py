"""Keeps what a client makes up, and what an account holds, out of the span that the MCP SDK makes for a message."""

from collections.abc import Collection, Mapping
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import METHOD_NOT_FOUND
from opentelemetry import trace

OTHER = "_OTHER"
"""What stands for a name that the server does not have, as in OpenTelemetry's conventions."""
ATTRIBUTES: Mapping[str, str] = {"tools/call": "gen_ai.tool.name", "prompts/get": "gen_ai.prompt.name"}
"""Where the SDK has the name that a message of a method names."""


class _MessagelessError(MCPError):
    """What the span of a message gets to see of the error that the client gets."""

    def __init__(self, original: MCPError) -> None:
        super().__init__(original.error.code, "The client has the message.")
        self.original = original


class _BoundedSpans:
    """Makes the span of each message where spans are kept, with no names but these, and no message of an error."""

    def __init__(self, make_span: ServerMiddleware[Any], names: Mapping[str, Collection[str]]) -> None:
        self._make_span = make_span
        self._names = names

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # Nobody has set one that keeps them.
            return await call_next(ctx)

        async def hide(ctx: ServerRequestContext[Any, Any]) -> HandlerResult:
            name: object = (ctx.params or {}).get("name")
            # A name that is no text is refused further in.
            if ctx.method in self._names and not (isinstance(name, str) and name in self._names[ctx.method]):
                _rename_span(f"{ctx.method} {OTHER}", ATTRIBUTES[ctx.method])
            try:
                return await call_next(ctx)
            except MCPError as error:
                if error.error.code == METHOD_NOT_FOUND:
                    _rename_span(OTHER, "mcp.method.name")
                raise _MessagelessError(error) from error

        try:
            return await self._make_span(ctx, hide)
        except _MessagelessError as error:
            raise error.original from None


def bound_spans(server: MCPServer[None], names: Mapping[str, Collection[str]]) -> None:
    """Let the spans of a server have no names but these, by method, and no message of an error.

    The SDK's middleware for spans is the first; what bounds it takes its place.
    """
    server.middleware[0] = _BoundedSpans(server.middleware[0], names)


def _rename_span(name: str, attribute: str) -> None:
    span = trace.get_current_span()
    span.update_name(name)
    span.set_attribute(attribute, OTHER)
