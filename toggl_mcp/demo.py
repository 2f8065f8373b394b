"""A morning in a studio: what a person says, and the calls of a real MCP client to a server with an embedded Toggl."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mcp import Client
from mcp.server.mcpserver import MCPServer

from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.call import Outcome, call_tool
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox
from toggl_mcp.server import SingleAccount, build_server
from toggl_mcp.settings import Settings

START = datetime(2026, 11, 26, 10, 25, tzinfo=ZoneInfo("Pacific/Auckland"))
"""A Thursday: the story is the same on every day on which it is told."""
HOUR = 3600.0


class Clock:
    """A clock that begins at the story's start, and that only the demo moves."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def __call__(self) -> float:
        """Return the UNIX time of the story, in seconds."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Advance instead of waiting."""
        self.now += seconds


class Step(NamedTuple):
    """What a person says, if anything, and the call that a model makes of it."""

    words: str
    tool: str
    arguments: Mapping[str, object]


class Session(NamedTuple):
    """What was called, what came of it, and what it cost."""

    tools: Sequence[str]
    results: Sequence[tuple[Step, Outcome]]
    requests: int


STEPS = (
    Step("What am I working on?", "get_timer", {}),
    Step("Switch to the bread label, please.", "start_timer", {"project": "bread label"}),
    Step("", "start_timer", {"project": "Bread labels", "tags": ["design"]}),
    Step("What did I do yesterday?", "list_time_entries", {"period": "yesterday", "sort": "oldest"}),
    Step("What is missing there?", "review_time", {"period": "yesterday", "work_hours": "08:30-17:00"}),
    Step(
        "I was at the fair, from half past two to five.",
        "create_time_entries",
        {
            "entries": [
                {
                    "description": "Visit to the fair",
                    "project": "Messestand",
                    "start": "yesterday half past two pm",
                    "stop": "yesterday 5 pm",
                }
            ]
        },
    ),
    Step("No, that was last week. Take it back.", "undo", {}),
    Step(
        "How was last week?",
        "summarize_time",
        {"period": "last_week", "group_by": ["client"], "compare": "previous"},
    ),
    Step("Does the fair stand keep to its budget?", "project_status", {"project": "Messestand"}),
    Step("Lighthouse Books is a new client.", "create_client", {"name": "Lighthouse Books"}),
)
STEPS_WITHOUT_QUOTA = (
    Step("Which clients have light in their name?", "list_clients", {"name": "light"}),
    Step("Add Harbour Lights, too.", "create_client", {"name": "Harbour Lights"}),
)


async def play() -> Session:
    """Play the session."""
    clock = Clock()
    toggl = Sandbox(clock=clock)
    async with Client(build_story_server(toggl, clock)) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        results = [(step, await call_tool(client, step.tool, step.arguments)) for step in STEPS]
        clock.now += HOUR + 1
        toggl.quota.spend(HARBOUR_STUDIO)
        results += [(step, await call_tool(client, step.tool, step.arguments)) for step in STEPS_WITHOUT_QUOTA]
    return Session(tools, results, len(toggl.calls))


def build_story_server(toggl: Sandbox, clock: Clock) -> MCPServer[None]:
    """Return a server with the embedded Toggl and the time of the story."""

    def open_account() -> Toggl:
        store = MemoryStore(expire_after=HOUR, clock=clock)
        return Toggl(BasicAuth(TOKEN, "api_token"), store, client=connect_in_process(toggl))

    return build_server(Settings.model_construct(), SingleAccount(open_account))
