"""Changes that are recorded before they are sent, by stores that share a server."""

from collections.abc import AsyncGenerator
from math import inf

import pytest

from tests.cache.redis.server import open_store
from tests.cache.support import MINE, ROWS
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.store import Row, RowWrite, Snapshot, Version
from toggl_mcp.models.journal import MAX_CHANGE_SECONDS
from toggl_mcp.models.quota import PendingChange

pytestmark = pytest.mark.anyio

OTHER = MINE._replace(kind="projects")
PENDING = PendingChange("change", [MINE, OTHER])


@pytest.fixture
async def second_store(address: RedisAddress, clock: Clock) -> AsyncGenerator[RedisStore]:
    store = open_store(address, clock)
    yield store
    await store.aclose()


async def open_change(store: RedisStore, pending: PendingChange = PENDING) -> None:
    for key in pending.keys:
        await store.replace(MINE._replace(kind=key[1]), ROWS, expected=Version(0), fetched_at=12)
    await store.reserve_slot("mine", (), 0, inf, pending)


async def test_pending_change_of_another_store_hides_each_snapshot_and_changes_nothing(
    redis_store: RedisStore, second_store: RedisStore
) -> None:
    await open_change(redis_store)

    assert await second_store.get_row(MINE, 1) == Row(Version(0, None), None)
    assert await second_store.get_version(OTHER) == Version(0, None)
    assert await redis_store.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    await redis_store.write("mine", settled_id="change")
    assert await second_store.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])


async def test_replace_while_a_change_of_another_store_is_pending_is_dropped_when_it_is_settled(
    redis_store: RedisStore, second_store: RedisStore
) -> None:
    await open_change(redis_store)
    expected = await redis_store.get_row(MINE, 1)
    assert await second_store.replace(MINE, ROWS, expected=Version(0), fetched_at=13)
    assert await second_store.get_version(MINE) == Version(0, None)
    await redis_store.write("mine", rows=[RowWrite(MINE, 1, "changed", expected)], settled_id="change")

    assert await second_store.get_version(MINE) == Version(1, None)


async def test_pending_change_of_another_store_shows_what_was_requested_since_a_reader_waits(
    redis_store: RedisStore, second_store: RedisStore, clock: Clock
) -> None:
    await open_change(redis_store)
    requested_at = clock.now
    clock.now += 3
    assert await second_store.replace(MINE, ROWS, expected=Version(0), fetched_at=requested_at)
    clock.now += 4

    assert await second_store.get_version(MINE, waited_seconds=7) == Version(0, None)
    assert await second_store.get_version(MINE, waited_seconds=7.1) == Version(0, requested_at)


async def test_pending_change_that_is_abandoned_drops_each_collection(
    redis_store: RedisStore, second_store: RedisStore, clock: Clock
) -> None:
    await open_change(redis_store)
    clock.now += MAX_CHANGE_SECONDS
    assert await second_store.get_version(MINE) == Version(0, None)
    clock.now += 1

    assert await second_store.get_version(MINE) == Version(1, None)
    assert await second_store.read(OTHER) is None
    assert await second_store.replace(MINE, ROWS, expected=Version(1), fetched_at=clock.now)
    assert await second_store.read(MINE) == Snapshot(Version(1, clock.now), ROWS)


async def test_pending_change_recorded_by_a_clock_far_ahead_drops_the_snapshot(
    redis_store: RedisStore, second_store: RedisStore, clock: Clock
) -> None:
    await open_change(redis_store)
    clock.now -= 3600

    assert await second_store.get_version(MINE) == Version(1, None)


async def test_pending_change_of_a_closed_store_hides_the_snapshot_from_its_next_use(
    redis_store: RedisStore,
) -> None:
    await open_change(redis_store)
    await redis_store.aclose()

    assert await redis_store.get_version(MINE) == Version(0, None)


async def test_change_without_a_slot_in_time_is_not_recorded(redis_store: RedisStore, second_store: RedisStore) -> None:
    await redis_store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await redis_store.throttle("mine", 30)
    assert (await redis_store.reserve_slot("mine", (), 0, 1, PENDING)).wait_seconds > 1

    assert await second_store.get_version(MINE) == Version(0, 12)
