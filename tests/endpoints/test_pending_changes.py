"""While another replica's change is pending, no stored list is believed; readers still share what is requested."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import anyio
import pytest

from tests.cache.redis.server import time_of
from tests.chaos.faults import LocalClock, TickingClock
from tests.endpoints.support import ACTIVE, AROHA, AUTH, Gate, fault_in_turn, list_methods, names
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio

READERS = 10


@pytest.fixture
def server_clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
async def replicas(
    address: RedisAddress, connection: AsyncClient, server_clock: TickingClock
) -> AsyncGenerator[list[AsyncClientEndpoint]]:
    """The clients as each of five replicas serves them, whose clocks differ."""
    async with AsyncExitStack() as opened:
        clocks = [LocalClock(server_clock, [skew], {}) for skew in (0, 20, -20, 0, 2)]
        stores = [RedisStore(address, clock=clock, decode_time=time_of(server_clock)) for clock in clocks]
        for store in stores:
            opened.push_async_callback(store.aclose)
        yield [AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for store in stores]


@pytest.mark.parametrize("reading", [1, 3])
async def test_collect_clients_while_a_change_of_another_replica_is_pending_costs_one_request(
    replicas: list[AsyncClientEndpoint], sandbox: Sandbox, reading: int
) -> None:
    changing, *others = replicas
    gate, results = Gate(), list[list[str]]()
    sandbox.fault = fault_in_turn("PUT", gate.fault)

    async def collect(clients: AsyncClientEndpoint) -> None:
        results.append(names(await clients.collect()))

    async with anyio.create_task_group() as change:
        change.start_soon(changing.edit, AROHA, ClientBody(name="Aroha Bakehouse"))
        await gate.reached.wait()
        sandbox.calls.clear()
        async with anyio.create_task_group() as tasks:
            for number in range(READERS):
                tasks.start_soon(collect, others[number % reading])
        assert list_methods(sandbox) == ["GET"]
        gate.open.set()
    assert results == [["Aroha Bakehouse", *ACTIVE[1:]]] * READERS


@pytest.mark.parametrize("reading", [1, 2])
async def test_collect_clients_begun_after_the_request_of_another_reader_has_what_came_between(
    replicas: list[AsyncClientEndpoint], sandbox: Sandbox, reading: int
) -> None:
    changing, *others = replicas
    put, get, results = Gate(), Gate(), list[str]()
    sandbox.fault = fault_in_turn("PUT", put.fault)

    async def collect(clients: AsyncClientEndpoint) -> None:
        results.append(names(await clients.collect())[0])

    async with anyio.create_task_group() as change:
        change.start_soon(changing.edit, AROHA, ClientBody(name="Aroha Bakehouse"))
        await put.reached.wait()
        sandbox.fault = fault_in_turn("GET", get.fault)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(collect, others[0])
            await get.reached.wait()
            sandbox.state.rename_client(AROHA, "Aroha Patisserie")
            tasks.start_soon(collect, others[reading - 1])
            await anyio.wait_all_tasks_blocked()
            get.open.set()
        put.open.set()

    assert results == ["Aroha Bakehouse", "Aroha Patisserie"]


async def test_collect_clients_with_refresh_begun_after_the_request_of_a_replica_that_is_ahead_has_what_came_between(
    replicas: list[AsyncClientEndpoint], server_clock: TickingClock, sandbox: Sandbox
) -> None:
    reading, *_, ahead = replicas
    gate, results = Gate(), list[str]()
    sandbox.fault = fault_in_turn("GET", gate.fault)

    async def refresh() -> None:
        results.append(names(await reading.collect(refresh=True))[0])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ahead.collect)
        await gate.reached.wait()
        sandbox.state.rename_client(AROHA, "Aroha Patisserie")
        tasks.start_soon(refresh)
        await anyio.wait_all_tasks_blocked()
        server_clock.now += 3
        gate.open.set()

    assert results == ["Aroha Patisserie"]
