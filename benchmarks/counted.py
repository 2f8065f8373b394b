"""What is counted: right answers under threads, and Toggl's requests in a scripted hour."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from arena import Arena
from contender import TASKS, THREADS
from mcp import Client
from ours import Impatient
from sample import WORKSPACE
from script import Known, Step, play
from table import Row, counted

from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import TOKEN
from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings

SIZE = 100
MINUTE = 60.0
MOST_REQUESTS = {True: 7, False: 8}
"""In the scripted hour, with the workspace configured or not."""


def threads(arena: Arena) -> Iterator[Row]:
    """Count right answers of one blocking endpoint that many threads share."""
    arena.hold(SIZE)
    with arena.ours("blocking", SIZE) as contender:
        contender.ask("refill", warm=0, calls=1, seconds=0)
        ours = contender.ask("threads")
    theirs: dict[str, str] = {}
    for kind in ("SQLite", "JSON"):
        with arena.theirs(kind, SIZE) as contender:
            contender.ask("fill")
            theirs[kind] = str(contender.ask("threads"))
    measure = f"{THREADS} threads on one blocking ClientEndpoint, {TASKS} gets and refreshes of {SIZE}: right"
    yield counted(measure, str(ours), theirs, str(TASKS), met=ours == TASKS)


def hours(arena: Arena) -> Iterator[Row]:
    """Count the requests of the scripted hour, and how many of its reads told what was at Toggl."""
    theirs = {"SQLite": _theirs(arena, "SQLite"), "cacheless": _theirs(arena, "none")}
    for configured, most in MOST_REQUESTS.items():
        arena.hold(SIZE)
        arena.requests()
        rightly = asyncio.run(_ours(arena, configured=configured))
        requests = arena.requests()
        measure = (
            f"requests in the scripted hour, workspace {'' if configured else 'not '}configured (of 54 reads, right)"
        )
        yield counted(measure, f"{requests} ({rightly})", theirs, f"≤ {most}", met=requests <= most)


def _theirs(arena: Arena, kind: str) -> str:
    arena.hold(SIZE)
    arena.requests()
    with arena.theirs(kind, SIZE) as contender:
        rightly: int = contender.ask("hour")
    return f"{arena.requests()} ({rightly})"


class _Clock(Impatient):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = super().__call__()

    def __call__(self) -> float:
        """Return the time to which it was moved."""
        return self.now


async def _ours(arena: Arena, *, configured: bool) -> int:
    with TemporaryDirectory() as folder:
        clock = _Clock()
        store = SqliteStore(Path(folder) / "cache.sqlite", clock=clock)
        workspace = WORKSPACE if configured else None
        toggl = Toggl(BasicAuth(TOKEN, "api_token"), store, client=connect(arena.url), workspace_id=workspace)
        async with Client(build_server(Settings.model_construct(), lambda: toggl)) as host:

            async def do(asked: Step) -> Known:
                told = await _called(host, asked)
                clock.now += MINUTE
                return told

            return await play(do, SIZE)


async def _called(host: Client, asked: Step) -> Known:
    tool, arguments = _as_a_call(asked)
    answer: dict[str, Any] = (await host.call_tool(tool, arguments)).structured_content or {}
    clients: list[dict[str, Any]] = answer.get("clients") or [answer[field] for field in answer if field == "client"]
    return {client["id"]: client["name"] for client in clients}


def _as_a_call(asked: Step) -> tuple[str, dict[str, object]]:
    match asked.verb:
        case "list":
            return "list_clients", {"status": "both", "limit": 200}
        case "filter":
            return "list_clients", {"name": asked.name, "status": "both"}
        case "create":
            return "create_client", {"name": asked.name}
        case "rename":
            return "edit_client", {"client_id": asked.client_id, "name": asked.name}
        case _:
            return f"{asked.verb}_client", {"client_id": asked.client_id}
