"""A server that has lost data, or is another one at the same address: nothing from before is believed."""

import pytest

from tests.cache.redis.replicas import OpenStore, store_rows
from tests.cache.redis.server import Server
from tests.cache.support import MINE, ROWS, write_row
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.store import RETRY_SECONDS
from toggl_mcp.cache.store import Snapshot
from toggl_mcp.models.quota import Bucket

pytestmark = pytest.mark.anyio


async def test_flushed_server_does_not_take_a_response_from_before(server: Server, open_replica: OpenStore) -> None:
    store, other_store = open_replica(), open_replica()
    expected = await store.get_version(MINE)
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
    expected = await store.get_version(MINE)
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
