"""Processes that share a cache, their Toggl, and each process's view of the cache."""

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.cache.redis.server import time_of
from tests.chaos.clients import CLIENTS
from tests.chaos.faults import FaultInjector, LocalClock, Person, TickingClock
from tests.chaos.operations import Process, make_process
from tests.chaos.resource import Resource, differing_ids
from tests.sandbox.clock import Clock
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.keys import derive_scope
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

Storage = Literal["in memory", "in a file", "on a server"]
PROCESSES = 2
AUTH = BasicAuth(TOKEN, "api_token")


@dataclass(frozen=True)
class Arena:
    """A Toggl with faults, a person in its web app, and processes that share a cache of one resource."""

    resource: Resource
    chance: random.Random
    clock: TickingClock
    local_clocks: list[LocalClock]
    sandbox: Sandbox
    faults: FaultInjector
    person: Person
    processes: list[Process]
    stores: list[Store]
    key: Key
    path: Path | None

    @property
    def local_clock(self) -> LocalClock:
        """The clock of the first process."""
        return self.local_clocks[0]

    def at_toggl(self) -> dict[int, WorkspaceResource]:
        """Return the items as Toggl has them."""
        return self.resource.items_in(self.sandbox.state)

    def dump_state(self) -> object:
        """Return a copy of all state that a change could alter."""
        state = self.sandbox.state
        return [
            {row_id: dict(row) for row_id, row in table.items()}
            for table in (state.clients, state.projects, state.entries, state.tags)
        ]

    async def cached(self, process: Process) -> dict[int, WorkspaceResource] | None:
        """Return the items that a process reads without a request; None if it would send one."""
        items: dict[int, WorkspaceResource] = {
            item.id: item for item in await self.resource.endpoint(process).load_cache()
        }
        return items or None

    async def outdated(self, process: Process) -> set[int]:
        """Return the ids that a process reads otherwise than Toggl has them, although one has seen the change.

        Only items that the person has changed since the last request may differ.
        """
        cached, (_, fetched_at) = await self.cached(process), await self.stores[0].get_version(self.key)
        if cached is None or fetched_at is None:
            return set()
        differs = differing_ids(self.resource, cached, self.at_toggl())
        requested_at = self.local_clock.moment_of(fetched_at)
        return {key for key in differs if self.person.changed_at.get(key, 0.0) < requested_at}


@asynccontextmanager
async def open_arena(
    seed: int,
    storage: Storage,
    folder: Path,
    proxy: Callable[[Sandbox, random.Random], Any] = lambda sandbox, _: sandbox,
    *,
    resource: Resource = CLIENTS,
    skews: Sequence[float] | None = None,
    seconds_apart: float = 0,
    address: RedisAddress | None = None,
) -> AsyncGenerator[Arena]:
    """Yield an arena in which every random choice follows from the seed.

    `proxy` is put between the processes and Toggl. `skews` are the seconds by which their clock is ahead of Toggl's: of
    several, now one and now another. `seconds_apart` are those between the clocks of processes that share a file, or
    the server at `address`.
    """
    chance, clock = random.Random(seed), TickingClock()  # noqa: S311 - repeatable
    skews, moments = skews or [resource.CLOCK_SKEW_SECONDS], dict[float, float]()
    local_clocks = [
        LocalClock(clock, [skew + number * seconds_apart for skew in skews], moments) for number in range(PROCESSES)
    ]
    faults = FaultInjector(chance, resource.ENDPOINT.PATH)
    sandbox = Sandbox(clock=clock, fault=faults)
    resource.prepare(sandbox)
    file = folder / f"{seed}.sqlite" if storage == "in a file" else None
    stores = _stores(file, local_clocks, address, clock)
    async with AsyncExitStack() as opening:
        app = proxy(sandbox, chance)
        connections = [await opening.enter_async_context(connect_in_process(app)) for _ in stores]
        for store in stores:
            opening.push_async_callback(store.aclose)
        pairs = zip(stores, connections, strict=True)
        processes = [make_process(HARBOUR_STUDIO, AUTH, store, connection) for store, connection in pairs]
        key = resource.key(derive_scope(AUTH, connections[0]))
        person = Person(resource, sandbox.state, clock, chance)
        yield Arena(resource, chance, clock, local_clocks, sandbox, faults, person, processes, stores, key, file)


def _stores(
    file: Path | None, clocks: Sequence[LocalClock], address: RedisAddress | None, server_clock: Clock
) -> list[Store]:
    """Return a store for each process: one server, one file, or else the same memory."""
    if address is not None:
        return [RedisStore(address, clock=clock, decode_time=time_of(server_clock)) for clock in clocks]
    shared = MemoryStore(clock=clocks[0])
    return [SqliteStore(file, clock=clock) if file else shared for clock in clocks]
