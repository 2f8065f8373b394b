"""What the headers of a request restrict: they leave out tools and changes, and never add any."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, cast

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import CallToolResult, ListToolsResult

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.instructions import write_instructions
from toggl_mcp.models.base import MAX_ID
from toggl_mcp.settings import Settings
from toggl_mcp.tools.support.results import to_error_result
from toggl_mcp.toolsets import TOOL_NAMES, current_tools, enabled_tools

READ_ONLY_HEADER = b"x-toggl-mcp-read-only"
TOOLSETS_HEADER = b"x-toggl-mcp-toolsets"
WORKSPACE_HEADER = b"x-toggl-mcp-workspace"
MAX_ID_DIGITS = len(str(MAX_ID))
METHODS_WITH_INSTRUCTIONS = ("initialize", "server/discover")


class Restriction(NamedTuple):
    """The access mode, the tools and the workspace of one request, as far as its headers name them."""

    is_read_only: bool
    tool_names: Collection[str] | None
    workspace_id: int | None


def read_restriction(headers: Mapping[bytes, bytes]) -> Restriction:
    """Return what a request's headers restrict.

    Raises:
        InvalidArguments: One of them says nothing that there is: it is not ignored, as it would leave more than meant.
    """
    read_only, toolsets = headers.get(READ_ONLY_HEADER, b"false").lower(), headers.get(TOOLSETS_HEADER)
    if read_only not in (b"true", b"1", b"false", b"0"):
        message = "X-Toggl-MCP-Read-Only has to be true or false."
        raise InvalidArguments(message)
    return Restriction(
        read_only in (b"true", b"1"),
        None
        if toolsets is None
        else [tool.name for tool in enabled_tools(Settings.model_construct(toolsets=toolsets.decode("latin-1")))],
        _read_workspace_id(headers.get(WORKSPACE_HEADER)),
    )


class ToolRestriction:
    """Lists, describes and calls only the tools of the request.

    Args:
        tool_names: The names of the server's tools.
        withheld_names: The names of the other tools, which callers with more access have.
    """

    def __init__(self, tool_names: Collection[str], withheld_names: Sequence[str] = ()) -> None:
        self._tool_names = tool_names
        self._withheld_names = list(withheld_names)  # No set: what a call has for a name may not be hashable.

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Answer a message."""
        names = TOOL_NAMES.get()
        if ctx.method == "tools/call":
            name = (ctx.params or {}).get("name")
            if name in self._withheld_names:
                return _refuse_tool("Your token's access, or X-Toggl-MCP-Read-Only,")
            if names is not None and name not in names:
                return _refuse_tool("X-Toggl-MCP-Toolsets")
        result = await call_next(ctx)
        if names is None:
            return result
        if ctx.method in METHODS_WITH_INSTRUCTIONS:
            instructions = write_instructions(current_tools(self._tool_names))
            return {**cast("dict[str, Any]", result), "instructions": instructions}
        if ctx.method == "tools/list":
            listed = ListToolsResult.model_validate(result)
            return listed.model_copy(update={"tools": [tool for tool in listed.tools if tool.name in names]})
        return result


def _refuse_tool(cause: str) -> CallToolResult:
    return to_error_result(InvalidArguments(f"{cause} leaves out that tool. Use one that tools/list names."))


def _read_workspace_id(text: bytes | None) -> int | None:
    if text is None:
        return None
    if not (text.isdigit() and len(text) <= MAX_ID_DIGITS and 0 < int(text) <= MAX_ID):
        message = "X-Toggl-MCP-Workspace has to be the id of a workspace."
        raise InvalidArguments(message)
    return int(text)
