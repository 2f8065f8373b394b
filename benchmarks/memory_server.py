"""A server on the bare SDK whose tools return one result from memory: the least that a call can cost."""

import json
import sys
from pathlib import Path
from typing import Any

from bare_server import serve_http
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel


class Client(BaseModel):
    """A client without notes, in the shape of our results."""

    id: int
    name: str
    archived: bool
    updated_at: str


class ClientResult(BaseModel):
    """The result of `get_client`, in the shape of ours."""

    workspace_id: int
    client: Client
    source: str
    as_of: str
    age_seconds: int


RESPONSE: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
CLIENTS = {RESPONSE["client"]["id"]: ClientResult.model_validate(RESPONSE)}
RESULT = CallToolResult(content=[TextContent(text=json.dumps(RESPONSE))], structured_content=RESPONSE)


def get_client(client: str) -> ClientResult:
    """Return one client by its id."""
    return CLIENTS[int(client)]


def get_result(client: str) -> CallToolResult:  # noqa: ARG001 - the same argument
    """Return a result that needs no more work."""
    return RESULT


if __name__ == "__main__":
    server = MCPServer("memory", version="1", log_level="WARNING")
    server.add_tool(get_client)
    server.add_tool(get_result)
    if sys.argv[2:] == ["http"]:
        serve_http(server)
    else:
        server.run("stdio")
