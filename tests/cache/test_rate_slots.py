"""Requests take turns, in every process alike."""

from math import inf

import pytest

from tests.cache.support import reserve_slot
from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import Store
from toggl_mcp.models.quota import BURST, MAX_QUEUE_SECONDS, Admission, Bucket

pytestmark = pytest.mark.anyio

NAMES = ("organization:1", "workspace:7")


async def test_reserve_slot_allows_a_burst_then_one_per_second(store: Store, clock: Clock) -> None:
    at_once = [await reserve_slot(store, "mine", inf) for _ in range(BURST)]
    queued = [await reserve_slot(store, "mine", inf) for _ in range(3)]
    other_scope = await reserve_slot(store, "theirs", inf)
    clock.now += 5
    later = await reserve_slot(store, "mine", inf)

    assert at_once == [0.0] * BURST
    assert queued == [1.0, 2.0, 3.0]
    assert other_scope == 0.0
    assert later == 0.0


@pytest.mark.parametrize("seconds", [90, 10_000])
async def test_reserve_slot_clock_set_back_adds_no_wait(store: Store, clock: Clock, seconds: float) -> None:
    await reserve_slot(store, "mine", inf)
    clock.now -= seconds

    assert await reserve_slot(store, "mine", inf) == 0.0


async def test_reserve_slot_after_a_long_pause_waits_for_the_longest_queue(store: Store, clock: Clock) -> None:
    await store.throttle("mine", 3600)
    clock.now += 1

    assert await reserve_slot(store, "mine", inf) == pytest.approx(MAX_QUEUE_SECONDS - 1)


async def test_reserve_slot_after_deadline_is_not_reserved(store: Store) -> None:
    for _ in range(BURST):
        await reserve_slot(store, "mine", inf)

    too_late = [await reserve_slot(store, "mine", 0.5) for _ in range(3)]

    assert too_late == [1.0] * 3
    assert await reserve_slot(store, "mine", inf) == 1.0


async def test_reserve_slot_returns_the_scarcest_of_its_buckets(store: Store, clock: Clock) -> None:
    later = clock.now + 100
    for bucket in (
        Bucket("organization:1", 20, later),
        Bucket("workspace:7", 9, later),
        Bucket("organization:2", 1, later),
        Bucket("user", 2, later),
    ):
        await store.write("mine", bucket=bucket)
    await store.write("theirs", bucket=Bucket("workspace:7", 0, later))
    assert (await store.reserve_slot("mine", NAMES, 0, inf)).bucket == Bucket("workspace:7", 9, later)
    assert (await store.reserve_slot("mine", NAMES[:1], 0, inf)).bucket == Bucket("organization:1", 20, later)
    assert (await store.reserve_slot("mine", (), 0, inf)).bucket is None


@pytest.mark.parametrize(("reserved", "remaining"), [(0, 0), (3, 3)])
async def test_reserve_slot_while_only_the_reserve_remains_is_not_reserved(
    store: Store, clock: Clock, reserved: int, remaining: int
) -> None:
    bucket = Bucket("workspace:7", remaining, clock.now + 100)
    await store.write("mine", bucket=bucket)
    for _ in range(BURST + 3):
        assert await store.reserve_slot("mine", NAMES, reserved, inf) == Admission(bucket, 0.0)
    assert await reserve_slot(store, "mine", inf) == 0.0
    clock.now += 100
    assert await store.reserve_slot("mine", NAMES, reserved, inf) == Admission(None, 0.0)
