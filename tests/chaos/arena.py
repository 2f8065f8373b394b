"""Processes that share a cache, the Toggl that they speak to, and what each of them sees."""

import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.chaos.clients import CLIENTS
from tests.chaos.faults import Person, Ticking, Trouble
from tests.chaos.operations import Process, process
from tests.chaos.resource import Resource, differing
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.keys import derive_scope
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

Kept = Literal["in memory", "in a file"]
PROCESSES = 2
AUTH = BasicAuth(TOKEN, "api_token")


@dataclass(frozen=True)
class Arena:
    """A Toggl in trouble, a person in its web app, and processes that share a cache of one of its resources."""

    resource: Resource
    chance: random.Random
    clock: Ticking
    sandbox: Sandbox
    trouble: Trouble
    person: Person
    processes: list[Process]
    stores: list[Store]
    key: Key
    path: Path | None

    def at_toggl(self) -> dict[int, WorkspaceResource]:
        """Return the things as Toggl has them."""
        return self.resource.there(self.sandbox.state)

    def everything(self) -> object:
        """Return a copy of all that a change could change."""
        world = self.sandbox.state
        return [
            {row_id: dict(row) for row_id, row in table.items()}
            for table in (world.clients, world.projects, world.entries, world.tags)
        ]

    async def cached(self, process: Process) -> dict[int, WorkspaceResource] | None:
        """Return the things as a process would show them without asking; None if it would ask."""
        things: dict[int, WorkspaceResource] = {
            thing.id: thing for thing in await self.resource.endpoint(process).load_cache()
        }
        return things or None

    async def outdated(self, process: Process) -> set[int]:
        """Return the ids of what a process would show although it, or another, was told otherwise.

        Only what the person has changed since Toggl was last asked may differ.
        """
        cached, (_, fetched_at) = await self.cached(process), await self.stores[0].get_version(self.key)
        if cached is None or fetched_at is None:
            return set()
        differs = differing(self.resource, cached, self.at_toggl())
        return {key for key in differs if self.person.touched.get(key, 0.0) < fetched_at}


@asynccontextmanager
async def opened(
    seed: int,
    kept: Kept,
    folder: Path,
    through: Callable[[Sandbox, random.Random], Any] = lambda sandbox, _: sandbox,
    *,
    of: Resource = CLIENTS,
) -> AsyncGenerator[Arena]:
    """Give an arena in which everything that is left to chance follows from the seed.

    `through` puts something between the processes and Toggl.
    """
    chance, clock = random.Random(seed), Ticking()  # noqa: S311 - repeatable
    trouble = Trouble(chance, of.ENDPOINT.PATH)
    sandbox = Sandbox(clock=lambda: clock() - of.BEHIND, fault=trouble)
    of.prepare(sandbox)
    file = folder / f"{seed}.sqlite" if kept == "in a file" else None
    stores = _stores(file, clock)
    async with AsyncExitStack() as opening:
        app = through(sandbox, chance)
        connections = [await opening.enter_async_context(connect_in_process(app)) for _ in stores]
        for store in stores:
            opening.push_async_callback(store.aclose)
        told = zip(stores, connections, strict=True)
        processes = [process(HARBOUR_STUDIO, AUTH, store, connection) for store, connection in told]
        key = of.key(derive_scope(AUTH, connections[0]))
        person = Person(of, sandbox.state, clock, chance)
        yield Arena(of, chance, clock, sandbox, trouble, person, processes, stores, key, file)


def _stores(file: Path | None, clock: Ticking) -> list[Store]:
    """Return a store for each process: one file, or else the same memory."""
    shared = MemoryStore(clock=clock)
    return [SqliteStore(file, clock=clock) if file else shared for _ in range(PROCESSES)]
