"""How the tools are driven: through a real MCP client, each answer held to what every answer promises."""

import json
from collections.abc import Mapping
from typing import Any, Literal, cast

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.clock import Clock
from toggl_mcp.sandbox import TOKEN, Sandbox
from toggl_mcp.server import SingleAccount, build_server
from toggl_mcp.settings import Settings

Era = Literal["legacy", "auto"]
Result = dict[str, Any]

ERAS: Mapping[Era, str] = {"legacy": "2025-11-25", "auto": "2026-07-28"}
"""The mode in which a client opens a connection of each protocol version."""
each_era = pytest.mark.parametrize("era", ERAS, ids=ERAS.values())
"""For what the protocol versions do differently: the handshake, discovery, elicitation and the list of tools."""


class Host:
    """What an MCP host does, in short."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def raw(self, tool: str, /, **arguments: object) -> CallToolResult:
        return await self.client.call_tool(tool, arguments)

    async def call(self, tool: str, /, **arguments: object) -> Result:
        """Return a success's data: structured as its schema says (the SDK's client checks it), and the same as text."""
        result = await self.raw(tool, **arguments)
        assert not result.is_error, _text(result)
        assert json.loads(_text(result)) == result.structured_content
        return cast("Result", result.structured_content)

    async def fail(self, tool: str, /, **arguments: object) -> Result:
        """Return a failure's data: text only, one flat object with a code and a message."""
        result = await self.raw(tool, **arguments)
        assert result.is_error, _text(result)
        assert result.structured_content is None
        error: Result = json.loads(_text(result))
        assert error.keys() >= {"code", "message", "retry"}
        assert error["retry"] in ("corrected", "later", "no")
        assert not any(isinstance(value, dict | list) for key, value in error.items() if key != "candidates")
        for candidate in error.get("candidates", []):
            assert candidate.keys() - {"client", "workspace"} == {"id", "name", "workspace_id", "archived"}
        return error

    async def create_entry(self, **fields: object) -> Result:
        """Create one time entry; return it with its status."""
        (entry,) = (await self.call("create_time_entries", **_to_plan(fields)))["entries"]
        return cast("Result", entry)

    async def fail_to_create_entry(self, **fields: object) -> Result:
        """Return the failure to create one time entry."""
        return await self.fail("create_time_entries", **_to_plan(fields))


def serve(
    sandbox: Sandbox,
    clock: Clock,
    *,
    store: Store | None = None,
    token: str = TOKEN,
    workspace_id: int | None = None,
    read_only: bool = False,
    **settings: Any,  # noqa: ANN401 - fields of the settings
) -> Any:  # noqa: ANN401 - the SDK's server, whatever its lifespan
    """Return a server whose Toggl is the sandbox."""
    cache = store or MemoryStore(clock=clock)
    return build_server(
        Settings.model_construct(read_only=read_only, **settings),
        SingleAccount(
            lambda: Toggl(
                BasicAuth(token, "api_token"), cache, client=connect_in_process(sandbox), workspace_id=workspace_id
            )
        ),
    )


def _to_plan(fields: Result) -> Result:
    """Return the arguments that create one entry of these fields; `on_overlap` is of the plan."""
    options = {name: fields.pop(name) for name in ("on_overlap",) if name in fields}
    return {"entries": [fields], **options}


def _text(result: CallToolResult) -> str:
    (part,) = result.content
    assert isinstance(part, TextContent)
    return part.text
