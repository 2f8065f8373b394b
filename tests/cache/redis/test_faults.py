"""A server that is stopped, paused, emptied, or another one at the same address: what was missed is never believed."""

import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from math import inf

import anyio
import pytest

from tests.cache.redis.server import Server, make_address
from tests.cache.support import MINE, ROWS, write_row
from tests.cache.test_journal import make_record
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.connection import TIMEOUT_SECONDS
from toggl_mcp.cache.redis.store import RETRY_SECONDS, RedisStore
from toggl_mcp.cache.store import Key, Row, RowWrite, Snapshot, Store, Version
from toggl_mcp.models.journal import RowChange
from toggl_mcp.models.quota import Bucket, PendingChange

pytestmark = pytest.mark.anyio

PROJECTS = MINE._replace(kind="projects")

OpenStore = Callable[..., RedisStore]


@pytest.fixture
def server_address(server: Server) -> RedisAddress:
    return make_address(server)


@pytest.fixture
async def open_replica(server_address: RedisAddress, clock: Clock) -> AsyncGenerator[OpenStore]:
    """Return a function that opens another store on the server, as another replica does."""
    async with AsyncExitStack() as opened:

        def open_store(retry_seconds: float = RETRY_SECONDS) -> RedisStore:
            store = RedisStore(server_address, clock=clock, retry_seconds=retry_seconds)
            opened.push_async_callback(store.aclose)
            return store

        yield open_store


async def store_rows(store: Store, key: Key = MINE, fetched_at: float = 12) -> Version:
    """Store a snapshot, as a reader does, and return its version."""
    expected = (await store.get_version(key)).number
    assert await store.replace(key, ROWS, expected=expected, fetched_at=fetched_at)
    return Version(expected, fetched_at)


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

    assert not await store.replace(MINE, ROWS, expected=first.number, fetched_at=12)
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


async def test_flushed_server_does_not_take_a_response_from_before(server: Server, open_replica: OpenStore) -> None:
    store, other_store = open_replica(), open_replica()
    expected = (await store.get_version(MINE)).number
    await write_row(other_store, MINE, 1, "changed")
    server.execute("FLUSHALL")

    assert not await store.replace(MINE, ROWS, expected=expected, fetched_at=12)
    assert await other_store.read(MINE) is None


async def test_flushed_server_is_one_cache_for_connections_from_before_and_after(
    server: Server, open_replica: OpenStore
) -> None:
    store = open_replica()
    await store_rows(store)
    server.execute("FLUSHALL")
    after = await store_rows(open_replica(), fetched_at=13)

    assert await store.read(MINE) == Snapshot(after, ROWS)


async def test_evicted_collection_does_not_take_a_response_from_before(server: Server, open_replica: OpenStore) -> None:
    store, other_store = open_replica(), open_replica()
    expected = (await store.get_version(MINE)).number
    await write_row(other_store, MINE, 1, "changed")
    (name,) = server.execute("KEYS", "*:collection:*")
    server.execute("DEL", name)

    assert not await store.replace(MINE, ROWS, expected=expected, fetched_at=12)


async def test_failover_that_lost_the_last_write_leaves_no_snapshot(
    server: Server, open_replica: OpenStore, clock: Clock
) -> None:
    store, other_store = open_replica(), open_replica()
    await store_rows(store)
    await other_store.write("mine", bucket=Bucket("me", 5, 3600))
    server.execute("SAVE")
    await write_row(store, MINE, 1, "changed")
    server.stop()
    server.start()  # It loads what it had saved, as a replica has what it has received.
    clock.now += RETRY_SECONDS

    assert (await other_store.get_version(MINE)).fetched_at is None
    assert await other_store.read(MINE) is None
    assert await store.read(MINE) is None
    assert list(await store.list_buckets("mine")) == [Bucket("me", 5, 3600)]
    after = await store_rows(store, fetched_at=13)
    assert await other_store.read(MINE) == Snapshot(after, ROWS)


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


async def change_and_settle(store: Store, clock: Clock) -> None:
    """Do all that a change does on a server."""
    record = make_record("it", clock)
    await store.reserve_slot("mine", ("me",), 0, inf, PendingChange("it", [MINE], record=record))
    bucket = Bucket("me", 4, 3600)
    await store.write("mine", rows=[RowWrite(MINE, 1, "x")], bucket=bucket, settled_id="it", records=[record])


@pytest.mark.parametrize("kind", ["collection", "pending", "buckets", "queue", "entries", "records", "generation"])
@pytest.mark.parametrize("value", ["text", "list", "fields"])
@pytest.mark.parametrize("is_read_first", [True, False])
async def test_foreign_value_counts_as_absent(
    server: Server, open_replica: OpenStore, clock: Clock, *, kind: str, value: str, is_read_first: bool
) -> None:
    store = open_replica()
    await store_rows(store)
    await store.reserve_slot("mine", (), 0, inf, PendingChange("id", [MINE], record=make_record("id", clock)))
    await store.write("mine", bucket=Bucket("me", 5, clock.now + 60))
    (name,) = server.execute("KEYS", f"*:{kind}*")
    is_text = server.execute("TYPE", name) == [b"string"]
    server.execute("DEL", name)
    if value == "list":
        server.execute("RPUSH", name, "foreign")
    elif value == "text" or is_text:
        server.execute("SET", name, "foreign")
    else:
        server.execute("HSET", name, b"\xff\xff", "foreign", "state", "{}", "1", b"\xff", "id", "{}", "me", "[]")

    if is_read_first:
        assert await store.list_records("mine") == (
            [] if kind in {"entries", "records"} else [make_record("id", clock)]
        )
        assert len(await store.list_buckets("mine")) == (kind != "buckets")
        assert await store.read(MINE) is None or kind not in {"collection", "generation"}
    await change_and_settle(store, clock)
    version = await store_rows(store, fetched_at=13)
    assert await store.read(MINE) == Snapshot(version, ROWS)
    assert await store.get_row(MINE, 1) == Row(version, ROWS[1])
    assert make_record("it", clock) in await store.list_records("mine")
    assert list(await store.list_buckets("mine")) == [Bucket("me", 4, 3600)]
    assert store.problem is None


async def test_write_settles_a_change_in_whose_place_is_a_foreign_value(
    server: Server, open_replica: OpenStore
) -> None:
    store = open_replica()
    await store.reserve_slot("mine", (), 0, inf, PendingChange("id", [MINE]))
    (name,) = server.execute("KEYS", "*:pending:*")
    server.execute("SET", name, "foreign")
    await store.write("mine", settled_id="id")

    assert store.problem is None


@pytest.mark.parametrize(("field", "value"), [("1", b"\xff"), ("x", b"foreign"), ("state", b"{}")])
async def test_foreign_field_of_a_collection_leaves_no_row_and_no_snapshot(
    server: Server, open_replica: OpenStore, field: str, value: bytes
) -> None:
    store, other_store = open_replica(), open_replica()
    await store_rows(store)
    expected = await store.get_row(MINE, 1)
    (name,) = server.execute("KEYS", "*:collection:*")
    server.execute("HSET", name, field, value)

    assert await store.read(MINE) is None
    for _ in range(2):
        row = await other_store.get_row(MINE, 1)
        assert row.text in (None, ROWS[1] if field == "x" else None)
        assert row.version.fetched_at is None or field == "x"
    assert (await write_row(store, MINE, 1, "changed", expected)).fetched_at is None or field == "x"


async def test_every_key_expires(server: Server, open_replica: OpenStore, clock: Clock) -> None:
    store = open_replica()
    await store_rows(store)
    await store.reserve_slot("mine", (), 0, inf, PendingChange("id", [MINE], record=make_record("id", clock)))
    await store.write("mine", bucket=Bucket("me", 5, 3600))
    names = server.execute("KEYS", "*")

    assert len(names) == 7
    assert min(int(server.execute("TTL", name)[0]) for name in names) > 3000
