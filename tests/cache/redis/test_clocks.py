"""Replicas whose clocks differ: what they share is measured by the server's clock."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from math import inf

import pytest

from tests.cache.support import MINE, ROWS, reserve_slot
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.store import Version
from toggl_mcp.models.quota import BURST, PendingChange

pytestmark = pytest.mark.anyio

SKEW_SECONDS = 40


@pytest.fixture(params=[-SKEW_SECONDS, SKEW_SECONDS])
async def stores(
    address: RedisAddress, clock: Clock, request: pytest.FixtureRequest
) -> AsyncGenerator[tuple[RedisStore, RedisStore]]:
    """Stores on one server, of which the second has a clock that is behind or ahead."""
    skewed_clock = Clock()
    skewed_clock.now = clock.now + request.param
    async with AsyncExitStack() as opened:
        first, second = (RedisStore(address, clock=own, draw_number=lambda: 0) for own in (clock, skewed_clock))
        opened.push_async_callback(first.aclose)
        opened.push_async_callback(second.aclose)
        yield first, second


async def test_reserve_slot_of_stores_whose_clocks_differ_is_one_pace(stores: tuple[RedisStore, RedisStore]) -> None:
    waits = [await reserve_slot(store, "mine", inf) for store in stores * 20]

    assert waits[:BURST] == [0.0] * BURST
    assert 0 < waits[-1] <= len(waits) - BURST
    assert max(waits) == waits[-1]


async def test_throttle_of_a_store_whose_clock_differs_holds_for_the_other(
    stores: tuple[RedisStore, RedisStore],
) -> None:
    first, second = stores
    await second.throttle("mine", 30)

    assert 20 < await reserve_slot(first, "mine", inf) <= 30


async def test_acquire_lease_of_a_store_whose_clock_differs_is_held(stores: tuple[RedisStore, RedisStore]) -> None:
    first, second = stores
    held_until = await first.acquire_lease(MINE, 15)

    assert held_until is not None
    assert await second.acquire_lease(MINE, 15) is None
    assert await first.acquire_lease(MINE, 15, held_until=held_until) is not None


async def test_pending_change_of_a_store_whose_clock_differs_is_not_abandoned(
    stores: tuple[RedisStore, RedisStore], clock: Clock
) -> None:
    first, second = stores
    await first.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await second.reserve_slot("mine", (), 0, inf, PendingChange("change", [MINE]))
    clock.now += 600
    assert await first.get_version(MINE) == Version(0, None)
    await second.write("mine", settled_id="change")

    assert await first.get_version(MINE) == Version(0, 12)
