"""Requests take turns, in every process alike."""

import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import Store
from toggl_mcp.models.quota import BURST, LONGEST_QUEUE

pytestmark = pytest.mark.anyio


async def test_turns_come_in_a_burst_and_then_one_a_second(store: Store, clock: Clock) -> None:
    at_once = [await store.turn("mine") for _ in range(BURST)]
    queued = [await store.turn("mine") for _ in range(3)]
    another = await store.turn("theirs")
    clock.now += 5
    later = await store.turn("mine")

    assert at_once == [0.0] * BURST
    assert queued == [1.0, 2.0, 3.0]
    assert another == 0.0
    assert later == 0.0


async def test_a_clock_that_is_set_back_makes_nobody_wait_for_it(store: Store, clock: Clock) -> None:
    await store.turn("mine")
    clock.now -= 10_000

    assert await store.turn("mine") <= LONGEST_QUEUE
