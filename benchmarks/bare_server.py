"""A server on the bare SDK that only lists the tools of a file: the least that a start can cost."""

import json
import socket
import sys
from pathlib import Path
from typing import Any

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


def serve_http(server: MCPServer[Any]) -> None:
    """Serve by HTTP as `toggl-mcp http` does, and say on standard error where."""
    import uvicorn  # noqa: PLC0415 - what serves by stdio does without

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sys.stderr.write(f"listening at http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
    app = server.streamable_http_app(json_response=True, stateless_http=True)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, http="h11", ws="none")).run([listener])


if __name__ == "__main__":
    definition = [Listed.model_validate(item) for item in json.loads(Path(sys.argv[1]).read_text("utf-8"))]
    server = MCPServer("bare", version="1", tools=[make_tool(item) for item in definition], log_level="WARNING")
    if sys.argv[2:] == ["http"]:
        serve_http(server)
    else:
        server.run("stdio")
