"""`toggl-mcp demo`: a short session of a real MCP client with the embedded Toggl; no account needed."""

import time
from collections.abc import Callable, Mapping
from textwrap import indent
from typing import Any

from mcp import Client
from mcp.types import TextContent
from pydantic_core import to_json

from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox
from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings

Say = Callable[[str], object]
Arguments = Mapping[str, Any]
HOUR = 3600.0


class Clock:
    """A clock that the demo can advance."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        """Return the UNIX time plus the offset, in seconds."""
        return time.time() + self.offset

    async def sleep(self, seconds: float) -> None:
        """Advance instead of waiting."""
        self.offset += seconds


LAST_WEEK: dict[str, object] = {"period": "last_week", "group_by": ["client"]}


class Session:
    """Calls tools, and prints each call and its result."""

    def __init__(self, client: Client, say: Say) -> None:
        self._client = client
        self._say = say

    async def tools(self) -> None:
        """Print the tools."""
        for tool in (await self._client.list_tools()).tools:
            self._say(f"  {tool.name:<15} {(tool.description or '').partition(chr(10))[0]}")

    async def call(self, caption: str, tool: str, /, **arguments: object) -> dict[str, Any]:
        """Print a call and its result, and return the structured content."""
        self._say(f"\n{caption}\n  > {tool}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})")
        result = await self._client.call_tool(tool, arguments)
        if result.is_error:
            self._say("".join(f"  ! {part.text}" for part in result.content if isinstance(part, TextContent)))
        else:
            self._say(indent(to_json(result.structured_content, indent=2).decode(), "  "))
        return result.structured_content or {}


async def play(say: Say) -> None:
    """Play the session."""
    clock = Clock()
    toggl = Sandbox(clock=clock)
    server = build_server(Settings.model_construct(), lambda: _open_account(toggl, clock))
    async with Client(server) as client:
        session = Session(client, say)
        say("The tools, as a host sees them:")
        await session.tools()
        await _show_time_tracking(session)
        client_id = await _show_client(session)
        await _show_failures(session)
        await _show_spent_quota(session, toggl, clock)
        await session.call(
            "An hour later there are requests again: delete the client.", "delete_client", client_id=client_id
        )
    calls = len(toggl.calls)
    say(f"\nThat was the demo. It cost {calls} Toggl requests; the free plan allows 30 an hour.")


def _open_account(toggl: Sandbox, clock: Clock) -> Toggl:
    store = MemoryStore(expire_after=HOUR, clock=clock)
    return Toggl(BasicAuth(TOKEN, "api_token"), store, client=connect_in_process(toggl))


async def _show_time_tracking(session: Session) -> None:
    await session.call("The running timer:", "get_timer")
    await session.call(
        "Start a timer on a project, by its name; the running timer is stopped:",
        "start_timer",
        project="bread labels",
        tags=["design"],
    )
    await session.call("A misspelled name is not guessed:", "start_timer", project="Bread label")
    await session.call("Last week's hours by client, from the cache:", "summarize_time", **LAST_WEEK)


async def _show_client(session: Session) -> int:
    created = await session.call("A new client:", "create_client", name="Lighthouse Books", notes="Met at the fair")
    client_id: int = created["client"]["id"]
    await session.call("Found by its name, in any case, from the cache:", "get_client", name="lighthouse books")
    await session.call("Renamed:", "edit_client", client_id=client_id, name="Lighthouse Press")
    await session.call("Archived, and back again:", "archive_client", client_id=client_id)
    await session.call("", "restore_client", client_id=client_id)
    await session.call("Two clients, by a part of the name:", "list_clients", name="a", limit=2)
    return client_id


async def _show_failures(session: Session) -> None:
    await session.call(
        "Wrong arguments are refused before a request is sent:", "create_client", name="  ", colour="red"
    )
    await session.call("A name that is taken:", "create_client", name="Lighthouse Press")


async def _show_spent_quota(session: Session, toggl: Sandbox, clock: Clock) -> None:
    clock.offset += HOUR + 1
    toggl.quota.spend(HARBOUR_STUDIO)
    await session.call(
        "An hour later the cache has expired and the quota is spent: stale data is returned, and marked:",
        "list_clients",
        name="light",
    )
    await session.call(
        "A change cannot come from the cache; the error says when to try again:", "create_client", name="Too late"
    )
    clock.offset += HOUR + 1
