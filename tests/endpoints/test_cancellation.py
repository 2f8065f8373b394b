"""What happens to a change whose caller gives up."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from tests.endpoints.support import (
    AROHA,
    AUTH,
    NORTHWIND,
    Gate,
    cached_fields,
    fault_in_turn,
    list_methods,
    toggl_fields,
    with_action,
)
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Version
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

Change = Callable[[AsyncClientEndpoint], Coroutine[object, object, object]]

CHANGES: dict[str, tuple[str, Change]] = {
    "add": ("POST", lambda clients: clients.add(ClientBody(name="Lighthouse"))),
    "edit": ("PUT", lambda clients: clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))),
    "delete": ("DELETE", lambda clients: clients.delete(AROHA)),
    "archive": ("POST", lambda clients: clients.archive(AROHA)),
    "restore": ("POST", lambda clients: clients.restore(NORTHWIND)),
}


@pytest.mark.parametrize("verb", CHANGES)
async def test_cancelled_change_invalidates_the_cache(
    clients: AsyncClientEndpoint, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await clients.collect()
    gate = Gate()
    sandbox.fault = fault_in_turn(method, gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change, clients)
        await gate.reached.wait()
        tasks.cancel_scope.cancel()
    assert await clients.load_cache() == []
    assert cached_fields((await clients.read()).collection.items.values()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", *["GET"] * (verb == "edit"), method, "GET"]


@pytest.mark.parametrize("later", range(8))
async def test_change_cancelled_twice_invalidates_the_cache(
    clients: AsyncClientEndpoint, sandbox: Sandbox, later: int
) -> None:
    _, change = CHANGES["add"]
    await clients.collect()
    gate = Gate()
    sandbox.fault = fault_in_turn("POST", gate.fault)
    task = asyncio.create_task(change(clients))
    await gate.reached.wait()
    task.cancel()
    for _ in range(later):
        await checkpoint()
    task.cancel()
    await asyncio.wait([task])

    assert await clients.load_cache() == []
    assert cached_fields((await clients.read()).collection.items.values()) == toggl_fields(sandbox)


@pytest.mark.parametrize("verb", CHANGES)
async def test_change_cancelled_after_response_is_written_through(
    clients: AsyncClientEndpoint, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await clients.collect()
    with anyio.CancelScope() as scope:
        sandbox.fault = fault_in_turn(method, with_action(Fault("slow"), scope.cancel))
        await change(clients)
    assert scope.cancel_called
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", *["GET"] * (verb == "edit"), method]


async def test_collect_clients_cancelled_after_response_is_cached(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    with anyio.CancelScope() as scope:
        sandbox.fault = fault_in_turn("GET", with_action(Fault("slow"), scope.cancel))
        await clients.collect()
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


class StuckStore(MemoryStore):
    """A store whose first change is never settled, as where no worker thread is free."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.reached = anyio.Event()

    async def write(self, scope: str, **change: Any) -> Sequence[Version]:  # noqa: ANN401 - passed on
        if change.get("rows") and not self.reached.is_set():
            self.reached.set()
            await anyio.sleep_forever()
        return await super().write(scope, **change)


@pytest.mark.parametrize("verb", CHANGES)
async def test_change_cancelled_by_asyncio_before_it_is_settled_invalidates_the_cache(
    clock: Clock, connection: AsyncClient, sandbox: Sandbox, verb: str
) -> None:
    """No scope shields from a task's own cancellation: neither this process nor another may read what was before."""
    store = StuckStore(clock)
    clients, others = (AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for _ in range(2))
    await clients.collect()
    task = asyncio.create_task(CHANGES[verb][1](clients))
    await store.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert store.pending_invalidations == set()
    assert cached_fields((await others.read()).collection.items.values()) == toggl_fields(sandbox)
