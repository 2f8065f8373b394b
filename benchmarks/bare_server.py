"""A server on the bare SDK that only lists the tools of a file: the least that a start can cost."""

import json
import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import Tool as Listed


async def do_nothing() -> str:
    """Do nothing."""
    return ""


def make_tool(definition: Listed) -> Tool:
    """Return a tool with the name, texts and schemas of a definition."""
    return Tool(
        fn=do_nothing,
        name=definition.name,
        title=definition.title,
        description=definition.description or "",
        parameters=definition.input_schema,
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=definition.output_schema),
        is_async=True,
        context_kwarg=None,
        annotations=definition.annotations,
    )


if __name__ == "__main__":
    definition = [Listed.model_validate(item) for item in json.loads(Path(sys.argv[1]).read_text("utf-8"))]
    MCPServer("bare", version="1", tools=[make_tool(item) for item in definition], log_level="WARNING").run("stdio")
