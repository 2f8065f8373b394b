"""Others lock the file, set it aside or put another in its place, and each step goes to the right one."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import anyio
import pytest

from tests.cache.support import MINE, ROWS, execute, lock_file, write_row
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.connection import CorruptFile, Identity, SqliteFile, get_identity
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.sqlite.tables import SCHEMA
from toggl_mcp.cache.store import Row, Snapshot, Version
from toggl_mcp.errors import CacheBusy

pytestmark = pytest.mark.anyio


async def test_deleted_file_is_recreated(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=0, fetched_at=12)
    assert await sqlite.get_version(MINE) == Version(0, 12)
    await anyio.to_thread.run_sync(shutil.rmtree, path.parent)
    assert await sqlite.get_version(MINE) == Version(0, None)
    assert await sqlite.replace(MINE, ROWS, expected=0, fetched_at=13)
    assert await sqlite.get_version(MINE) == Version(0, 13)


async def test_replaced_file_is_noticed_at_once(path: Path, sqlite: SqliteStore, clock: Clock) -> None:
    second_store = SqliteStore(path.with_name("other.sqlite"), clock=clock)
    await second_store.replace(MINE, {5: "other"}, expected=0, fetched_at=99)
    await second_store.aclose()
    await sqlite.replace(MINE, ROWS, expected=0, fetched_at=12)
    await sqlite.get_version(MINE)
    for part in ("-wal", "-shm", "-journal"):
        await anyio.Path(f"{path}{part}").unlink(missing_ok=True)
    await anyio.Path(path.with_name("other.sqlite")).replace(path)
    assert await sqlite.get_version(MINE) == Version(0, 99)
    assert await sqlite.read(MINE) == Snapshot(Version(0, 99), {5: "other"})


async def test_file_of_another_version_is_moved_aside(
    path: Path, sqlite: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite.replace(MINE, ROWS, expected=0, fetched_at=12)
    await sqlite.aclose()
    execute(path, "PRAGMA user_version = 99")
    assert await sqlite.get_version(MINE) == Version(0, None)
    assert await sqlite.replace(MINE, ROWS, expected=0, fetched_at=13)
    assert await sqlite.get_version(MINE) == Version(0, 13)
    (record,) = caplog.records
    assert "another format" in record.getMessage()


async def test_foreign_database_is_moved_aside_unchanged(path: Path, sqlite: SqliteStore) -> None:
    await anyio.Path(path.parent).mkdir()
    theirs = sqlite3.connect(path, isolation_level=None)
    theirs.execute("PRAGMA journal_mode = WAL")
    theirs.execute("CREATE TABLE theirs (value)")
    theirs.execute("INSERT INTO theirs VALUES (7)")
    await sqlite.replace(MINE, ROWS, expected=0, fetched_at=12)
    assert execute(path.with_name("cache.sqlite.broken"), "SELECT value FROM theirs") == [(7,)]
    theirs.close()
    assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)


async def test_damaged_file_replaced_meanwhile_is_not_moved_aside(path: Path, tmp_path: Path) -> None:
    file = SqliteFile(path, SCHEMA, busy_timeout=0.05)
    identities: list[Identity | None] = []

    def find_damage_while_another_sets_it_aside(_: sqlite3.Connection) -> None:
        identities.append(get_identity(path))
        if len(identities) == 1:
            path.replace(tmp_path / "aside")
            shutil.copy(tmp_path / "aside", path)
            raise CorruptFile

    file.read(find_damage_while_another_sets_it_aside)
    assert identities == [get_identity(tmp_path / "aside"), get_identity(path)]
    assert not await anyio.Path(f"{path}.broken").exists()
    file.close()


async def set_aside(path: Path) -> None:
    """Rename a cache's file and what belongs to it."""
    for part in ("-wal", "-shm", "-journal", ""):
        with contextlib.suppress(FileNotFoundError):
            await anyio.Path(f"{path}{part}").rename(f"{path}.broken{part}")


async def test_transaction_waiting_for_a_moved_file_uses_the_new_one(path: Path, clock: Clock) -> None:
    store = SqliteStore(path, clock=clock)
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    async with anyio.create_task_group() as tasks:
        with lock_file(path):
            tasks.start_soon(write_row, store, MINE, 1, None)
            await anyio.lowlevel.checkpoint()
            await set_aside(path)
    later = SqliteStore(path)
    assert await later.get_version(MINE) == Version(1, None)
    await later.aclose()
    await store.aclose()


async def test_moved_file_is_not_waited_for(path: Path, sqlite: SqliteStore) -> None:
    await write_row(sqlite, MINE, 1, None)
    with lock_file(path, "EXCLUSIVE"):
        await set_aside(path)
        await write_row(sqlite, MINE, 1, None)
        assert await sqlite.get_version(MINE) == Version(1, None)


async def test_locked_file_is_waited_for(path: Path, clock: Clock) -> None:
    store = SqliteStore(path, clock=clock)
    await store.replace(MINE, ROWS, expected=0, fetched_at=12)
    versions: list[Version] = []

    async def ask() -> None:
        versions.append(await store.get_version(MINE))

    async with anyio.create_task_group() as tasks:
        with lock_file(path, "EXCLUSIVE"):
            tasks.start_soon(ask)
            await anyio.lowlevel.checkpoint()
    assert versions == [Version(0, 12)]
    await store.aclose()


async def test_locked_file_beyond_busy_timeout_is_cache_busy_with_advice(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=0, fetched_at=12)
    with lock_file(path, "EXCLUSIVE"), pytest.raises(CacheBusy, match=r"Try again.*TOGGL_MCP_CACHE=memory"):
        await write_row(sqlite, MINE, 1, None)
    assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)


async def test_try_get_row_does_not_wait_for_a_writer(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=0, fetched_at=12)
    with lock_file(path) as writer:
        writer.execute("DELETE FROM entity")
        assert await sqlite.get_version(MINE) == Version(0, 12)
        assert await sqlite.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
        assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)
