"""Processes that share a server, which loses its data now and then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cache.redis.server import PROGRAMS, Server, make_address
from tests.chaos.arena import open_arena
from tests.chaos.clients import CLIENTS
from tests.chaos.concurrency import CancellingProxy, ConcurrentRun
from tests.chaos.entries import ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import scaled
from tests.chaos.steps import StepRun
from tests.chaos.test_processes import read_line, send_line, start_children
from tests.process.server import serve_sandbox
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

STEPS = scaled(150, 10_000)
ROUNDS = scaled(8, 300)
REPLICAS = 3

each_resource = pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)


@each_resource
async def test_changes_under_faults_are_never_duplicated_lost_or_misreported_on_a_server(
    tmp_path: Path, address: RedisAddress, resource: Resource
) -> None:
    async with open_arena(2, "on a server", tmp_path, resource=resource, address=address) as arena:
        run = StepRun(arena)
        await run.advance(STEPS)

    assert run.violations == []
    assert run.creations > STEPS // 10
    assert arena.faults.fault_count > STEPS // 10
    assert run.unknown_creations > 0


@each_resource
async def test_server_that_loses_its_data_leaves_no_outdated_cache(
    tmp_path: Path, get_server: Callable[[str], Server], resource: Resource
) -> None:
    server = get_server(PROGRAMS[0])
    address = make_address(server)
    async with open_arena(5, "on a server", tmp_path, resource=resource, address=address) as arena:
        run = StepRun(arena)
        for loss in range(STEPS // 25):
            await run.advance(25)
            if loss % 2:
                server.execute("FLUSHALL")
            else:
                server.stop()
                server.start()

    assert run.violations == []


def test_collect_cold_cache_of_replicas_costs_one_request(address: RedisAddress) -> None:
    clock = Clock()
    sandbox = Sandbox(clock=clock)
    with serve_sandbox(sandbox) as url, start_children(REPLICAS, "tests.chaos.worker", url) as children:
        assert [read_line(child) for child in children] == ["ready"] * REPLICAS
        for trial in range(scaled(3, 20)):
            sandbox.calls.clear()
            clock.now += 60  # A new prefix does not hold the pace of the trial before.
            place = f"redis://{address.host}:{address.port}?prefix={address.prefix}{trial}:"
            answers = {answer for line in send_line(children, f"collect {place}") for answer in line.split(";")}

            assert len(sandbox.calls) == 1
            assert len(answers) == 1


@each_resource
async def test_concurrent_callers_on_a_server_leave_no_outdated_cache(
    tmp_path: Path, address: RedisAddress, resource: Resource
) -> None:
    async with open_arena(3, "on a server", tmp_path, CancellingProxy, resource=resource, address=address) as arena:
        run = ConcurrentRun(arena, contended=True)
        await run.advance(ROUNDS)

    assert run.violations == []


@each_resource
@pytest.mark.parametrize("by_asyncio", [False, True], ids=["by anyio", "by asyncio"])
async def test_cancelled_callers_on_a_server_leave_no_outdated_cache_or_lease(
    tmp_path: Path, address: RedisAddress, resource: Resource, *, by_asyncio: bool
) -> None:
    async with open_arena(4, "on a server", tmp_path, CancellingProxy, resource=resource, address=address) as arena:
        run = ConcurrentRun(arena)
        await run.run_cancelled(ROUNDS, by_asyncio=by_asyncio)

    assert run.violations == []
