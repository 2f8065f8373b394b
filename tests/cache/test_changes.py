"""What every store promises about a change: one step opens it, one settles it."""

from math import inf

import pytest

from tests.cache.support import MINE, ROWS
from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import OpenChange, Row, RowWrite, Snapshot, Store, Version
from toggl_mcp.models.quota import BURST, Bucket

pytestmark = pytest.mark.anyio

PROJECTS = MINE._replace(kind="projects")
NAMES = ("organization:1", "workspace:7")


async def test_open_change_returns_the_row_before_it(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    await store.write(MINE, 1, "written")
    assert await store.open_change(MINE, 1, NAMES, inf) == OpenChange(Row(Version(1, 12), "written"), None, 0.0)
    assert await store.open_change(MINE, 9, NAMES, inf) == OpenChange(Row(Version(1, 12), None), None, 0.0)


async def test_open_change_without_a_row_id_returns_the_version_alone(store: Store) -> None:
    assert (await store.open_change(MINE, None, NAMES, inf)).expected == Row(Version(0, None), None)
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    assert (await store.open_change(MINE, None, NAMES, inf)).expected == Row(Version(0, 12), None)


async def test_open_change_is_not_a_write(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    await store.open_change(MINE, 1, NAMES, inf)
    assert await store.read(MINE) == Snapshot(Version(0, 12), ROWS)


async def test_open_change_takes_its_slot_from_the_queue_of_all_requests(store: Store) -> None:
    for _ in range(BURST - 1):
        await store.reserve_slot(MINE.scope, inf)
    assert [(await store.open_change(MINE, 1, NAMES, inf)).wait_seconds for _ in range(3)] == [0.0, 1.0, 2.0]
    assert await store.reserve_slot(MINE.scope, inf) == 3.0
    assert await store.reserve_slot("theirs", inf) == 0.0


async def test_open_change_takes_no_slot_beyond_the_longest_wait(store: Store) -> None:
    for _ in range(BURST):
        await store.reserve_slot(MINE.scope, inf)
    assert [(await store.open_change(MINE, 1, NAMES, 0.5)).wait_seconds for _ in range(3)] == [1.0] * 3
    assert await store.reserve_slot(MINE.scope, inf) == 1.0


async def test_open_change_returns_the_scarcest_of_its_buckets(store: Store, clock: Clock) -> None:
    later = clock.now + 100
    for bucket in (
        Bucket("organization:1", 20, later),
        Bucket("workspace:7", 9, later),
        Bucket("organization:2", 1, later),
        Bucket("user", 2, later),
    ):
        await store.record(MINE.scope, bucket)
    await store.record("theirs", Bucket("workspace:7", 0, later))
    assert (await store.open_change(MINE, 1, NAMES, inf)).bucket == Bucket("workspace:7", 9, later)
    assert (await store.open_change(MINE, 1, NAMES[:1], inf)).bucket == Bucket("organization:1", 20, later)
    assert (await store.open_change(MINE, 1, (), inf)).bucket is None


async def test_open_change_takes_no_slot_while_its_quota_is_spent(store: Store, clock: Clock) -> None:
    spent_bucket = Bucket("workspace:7", 0, clock.now + 100)
    await store.record(MINE.scope, spent_bucket)
    for _ in range(BURST + 3):
        assert (await store.open_change(MINE, 1, NAMES, inf)).bucket == spent_bucket
    assert await store.reserve_slot(MINE.scope, inf) == 0.0
    clock.now += 100
    assert (await store.open_change(MINE, 1, NAMES, inf)).bucket is None


async def test_settle_change_writes_invalidates_and_records(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    await store.replace(PROJECTS, ROWS, expected=0, fetched_at=12)
    bucket = Bucket("workspace:7", 28, 3600)
    writes = [RowWrite(MINE, 4, "new"), RowWrite(MINE, 2, None)]
    versions = await store.settle_change(MINE.scope, writes=writes, invalidate=[PROJECTS], bucket=bucket)
    assert list(versions) == [Version(1, 12), Version(2, 12)]
    assert await store.read(MINE) == Snapshot(Version(2, 12), {1: ROWS[1], 3: ROWS[3], 4: "new"})
    assert await store.get_version(PROJECTS) == Version(1, None)
    assert await store.read(PROJECTS) is None
    assert list(await store.list_buckets(MINE.scope)) == [bucket]


async def test_settle_change_of_a_row_that_was_written_meanwhile_drops_the_snapshot(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    expected = (await store.open_change(MINE, 1, NAMES, inf)).expected
    await store.write(MINE, 1, "written meanwhile")
    assert list(await store.settle_change(MINE.scope, writes=[RowWrite(MINE, 1, "ours", expected)])) == [
        Version(2, None)
    ]
    assert await store.read(MINE) is None


async def test_settle_change_beside_a_row_written_meanwhile_keeps_the_snapshot(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    expected = (await store.open_change(MINE, 1, NAMES, inf)).expected
    await store.write(MINE, 2, "written meanwhile")
    await store.settle_change(MINE.scope, writes=[RowWrite(MINE, 1, "ours", expected)])
    assert await store.read(MINE) == Snapshot(Version(2, 12), {**ROWS, 1: "ours", 2: "written meanwhile"})


async def test_settle_change_keeps_a_snapshot_from_before_it_from_being_stored(store: Store) -> None:
    await store.settle_change(MINE.scope, writes=[RowWrite(MINE, 1, "ours")], invalidate=[PROJECTS])
    assert not await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    assert not await store.replace(PROJECTS, ROWS, expected=0, fetched_at=12)


async def test_settle_change_of_nothing_changes_nothing(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    assert list(await store.settle_change(MINE.scope)) == []
    assert await store.read(MINE) == Snapshot(Version(0, 12), ROWS)
    assert list(await store.list_buckets(MINE.scope)) == []
