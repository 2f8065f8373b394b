"""A process of its own: `python -m tests.chaos.undo_worker <address>` undoes the change of each line in a child.

A line has the steps after which the system kills the child, the time, the change and the path of the cache. The result
is the rows of the undo, or null if the child was killed.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import anyio
from pydantic import TypeAdapter

from tests.chaos.kills import AUTH, Killed, Lifetime, SteppedStore
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.endpoints.undo_plan import JournalRow
from toggl_mcp.models.call import CALL_RECORD, CallRecord
from toggl_mcp.sandbox import HARBOUR_STUDIO

RESULT = TypeAdapter(list[JournalRow] | None)


class ProcessLifetime(Lifetime):
    """The steps after which the system kills this process."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.has_begun = True

    async def step(self) -> None:
        try:
            await super().step()
        except Killed:
            os.kill(os.getpid(), signal.SIGKILL)

    async def step_with(self, _: object) -> None:
        """Take a step as a request is sent, or as its response is received."""
        await self.step()


async def undo(address: str, path: Path, change_id: str, clock: Clock, lifetime: ProcessLifetime) -> list[JournalRow]:
    """Undo a change with a cache in a file."""
    CALL_RECORD.set(CallRecord())
    store = SqliteStore(path, clock=clock)
    async with connect(address) as connection:
        connection.event_hooks = {"request": [lifetime.step_with], "response": [lifetime.step_with]}
        stepped_store = cast("Store", SteppedStore(store, lifetime))
        toggl = Toggl(AUTH, stepped_store, client=connection, workspace_id=HARBOUR_STUDIO)
        rows = await toggl.undo.run(await toggl.journal.find(change_id))
    await store.aclose()
    return [replace(row, before=None, after=None) for row in rows]


def say(result: list[JournalRow] | None) -> None:
    sys.stdout.write(f"{RESULT.dump_json(result).decode()}\n")
    sys.stdout.flush()


def main(address: str) -> None:
    """Undo the change of each line in a child; a fork costs less than another start."""
    for line in sys.stdin:
        steps, now, change_id, path = line.strip().split(" ", 3)
        clock = Clock()
        clock.now = float(now)
        child_id = os.fork()
        if child_id == 0:
            say(anyio.run(undo, address, Path(path), change_id, clock, ProcessLifetime(int(steps))))
            os._exit(0)
        if os.WIFSIGNALED(os.waitpid(child_id, 0)[1]):
            say(None)


if __name__ == "__main__":
    main(sys.argv[1])
