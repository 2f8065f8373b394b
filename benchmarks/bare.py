"""A server on the bare SDK that lists the tools in a file and does nothing else: what a start costs at least."""

import json
import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import Tool as Listed


async def nothing() -> str:
    """Do nothing."""
    return ""


def tool(listed: Listed) -> Tool:
    """Return a tool that looks like a listed one."""
    return Tool(
        fn=nothing,
        name=listed.name,
        title=listed.title,
        description=listed.description or "",
        parameters=listed.input_schema,
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=listed.output_schema),
        is_async=True,
        context_kwarg=None,
        annotations=listed.annotations,
    )


if __name__ == "__main__":
    listed = [Listed.model_validate(item) for item in json.loads(Path(sys.argv[1]).read_text("utf-8"))]
    MCPServer("bare", version="1", tools=[tool(item) for item in listed], log_level="WARNING").run("stdio")
