"""Requests take turns, in every process alike."""

from math import inf

import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import Store
from toggl_mcp.models.quota import BURST, MAX_QUEUE_SECONDS

pytestmark = pytest.mark.anyio


async def test_turns_come_in_a_burst_and_then_one_a_second(store: Store, clock: Clock) -> None:
    at_once = [await store.reserve_slot("mine", inf) for _ in range(BURST)]
    queued = [await store.reserve_slot("mine", inf) for _ in range(3)]
    another = await store.reserve_slot("theirs", inf)
    clock.now += 5
    later = await store.reserve_slot("mine", inf)

    assert at_once == [0.0] * BURST
    assert queued == [1.0, 2.0, 3.0]
    assert another == 0.0
    assert later == 0.0


async def test_a_clock_that_is_set_back_makes_nobody_wait_for_it(store: Store, clock: Clock) -> None:
    await store.reserve_slot("mine", inf)
    clock.now -= 10_000

    assert await store.reserve_slot("mine", inf) <= MAX_QUEUE_SECONDS


async def test_a_turn_that_comes_too_late_is_told_and_not_taken(store: Store) -> None:
    for _ in range(BURST):
        await store.reserve_slot("mine", inf)

    too_late = [await store.reserve_slot("mine", 0.5) for _ in range(3)]

    assert too_late == [1.0] * 3
    assert await store.reserve_slot("mine", inf) == 1.0
