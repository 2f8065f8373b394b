"""Stores, threads and event loops share one server, and one of them is killed."""

from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.lowlevel
import pytest

from tests.cache.redis.server import open_store
from tests.cache.support import MINE, ROWS, write_row
from tests.chaos.test_processes import read_line, start_children
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.store import Version

STORES, THREADS, TURNS = 3, 6, 20


def test_write_of_stores_and_threads_counts_every_write(address: RedisAddress, clock: Clock) -> None:
    stores = [open_store(address, clock) for _ in range(STORES)]

    async def use(thread: int) -> None:
        store = stores[thread % STORES]
        for turn in range(TURNS):
            before = await store.get_version(MINE)
            await write_row(store, MINE, thread, f"{thread} {turn}")
            assert (await store.get_version(MINE)).number > before.number

    with ThreadPoolExecutor(THREADS) as threads:
        for future in [threads.submit(anyio.run, use, thread) for thread in range(THREADS)]:
            future.result()
    assert anyio.run(stores[0].get_version, MINE) == Version(THREADS * TURNS, None)
    for store in stores:
        anyio.run(store.aclose)


def test_aclose_while_other_threads_use_the_store(address: RedisAddress, clock: Clock) -> None:
    store = open_store(address, clock)

    async def use(thread: int) -> None:
        for turn in range(TURNS):
            if thread == 0:
                await store.aclose()
            await write_row(store, MINE, turn, "text")

    with ThreadPoolExecutor(THREADS) as threads:
        for future in [threads.submit(anyio.run, use, thread) for thread in range(THREADS)]:
            future.result()
    assert anyio.run(store.get_version, MINE) == Version(THREADS * TURNS, None)
    anyio.run(store.aclose)


@pytest.mark.anyio
async def test_acquire_lease_of_several_stores_is_one_stores(address: RedisAddress, clock: Clock) -> None:
    stores = [open_store(address, clock) for _ in range(8)]
    results: list[float | None] = []

    async def acquire_lease(store: RedisStore) -> None:
        results.append(await store.acquire_lease(MINE, 15))

    async with anyio.create_task_group() as tasks:
        for store in stores:
            tasks.start_soon(acquire_lease, store)
    assert sorted(result is not None for result in results) == [False] * 7 + [True]
    for store in stores:
        await store.aclose()


@pytest.mark.anyio
async def test_cancelled_caller_leaves_no_partial_transaction(redis_store: RedisStore) -> None:
    await redis_store.replace(MINE, {}, expected=Version(0), fetched_at=12)
    for row in range(50):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write_row, redis_store, MINE, row, "text")
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        snapshot = await redis_store.read(MINE)
        assert snapshot is not None
        assert snapshot.version.number == len(snapshot.rows)


@pytest.mark.anyio
async def test_change_of_a_killed_process_hides_the_snapshot(address: RedisAddress) -> None:
    store = RedisStore(address, draw_number=lambda: 0)
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    url = f"redis://{address.host}:{address.port}?prefix={address.prefix}"
    with start_children(1, "tests.cache.worker", "open_change", url) as (child,):
        assert await anyio.to_thread.run_sync(read_line, child) == "open"
        child.kill()
        child.wait()

    assert await store.get_version(MINE) == Version(0, None)
    assert await store.read(MINE) is not None
    await store.aclose()
