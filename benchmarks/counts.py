"""Counts: correct results under threads, and requests to Toggl in a scripted hour."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from arena import Arena
from contender import TASKS, THREADS
from mcp import Client
from ours import ImpatientClock
from sample import WORKSPACE
from script import NamesById, Step, play
from table import Row, count_row

from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import TOKEN
from toggl_mcp.server import SingleAccount, build_server
from toggl_mcp.settings import Settings

SIZE = 100
MINUTE = 60.0
MAX_REQUESTS = {True: 7, False: 8}
"""In the scripted hour, with the workspace configured or not."""


def count_threads(arena: Arena) -> Iterator[Row]:
    """Count correct results of one blocking endpoint that many threads share."""
    arena.hold(SIZE)
    with arena.ours("blocking", SIZE) as contender:
        contender.run("refill", warm=0, calls=1, seconds=0)
        ours = contender.run("threads")
    theirs: dict[str, str] = {}
    for kind in ("SQLite", "JSON"):
        with arena.theirs(kind, SIZE) as contender:
            contender.run("fill")
            theirs[kind] = str(contender.run("threads"))
    measure = f"{THREADS} threads on one blocking ClientEndpoint, {TASKS} gets and refreshes of {SIZE}: right"
    yield count_row(measure, str(ours), theirs, str(TASKS), is_met=ours == TASKS)


def count_hour_requests(arena: Arena) -> Iterator[Row]:
    """Count the requests of the scripted hour, and its reads that returned the state at Toggl."""
    theirs = {"SQLite": _count_theirs(arena, "SQLite"), "cacheless": _count_theirs(arena, "none")}
    for configured, limit in MAX_REQUESTS.items():
        arena.hold(SIZE)
        arena.requests()
        right_reads = asyncio.run(_count_ours(arena, configured=configured))
        requests = arena.requests()
        measure = (
            f"requests in the scripted hour, workspace {'' if configured else 'not '}configured (of 54 reads, right)"
        )
        yield count_row(measure, f"{requests} ({right_reads})", theirs, f"≤ {limit}", is_met=requests <= limit)


def _count_theirs(arena: Arena, kind: str) -> str:
    arena.hold(SIZE)
    arena.requests()
    with arena.theirs(kind, SIZE) as contender:
        right_reads: int = contender.run("hour")
    return f"{arena.requests()} ({right_reads})"


class _Clock(ImpatientClock):
    """A clock that the script sets."""

    def __init__(self) -> None:
        self.now = super().__call__()

    def __call__(self) -> float:
        """Return the time to which it was set."""
        return self.now


async def _count_ours(arena: Arena, *, configured: bool) -> int:
    with TemporaryDirectory() as folder:
        clock = _Clock()
        store = SqliteStore(Path(folder) / "cache.sqlite", clock=clock)
        workspace = WORKSPACE if configured else None
        toggl = Toggl(BasicAuth(TOKEN, "api_token"), store, client=connect(arena.url), workspace_id=workspace)
        async with Client(build_server(Settings.model_construct(), SingleAccount(lambda: toggl))) as host:

            async def perform(step: Step) -> NamesById:
                result = await _call_tool(host, step)
                clock.now += MINUTE
                return result

            return await play(perform, SIZE)


async def _call_tool(host: Client, step: Step) -> NamesById:
    tool, arguments = _to_tool_call(step)
    result: dict[str, Any] = (await host.call_tool(tool, arguments)).structured_content or {}
    clients: list[dict[str, Any]] = result.get("clients") or [result[field] for field in result if field == "client"]
    return {client["id"]: client["name"] for client in clients}


def _to_tool_call(step: Step) -> tuple[str, dict[str, object]]:
    match step.verb:
        case "list":
            return "list_clients", {"status": "both", "limit": 200}
        case "filter":
            return "list_clients", {"name": step.name, "status": "both"}
        case "create":
            return "create_client", {"name": step.name}
        case "rename":
            return "edit_client", {"client": step.client_id, "name": step.name}
        case _:
            return f"{step.verb}_client", {"client": step.client_id}
