"""A call of one tool as a model makes it: by a real MCP client, its arguments as they come."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mcp import Client
from mcp.types import TextContent

from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings


class Outcome(NamedTuple):
    """What came of a call: the text that a model reads, and the object that it holds, a result or an error."""

    is_error: bool
    text: str
    content: Mapping[str, Any]


class ToolSummary(NamedTuple):
    """A tool's name, the first sentence of its description, and its arguments, those first that it needs."""

    name: str
    description: str
    required: Sequence[str]
    optional: Sequence[str]


async def call_tool(client: Client, tool: str, arguments: Mapping[str, object]) -> Outcome:
    """Call a tool and return what comes of it."""
    result = await client.call_tool(tool, dict(arguments))
    text = "".join(part.text for part in result.content if isinstance(part, TextContent))
    return Outcome(result.is_error, text, result.structured_content or json.loads(text))


async def call_tool_once(settings: Settings, tool: str, arguments: Mapping[str, object]) -> Outcome:
    """Call a tool of a server with these settings, which ends with the call.

    Raises:
        InvalidArguments: The settings name a tool that does not exist, or leave none.
    """
    async with Client(build_server(settings)) as client:
        return await call_tool(client, tool, arguments)


async def list_tools(settings: Settings) -> list[ToolSummary]:
    """Return the tools that these settings enable.

    Raises:
        InvalidArguments: The settings name a tool that does not exist, or leave none.
    """
    return [
        ToolSummary(
            tool.name,
            (tool.description or "").partition("\n")[0].partition(". ")[0].removesuffix(".") + ".",
            required := tool.input_schema.get("required", []),
            [name for name in tool.input_schema["properties"] if name not in required],
        )
        for tool in await build_server(settings).list_tools()
    ]
