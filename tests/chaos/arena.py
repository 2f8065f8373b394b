"""Processes that share a cache, the Toggl that they speak to, and what each of them sees."""

import copy
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.chaos.trouble import Person, Ticking, Trouble
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite import SqliteStore
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.identity import scope_of
from toggl_mcp.models.client import Client
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

Kept = Literal["in memory", "in a file"]
PROCESSES = 2
AUTH = BasicAuth(TOKEN, "api_token")


@dataclass(frozen=True)
class Arena:
    """A Toggl in trouble, a person in its web app, and as many endpoints as there are processes."""

    chance: random.Random
    clock: Ticking
    sandbox: Sandbox
    trouble: Trouble
    person: Person
    processes: list[AsyncClientEndpoint]
    stores: list[Store]
    key: Key
    path: Path | None

    def at_toggl(self) -> dict[int, Client]:
        """Return the clients as Toggl has them."""
        rows = self.sandbox.world.clients.values()
        clients = [Client.model_validate(row) for row in rows if row["wid"] == HARBOUR_STUDIO]
        return {client.id: client for client in clients}

    def everything(self) -> object:
        """Return a copy of all that a change could change."""
        return copy.deepcopy((self.sandbox.world.clients, self.sandbox.world.projects))

    async def cached(self, process: AsyncClientEndpoint) -> dict[int, Client] | None:
        """Return the clients as a process would show them without asking; None if it would ask."""
        clients = {client.id: client for client in await process.load_cache()}
        return clients or None

    async def outdated(self, process: AsyncClientEndpoint) -> set[int]:
        """Return the ids of what a process would show although it, or another, was told otherwise.

        Only what the person has changed since Toggl was last asked may differ.
        """
        cached, (_, fetched_at) = await self.cached(process), await self.stores[0].mark(self.key)
        if cached is None or fetched_at is None:
            return set()
        there = self.at_toggl()
        differs = {client_id for client_id in cached.keys() | there if not same(cached, there, client_id)}
        return {client_id for client_id in differs if self.person.touched.get(client_id, 0.0) < fetched_at}


def same(one: dict[int, Client], other: dict[int, Client], client_id: int) -> bool:
    """Tell whether two views agree on a client; an archive's answer does not say when it was."""
    left, right = (view.get(client_id) for view in (one, other))
    if left and right and None in (left.updated_at, right.updated_at):
        left, right = (client.model_copy(update={"updated_at": None}) for client in (left, right))
    return left == right


@asynccontextmanager
async def opened(
    seed: int, kept: Kept, folder: Path, through: Callable[[Sandbox, random.Random], Any] = lambda sandbox, _: sandbox
) -> AsyncGenerator[Arena]:
    """Give an arena in which everything that is left to chance follows from the seed.

    `through` puts something between the processes and Toggl.
    """
    chance, clock = random.Random(seed), Ticking()  # noqa: S311 - repeatable
    trouble = Trouble(chance)
    sandbox = Sandbox(clock=clock, fault=trouble)
    file = folder / f"{seed}.sqlite" if kept == "in a file" else None
    shared = MemoryStore(clock=clock)
    stores: list[Store] = [SqliteStore(file, clock=clock) if file else shared for _ in range(PROCESSES)]
    async with AsyncExitStack() as opening:
        connections = [
            await opening.enter_async_context(connect_in_process(through(sandbox, chance))) for _ in range(PROCESSES)
        ]
        processes = [
            AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
            for store, connection in zip(stores, connections, strict=True)
        ]
        for store in stores:
            opening.push_async_callback(store.aclose)
        key = Key(scope_of(AUTH, connections[0]), AsyncClientEndpoint.KIND, HARBOUR_STUDIO)
        person = Person(sandbox.world, clock, chance)
        yield Arena(chance, clock, sandbox, trouble, person, processes, stores, key, file)
