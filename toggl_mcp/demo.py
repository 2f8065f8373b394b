"""`toggl-mcp demo`: a short session of a real MCP client with the embedded Toggl; no account needed."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from textwrap import fill
from typing import Any, NamedTuple
from unicodedata import east_asian_width

from mcp import Client
from mcp.types import CallToolResult, TextContent

from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox
from toggl_mcp.server import SingleAccount, build_server
from toggl_mcp.settings import Settings

Content = Mapping[str, Any]
HOUR = 3600.0
WIDTH = 78
BAR_WIDTH = 30


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


class Step(NamedTuple):
    """A question of a person, the call that a model makes of it, and how its result is put into words."""

    question: str
    tool: str
    arguments: Mapping[str, object]
    describe: Callable[[Content], str]


class Session(NamedTuple):
    """What was called with what result, and what it cost."""

    tools: Sequence[str]
    results: Sequence[tuple[Step, CallToolResult]]
    requests: int


async def play() -> Session:
    """Play the session."""
    clock = Clock()
    toggl = Sandbox(clock=clock)
    server = build_server(Settings.model_construct(), SingleAccount(lambda: _open_account(toggl, clock)))
    async with Client(server) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        results = [await _call(client, step) for step in STEPS]
        clock.offset += HOUR + 1
        toggl.quota.spend(HARBOUR_STUDIO)
        results += [await _call(client, step) for step in STEPS_WITHOUT_QUOTA]
    return Session(tools, results, len(toggl.calls))


def format_json(session: Session) -> str:
    """Return every call and its result as JSON, a line each."""
    lines: list[Mapping[str, object]] = [{"tools": session.tools}]
    for step, result in session.results:
        outcome = ("error", _error(result)) if result.is_error else ("result", result.structured_content)
        lines.append({"tool": step.tool, "arguments": step.arguments, outcome[0]: outcome[1]})
    lines.append({"requests": session.requests})
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def format_text(session: Session) -> str:
    """Return the session as a person reads it."""
    parts = [f"toggl_mcp with an embedded Toggl: sample data, no account. A model has {len(session.tools)} tools."]
    for number, (step, result) in enumerate(session.results):
        if number == len(STEPS):
            parts.append("--- An hour later the cache has expired, and all requests of this hour are spent. ---")
        arguments = ", ".join(f"{name}={value!r}" for name, value in step.arguments.items())
        answer = f"Refused: {_error(result)['message']}" if result.is_error else step.describe(_content(result))
        paragraphs = "\n".join(
            fill(line, WIDTH, initial_indent="  ", subsequent_indent="  ") if len(line) >= WIDTH else f"  {line}"
            for line in answer.splitlines()
        )
        parts.append(f"> {step.question}\n  {step.tool}({arguments})\n{paragraphs}")
    parts.append(
        f"That cost {session.requests} requests to Toggl, whose free plan allows 30 an hour.\n"
        "Next: `toggl-mcp demo --json` shows every result whole; `toggl-mcp --sandbox` serves\n"
        "this Toggl to a host, and docs/install.md says how to add your own account."
    )
    return "\n\n".join(parts) + "\n"


def _open_account(toggl: Sandbox, clock: Clock) -> Toggl:
    store = MemoryStore(expire_after=HOUR, clock=clock)
    return Toggl(BasicAuth(TOKEN, "api_token"), store, client=connect_in_process(toggl))


async def _call(client: Client, step: Step) -> tuple[Step, CallToolResult]:
    return step, await client.call_tool(step.tool, dict(step.arguments))


def _content(result: CallToolResult) -> Content:
    return result.structured_content or {}


def _error(result: CallToolResult) -> Content:
    return json.loads("".join(part.text for part in result.content if isinstance(part, TextContent)))


def _describe_running(content: Content) -> str:
    entry = content["entry"]
    return f"{entry['description']}, on {entry['project']} for {entry['client']}, for {_minutes(entry['seconds'])} now."


def _describe_start(content: Content) -> str:
    entry, stopped = content["entry"], content["stopped_entry"]
    return (
        f"Started {entry['project']} for {entry['client']}; stopped {stopped['description']} "
        f"after {_minutes(stopped['seconds'])}."
    )


def _describe_totals(content: Content) -> str:
    groups = [(group["by"]["client"], group["hours"]) for group in content["groups"]]
    total = content["total"]
    width = max(_columns(name) for name, _ in groups)
    scale = BAR_WIDTH / max(hours for _, hours in groups)
    rows = [f"{_pad(name, width)}  {hours:6.2f} h  {'#' * round(hours * scale)}" for name, hours in groups]
    rows.append(f"{'Total':{width}}  {total['hours']:6.2f} h  in {total['entries']} entries of every workspace")
    return "\n".join([f"{content['first_day']} to {content['last_day']}, days as in {content['timezone']}:", *rows])


def _describe_creation(content: Content) -> str:
    return f"Created client {content['client']['id']}."


def _describe_client(content: Content) -> str:
    client = content["client"]
    return f"Yes: {client['name']} ({client['notes']}). Read from the {content['source']}, without a request."


def _describe_stale(content: Content) -> str:
    names = ", ".join(client["name"] for client in content["clients"])
    return f"{names}; marked as {content['source']}: it is what Toggl said {_minutes(content['age_seconds'])} ago."


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} minutes"


def _columns(text: str) -> int:
    """Return the width of a text in a terminal, where East Asian characters take two columns."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))


STEPS = (
    Step("What am I working on?", "get_timer", {}, _describe_running),
    Step(
        "Switch to the bread labels, please; it's design.",
        "start_timer",
        {"project": "bread labels", "tags": ["design"]},
        _describe_start,
    ),
    Step("How was last week?", "summarize_time", {"period": "last_week", "group_by": ["client"]}, _describe_totals),
    Step("Now the bread label.", "start_timer", {"project": "bread label"}, _describe_start),
    Step(
        "Lighthouse Books is a new client; we met at the fair.",
        "create_client",
        {"name": "Lighthouse Books", "notes": "Met at the fair"},
        _describe_creation,
    ),
    Step("Do we have lighthouse books?", "get_client", {"client": "lighthouse books"}, _describe_client),
    Step("Add Lighthouse Books.", "create_client", {"name": "Lighthouse Books"}, _describe_creation),
)
STEPS_WITHOUT_QUOTA = (
    Step("Which clients have light in their name?", "list_clients", {"name": "light"}, _describe_stale),
    Step("Add Harbour Lights, too.", "create_client", {"name": "Harbour Lights"}, _describe_creation),
)
