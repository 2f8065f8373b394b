"""The cache agrees with Toggl under concurrent reads and changes."""

import anyio
import pytest

from tests.endpoints.support import (
    ACTIVE,
    AROHA,
    AUTH,
    GULL,
    Gate,
    cached_fields,
    fault_every,
    fault_in_turn,
    list_methods,
    names,
    toggl_fields,
)
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import TogglError, Unreachable
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio


class TickingClock(Clock):
    """A clock that is a little later each time somebody looks."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


async def test_collect_clients_concurrent_cold_reads_cost_one_request(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    results: list[list[str]] = []

    async def collect() -> None:
        results.append(names(await clients.collect()))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(collect)
    assert results == [ACTIVE] * 20
    assert list_methods(sandbox) == ["GET"]


async def test_shared_store_shares_requests_and_snapshots(
    store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    endpoints = [AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for _ in range(4)]
    async with anyio.create_task_group() as tasks:
        for endpoint in endpoints:
            for client_id in (AROHA, GULL):
                tasks.start_soon(endpoint.get, client_id)
    assert list_methods(sandbox) == ["GET"]
    await endpoints[0].edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    await endpoints[1].delete(GULL)
    for endpoint in endpoints:
        assert cached_fields(await endpoint.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "GET", "PUT", "DELETE"]


async def test_refresh_waiting_callers_share_one_later_request() -> None:
    clock = TickingClock()
    sandbox = Sandbox(clock=clock)
    gate = Gate()
    sandbox.fault = fault_in_turn("GET", gate.fault)
    async with connect_in_process(sandbox) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clients.collect)
            await gate.reached.wait()
            for _ in range(20):
                tasks.start_soon(refresh, clients)
            await anyio.wait_all_tasks_blocked()
            sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
            gate.open.set()
    assert len(sandbox.calls) == 2


async def test_collect_clients_cancelled_caller_leaves_the_request_to_others(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    results: list[list[str]] = []
    gate = Gate()
    sandbox.fault = fault_in_turn("GET", gate.fault)

    async def collect() -> None:
        results.append(names(await clients.collect()))

    async with anyio.create_task_group() as waiting_tasks, anyio.create_task_group() as first_task:
        first_task.start_soon(collect)
        await gate.reached.wait()
        waiting_tasks.start_soon(collect)
        waiting_tasks.start_soon(collect)
        await gate.reached.wait()
        first_task.cancel_scope.cancel()
    assert results == [ACTIVE, ACTIVE]
    assert list_methods(sandbox) == ["GET", "GET"]


async def test_collect_clients_waiting_callers_share_the_error(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    failures: list[TogglError] = []
    sandbox.fault = fault_every("GET", Fault("500 before"))

    async def collect() -> None:
        with pytest.raises(Unreachable) as failed:
            await clients.collect()
        failures.append(failed.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(collect)
    assert len(failures) == 20
    assert len(sandbox.calls) == 4
    sandbox.fault = None
    assert names(await clients.collect()) == ACTIVE


async def test_refresh_keeps_changes_made_during_it(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    gate = Gate()
    sandbox.fault = fault_in_turn("GET", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refresh, clients)
        await gate.reached.wait()
        await clients.add(ClientBody(name="Lighthouse"))
        await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
        await clients.delete(GULL)
        gate.open.set()
    assert names(await clients.collect(ClientBody(name="light"))) == ["Lighthouse"]
    assert await clients.get(GULL) is None
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "GET", "POST", "GET", "PUT", "DELETE"]


async def test_edit_client_during_cold_read_invalidates_the_read(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    gate = Gate()
    sandbox.fault = fault_in_turn("GET", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clients.collect)
        await gate.reached.wait()
        await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
        gate.open.set()
    assert names(await clients.collect())[0] == "Aroha Bakehouse"
    assert list_methods(sandbox) == ["GET", "GET", "PUT", "GET"]


async def test_concurrent_changes_are_all_cached(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(clients.add, ClientBody(name=f"Client {number}"))
        tasks.start_soon(clients.edit, AROHA, ClientBody(name="Aroha Bakehouse"))
        tasks.start_soon(clients.delete, GULL)
    assert len(toggl_fields(sandbox)) == 17
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox).count("GET") == 2


async def test_collect_clients_overtaken_by_a_change_returns_its_own_read(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    gate = Gate()
    results: list[list[str]] = []
    sandbox.fault = fault_in_turn("GET", gate.fault)

    async def collect() -> None:
        results.append(names(await clients.collect()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(collect)
        await gate.reached.wait()
        await clients.delete(AROHA)
        gate.open.set()
    assert results == [ACTIVE]
    assert names(await clients.collect()) == ACTIVE[1:]


async def test_refresh_unreadable_response_leaves_the_cache_unchanged(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    sandbox.fault = fault_every("GET", Fault("garbage before", body="[7]"))
    with pytest.raises(Unreachable, match="something else than the list"):
        await clients.collect(refresh=True)
    assert names(await clients.collect()) == ACTIVE


async def refresh(clients: AsyncClientEndpoint) -> None:
    await clients.collect(refresh=True)


async def test_delete_client_keeps_a_list_read_meanwhile(
    store: Store, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    first, second = (AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for _ in range(2))
    await first.collect()
    gate = Gate()
    sandbox.fault = fault_in_turn("DELETE", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.delete, AROHA)
        await gate.reached.wait()
        clock.now += 1
        await second.collect(refresh=True)
        gate.open.set()
    assert cached_fields(await first.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "DELETE", "GET"]
