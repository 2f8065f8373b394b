"""What every store promises about a change: its rows, what it drops and what remains of its quota are one step."""

import pytest

from tests.cache.support import MINE, ROWS, write_row
from toggl_mcp.cache.store import RowWrite, Snapshot, Store, Version
from toggl_mcp.models.quota import Bucket

pytestmark = pytest.mark.anyio

PROJECTS = MINE._replace(kind="projects")


async def test_write_puts_rows_drops_snapshots_and_records_a_bucket(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await store.replace(PROJECTS, ROWS, expected=Version(0), fetched_at=12)
    bucket = Bucket("workspace:7", 28, 3600)
    rows = [RowWrite(MINE, 4, "new"), RowWrite(MINE, 2, None)]
    versions = await store.write(MINE.scope, rows=rows, invalidate=[PROJECTS], bucket=bucket)
    assert list(versions) == [Version(1, 12), Version(2, 12)]
    assert await store.read(MINE) == Snapshot(Version(2, 12), {1: ROWS[1], 3: ROWS[3], 4: "new"})
    assert await store.get_version(PROJECTS) == Version(1, None)
    assert await store.read(PROJECTS) is None
    assert list(await store.list_buckets(MINE.scope)) == [bucket]


async def test_write_of_a_row_that_was_written_meanwhile_drops_the_snapshot(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    expected = await store.get_row(MINE, 1)
    await write_row(store, MINE, 1, "written meanwhile")
    assert await write_row(store, MINE, 1, "ours", expected) == Version(2, None)
    assert await store.read(MINE) is None


async def test_write_beside_a_row_written_meanwhile_keeps_the_snapshot(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    expected = await store.get_row(MINE, 1)
    await write_row(store, MINE, 2, "written meanwhile")
    await write_row(store, MINE, 1, "ours", expected)
    assert await store.read(MINE) == Snapshot(Version(2, 12), {**ROWS, 1: "ours", 2: "written meanwhile"})


async def test_write_keeps_a_snapshot_from_before_it_from_being_stored(store: Store) -> None:
    await store.write(MINE.scope, rows=[RowWrite(MINE, 1, "ours")], invalidate=[PROJECTS])
    assert not await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert not await store.replace(PROJECTS, ROWS, expected=Version(0), fetched_at=12)


async def test_write_of_nothing_changes_nothing(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert list(await store.write(MINE.scope)) == []
    assert await store.read(MINE) == Snapshot(Version(0, 12), ROWS)
    assert list(await store.list_buckets(MINE.scope)) == []
