"""A server on the bare SDK whose tools return one answer, read from a file, from memory: what a call costs at least."""

import json
import sys
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel


class Client(BaseModel):
    """A client, as our answers show one without notes."""

    id: int
    name: str
    archived: bool
    updated_at: str


class Found(BaseModel):
    """A client as it is known, as our answers say it."""

    workspace_id: int
    client: Client
    source: str
    as_of: str
    age_seconds: int


ANSWER: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
KNOWN = {ANSWER["client"]["id"]: Found.model_validate(ANSWER)}
READY = CallToolResult(content=[TextContent(text=json.dumps(ANSWER))], structured_content=ANSWER)


def get_client(client_id: int) -> Found:
    """Find one client by its id."""
    return KNOWN[client_id]


def get_ready(client_id: int) -> CallToolResult:  # noqa: ARG001 - the same argument
    """Return a result that needs no more work."""
    return READY


if __name__ == "__main__":
    server = MCPServer("remembering", version="1", log_level="WARNING")
    server.add_tool(get_client)
    server.add_tool(get_ready)
    server.run("stdio")
