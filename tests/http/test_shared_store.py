"""Three servers behind one address share a Redis or Valkey server."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest

from tests.cache.redis.server import time_of
from tests.http.support import serve
from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

REPLICAS = 3


@pytest.fixture
async def hosts(address: RedisAddress, sandbox: Sandbox, clock: Clock) -> AsyncGenerator[list[Host]]:
    """A host of each replica."""
    async with AsyncExitStack() as running:
        webs = [
            await running.enter_async_context(serve(sandbox, clock, store))
            for store in [RedisStore(address, clock=clock, decode_time=time_of(clock)) for _ in range(REPLICAS)]
        ]
        yield [await running.enter_async_context(web.connect()) for web in webs]


async def test_list_clients_of_cold_replicas_at_once_costs_one_request(hosts: list[Host], sandbox: Sandbox) -> None:
    results: list[dict[str, Any]] = []

    async def list_clients(host: Host) -> None:
        results.append(await host.call("list_clients"))

    async with anyio.create_task_group() as tasks:
        for host in hosts * 4:
            tasks.start_soon(list_clients, host)

    paths = [call.path for call in sandbox.calls]
    assert len(paths) == len(set(paths))
    assert {result["total"] for result in results} == {6}


async def test_create_client_at_one_replica_is_listed_and_undone_at_another(
    hosts: list[Host], sandbox: Sandbox
) -> None:
    for host in hosts:
        await host.call("list_clients")
    created = await hosts[0].call("create_client", name="Lighthouse")
    requests = len(sandbox.calls)
    for host in hosts:
        assert (await host.call("list_clients", name="Lighthouse"))["total"] == 1
    assert len(sandbox.calls) == requests
    await hosts[1].call("undo", change=created["change_id"])

    assert (await hosts[2].call("list_clients", name="Lighthouse"))["total"] == 0
    assert "Lighthouse" not in [row["name"] for row in sandbox.state.clients.values()]
