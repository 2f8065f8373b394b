"""A server that is stopped, paused, full or read-only: memory takes its place, and what was missed is told."""

import asyncio
import logging
import time
from math import inf
from typing import cast

import anyio
import pytest

from tests.cache.redis.replicas import OpenStore, store_rows
from tests.cache.redis.server import Server
from tests.cache.support import MINE, ROWS, write_row
from tests.cache.test_journal import make_record
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.connection import TIMEOUT_SECONDS
from toggl_mcp.cache.redis.store import RETRY_SECONDS
from toggl_mcp.cache.store import Row, Version
from toggl_mcp.models.journal import RowChange
from toggl_mcp.models.quota import Bucket, PendingChange

pytestmark = pytest.mark.anyio

PROJECTS = MINE._replace(kind="projects")


async def test_stopped_server_is_replaced_by_an_empty_memory_and_used_again_after_a_pause(
    server: Server, open_replica: OpenStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_replica()
    await store_rows(store)
    server.stop()

    assert (await store.get_version(MINE)).fetched_at is None
    in_memory = await store_rows(store, fetched_at=13)
    assert await store.get_row(MINE, 1) == Row(in_memory, ROWS[1])
    assert store.problem is not None
    assert "it cannot be reached" in store.problem
    server.start()
    assert await store.get_version(MINE) == in_memory
    clock.now += RETRY_SECONDS
    assert (await store.get_version(MINE)).fetched_at is None
    assert store.problem is None
    assert [record.levelno for record in caplog.records if record.name == "toggl_mcp.cache"] == [logging.WARNING] * 2


async def test_memory_of_an_outage_is_not_that_of_the_one_before(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store = open_replica()
    server.stop()
    first = await store.get_version(MINE)
    server.start()
    clock.now += RETRY_SECONDS
    await write_row(store, MINE, 1, "changed")
    server.stop()

    assert not await store.replace(MINE, ROWS, expected=first, fetched_at=12)
    assert await store.read(MINE) is None


async def test_outage_that_lasts_keeps_its_memory_and_is_logged_once(
    server: Server, open_replica: OpenStore, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_replica()
    server.stop()
    in_memory = await store_rows(store)
    clock.now += RETRY_SECONDS

    assert await store.get_version(MINE) == in_memory
    assert len([record for record in caplog.records if record.name == "toggl_mcp.cache"]) == 1


async def test_outage_before_the_clock_was_set_back_ends(server: Server, open_replica: OpenStore, clock: Clock) -> None:
    store = open_replica()
    server.stop()
    await store.get_version(MINE)
    server.start()
    clock.now -= 3600
    await store.get_version(MINE)

    assert store.problem is None


async def test_paused_server_is_tried_again_by_one_caller(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store, durations = open_replica(), list[float]()

    async def get_version() -> None:
        began = time.monotonic()
        await store.get_version(MINE)
        durations.append(time.monotonic() - began)

    with server.paused():
        await store.get_version(MINE)
        clock.now += RETRY_SECONDS
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(get_version)

    assert sum(durations) < 2 * TIMEOUT_SECONDS


async def test_paused_server_costs_a_call_one_timeout_and_no_other(server: Server, open_replica: OpenStore) -> None:
    store = open_replica()
    await store_rows(store)
    with server.paused():
        began = time.monotonic()
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(write_row, store, MINE, 1, "changed")
        for _ in range(20):
            await store.get_version(MINE)
        seconds = time.monotonic() - began

    assert seconds < 2 * TIMEOUT_SECONDS
    assert "does not answer" in (store.problem or "")


async def test_paused_server_costs_the_readers_that_come_meanwhile_no_timeout_of_their_own(
    server: Server, open_replica: OpenStore
) -> None:
    store = open_replica()
    await store_rows(store)
    with server.paused():
        began = time.monotonic()
        async with anyio.create_task_group() as tasks:
            for row_id in range(3):  # The first is alone on its way, the others then wait.
                tasks.start_soon(store.get_row, MINE, row_id)
                await anyio.wait_all_tasks_blocked()
        seconds = time.monotonic() - began

    assert seconds < 1.5 * TIMEOUT_SECONDS
    assert "does not answer" in (store.problem or "")


async def test_cancelled_readers_are_not_read_for(server: Server, open_replica: OpenStore) -> None:
    store = open_replica()
    version = await store_rows(store)
    with server.paused():
        first = asyncio.create_task(store.get_row(MINE, 1))
        await anyio.wait_all_tasks_blocked()
        others = [asyncio.create_task(store.get_row(MINE, row_id)) for row_id in range(2, 52)]
        await anyio.wait_all_tasks_blocked()
        for read in others:
            read.cancel()
        await anyio.wait_all_tasks_blocked()
    assert await first == Row(version, ROWS[1])
    server.execute("CONFIG", "RESETSTAT")
    assert await store.get_row(MINE, 1) == Row(version, ROWS[1])

    (stats,) = cast("list[dict[str, dict[str, int]]]", server.execute("INFO", "commandstats"))
    assert stats["cmdstat_hmget"]["calls"] == 1


async def test_cancelled_reader_leaves_others_their_rows(server: Server, open_replica: OpenStore) -> None:
    """By asyncio's own cancellation, which no scope shields from."""
    store = open_replica()
    version = await store_rows(store)
    with server.paused():
        reads: list[asyncio.Task[Row]] = []
        for _ in range(4):
            reads.append(asyncio.create_task(store.get_row(MINE, 1)))
            await anyio.wait_all_tasks_blocked()
        for read in reads[:2]:  # The first is alone on its way, the second then with the others.
            read.cancel()
            await anyio.wait_all_tasks_blocked()

    assert [read.cancelled() for read in reads[:2]] == [True, True]
    assert [await read for read in reads[2:]] == [Row(version, ROWS[1])] * 2


async def test_change_during_an_outage_is_told_before_anything_is_read(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store, other_store = open_replica(), open_replica()
    for key in (MINE, PROJECTS):
        await store_rows(store, key)
    untouched = await store_rows(store, MINE._replace(kind="tags"))
    with server.paused():
        await write_row(store, MINE, 1, "changed")
        await store.write(MINE.scope, invalidate=[PROJECTS])
    clock.now += RETRY_SECONDS

    assert (await store.get_version(MINE)).fetched_at is None
    assert await other_store.read(MINE) is None
    assert await other_store.read(PROJECTS) is None
    assert await other_store.get_version(MINE._replace(kind="tags")) == untouched


async def test_change_during_an_outage_is_told_without_another_call(server: Server, open_replica: OpenStore) -> None:
    store, other_store = open_replica(retry_seconds=0.01), open_replica()
    await store_rows(store)
    with server.paused():
        await write_row(store, MINE, 1, "changed")

    with anyio.fail_after(20):
        while (await other_store.get_version(MINE)).fetched_at is not None:
            pass


async def test_aclose_after_an_outage_tells_what_was_missed(server: Server, open_replica: OpenStore) -> None:
    store, other_store = open_replica(), open_replica()
    await store_rows(store)
    with server.paused():
        await write_row(store, MINE, 1, "changed")
    await store.aclose()

    assert await other_store.read(MINE) is None


async def test_aclose_during_an_outage_says_what_is_lost(
    server: Server, open_replica: OpenStore, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_replica()
    server.stop()
    await write_row(store, MINE, 1, "changed")
    await store.aclose()

    assert "could not be stored there" in caplog.text


async def test_change_settled_during_an_outage_is_settled_afterwards(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store, other_store = open_replica(), open_replica()
    record = make_record("change", clock)
    await store_rows(store)
    await store.reserve_slot("mine", (), 0, inf, PendingChange("change", [MINE], record=record))
    confirmed = record.confirm([RowChange(1, "{}", "{}")], ())
    with server.paused():
        await store.write("mine", bucket=Bucket("me", 5, clock.now + 60), settled_id="change", records=[confirmed])
    clock.now += RETRY_SECONDS
    assert await store.list_records("mine") == [confirmed]

    assert (await other_store.get_version(MINE)).fetched_at == 12
    assert list(await other_store.list_buckets("mine")) == [Bucket("me", 5, clock.now + 60 - RETRY_SECONDS)]


async def test_change_begun_during_an_outage_is_pending_after_it(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store, other_store = open_replica(), open_replica()
    snapshot = await store_rows(store)
    record = make_record("change", clock)
    with server.paused():
        await store.reserve_slot("mine", (), 0, inf, PendingChange("change", [MINE], record=record))
    clock.now += RETRY_SECONDS
    assert await store.list_records("mine") == [record]
    assert await other_store.get_version(MINE) == Version(snapshot.number, None)
    await store.write("mine", settled_id="change")

    assert await other_store.get_version(MINE) == snapshot
    assert await other_store.list_records("mine") == []


async def test_refused_change_of_an_outage_is_neither_in_the_journal_nor_pending(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store, other_store = open_replica(), open_replica()
    snapshot, record = await store_rows(store), make_record("change", clock)
    with server.paused():
        await store.reserve_slot("mine", (), 0, inf, PendingChange("change", [MINE], record=record))
        await store.write("mine", settled_id="change")
    clock.now += RETRY_SECONDS

    assert await store.list_records("mine") == []
    assert await other_store.get_version(MINE) == snapshot


async def test_replica_that_only_reads_is_not_used(server: Server, open_replica: OpenStore, clock: Clock) -> None:
    store = open_replica()
    await store_rows(store)
    server.execute("REPLICAOF", "127.0.0.1", 1)
    await write_row(store, MINE, 1, "changed")
    assert "read-only replica" in (store.problem or "")
    server.execute("REPLICAOF", "NO", "ONE")
    clock.now += RETRY_SECONDS

    assert await store.read(MINE) is None
    assert store.problem is None


async def test_full_server_is_replaced_by_memory(server: Server, open_replica: OpenStore) -> None:
    store = open_replica()
    await store_rows(store)
    server.execute("CONFIG", "SET", "maxmemory", 1)

    assert (await write_row(store, MINE, 1, "changed")).fetched_at is None
    assert "memory is full" in (store.problem or "")
