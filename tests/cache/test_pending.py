"""Changes that are recorded before they are sent, by stores that share a file."""

from math import inf
from pathlib import Path

import anyio
import pytest

from tests.cache.support import MINE, ROWS
from tests.chaos.test_processes import read_line, start_children
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Row, Version
from toggl_mcp.models.quota import PendingChange

pytestmark = pytest.mark.anyio

PENDING = PendingChange("change", [MINE])
OTHER = MINE._replace(kind="projects")


async def open_change(store: SqliteStore, pending: PendingChange = PENDING) -> None:
    for key in pending.keys:
        await store.replace(MINE._replace(kind=key[1]), ROWS, expected=Version(0), fetched_at=12)
    await store.reserve_slot("mine", (), 0, inf, pending)


async def test_pending_change_of_a_living_process_keeps_the_snapshot(path: Path, sqlite: SqliteStore) -> None:
    await open_change(sqlite)
    other_process = SqliteStore(path)

    assert other_process.try_get_row(MINE, 1) is None
    assert await other_process.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    assert sqlite.try_get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    await other_process.aclose()


async def test_try_get_row_of_a_collection_never_stored_has_no_row_unless_a_change_is_pending(
    path: Path, sqlite: SqliteStore
) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert sqlite.try_get_row(OTHER, 1) == Row(Version(), None)

    await sqlite.reserve_slot("mine", (), 0, inf, PendingChange("change", [OTHER]))
    other_process = SqliteStore(path)
    await other_process.get_version(MINE)

    assert other_process.try_get_row(OTHER, 1) is None
    assert sqlite.try_get_row(OTHER, 1) == Row(Version(), None)
    await other_process.aclose()


async def test_pending_change_of_a_closed_store_drops_each_collection(path: Path, sqlite: SqliteStore) -> None:
    await open_change(sqlite, PendingChange("change", [MINE, OTHER]))
    await sqlite.aclose()
    other_process = SqliteStore(path)

    assert await other_process.get_row(MINE, 1) == Row(Version(1, None), None)
    assert await other_process.get_version(OTHER) == Version(1, None)
    assert await sqlite.get_version(MINE) == Version(1, None)
    await other_process.aclose()


async def test_settled_change_of_a_closed_store_keeps_the_snapshot(path: Path, sqlite: SqliteStore) -> None:
    await open_change(sqlite)
    await sqlite.write("mine", settled_id="change")
    await sqlite.aclose()
    other_process = SqliteStore(path)

    assert await other_process.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    assert [file.name for file in path.parent.iterdir() if "owner" in file.name] == []
    await other_process.aclose()


async def test_change_without_a_slot_in_time_is_not_recorded(path: Path, clock: Clock, sqlite: SqliteStore) -> None:
    await open_change(sqlite, PendingChange("first", [OTHER]))
    await sqlite.throttle("mine", 30)
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert (await sqlite.reserve_slot("mine", (), 0, 1, PENDING)).wait_seconds > 1
    await sqlite.aclose()
    other_process = SqliteStore(path, clock=clock)

    assert await other_process.get_version(MINE) == Version(0, 12)
    await other_process.aclose()


async def test_pending_change_of_a_killed_process_drops_the_snapshot(path: Path, sqlite: SqliteStore) -> None:
    with start_children(1, "tests.cache.worker", "open_change", str(path)) as (child,):
        assert await anyio.to_thread.run_sync(read_line, child) == "open"
        assert await sqlite.get_version(MINE) == Version(0, 12)
        child.kill()
        child.wait()

    assert await sqlite.get_version(MINE) == Version(1, None)
    await sqlite.reserve_slot("mine", (), 0, inf, PENDING)
    assert len([file for file in path.parent.iterdir() if "owner" in file.name]) == 1
