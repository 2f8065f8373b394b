"""Requests take turns, in every process alike."""

from math import inf

import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import Store
from toggl_mcp.models.quota import BURST, MAX_QUEUE_SECONDS

pytestmark = pytest.mark.anyio


async def test_reserve_slot_allows_a_burst_then_one_per_second(store: Store, clock: Clock) -> None:
    at_once = [await store.reserve_slot("mine", inf) for _ in range(BURST)]
    queued = [await store.reserve_slot("mine", inf) for _ in range(3)]
    other_scope = await store.reserve_slot("theirs", inf)
    clock.now += 5
    later = await store.reserve_slot("mine", inf)

    assert at_once == [0.0] * BURST
    assert queued == [1.0, 2.0, 3.0]
    assert other_scope == 0.0
    assert later == 0.0


async def test_reserve_slot_clock_set_back_adds_no_wait(store: Store, clock: Clock) -> None:
    await store.reserve_slot("mine", inf)
    clock.now -= 10_000

    assert await store.reserve_slot("mine", inf) <= MAX_QUEUE_SECONDS


async def test_reserve_slot_after_deadline_is_not_reserved(store: Store) -> None:
    for _ in range(BURST):
        await store.reserve_slot("mine", inf)

    too_late = [await store.reserve_slot("mine", 0.5) for _ in range(3)]

    assert too_late == [1.0] * 3
    assert await store.reserve_slot("mine", inf) == 1.0
