"""Others lock the file, set it aside or put another in its place, and each step goes to the right one."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.cache.support import MINE, ROWS, execute, lock_file, write_row
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.connection import CorruptFile, SqliteFile
from toggl_mcp.cache.sqlite.files import Identity, get_identity
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.sqlite.tables import SCHEMA
from toggl_mcp.cache.store import Row, Snapshot, Version
from toggl_mcp.errors import CacheBusy

pytestmark = pytest.mark.anyio


async def test_deleted_file_is_recreated(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert await sqlite.get_version(MINE) == Version(0, 12)
    await anyio.to_thread.run_sync(shutil.rmtree, path.parent)
    assert await sqlite.get_version(MINE) == Version(0, None)
    assert await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=13)
    assert await sqlite.get_version(MINE) == Version(0, 13)


async def test_replaced_file_is_noticed_at_once(path: Path, sqlite: SqliteStore, clock: Clock) -> None:
    second_store = SqliteStore(path.with_name("other.sqlite"), clock=clock)
    await second_store.replace(MINE, {5: "other"}, expected=Version(0), fetched_at=99)
    await second_store.aclose()
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await sqlite.get_version(MINE)
    for part in ("-wal", "-shm", "-journal"):
        await anyio.Path(f"{path}{part}").unlink(missing_ok=True)
    await anyio.Path(path.with_name("other.sqlite")).replace(path)
    assert await sqlite.get_version(MINE) == Version(0, 99)
    assert await sqlite.read(MINE) == Snapshot(Version(0, 99), {5: "other"})


async def test_file_of_an_earlier_format_is_moved_aside(
    path: Path, sqlite: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await sqlite.aclose()
    execute(path, "PRAGMA user_version = 1")
    assert await sqlite.get_version(MINE) == Version(0, None)
    assert await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=13)
    assert await sqlite.get_version(MINE) == Version(0, 13)
    (record,) = caplog.records
    assert "another format" in record.getMessage()


async def test_damaged_files_that_were_moved_aside_are_kept(path: Path, sqlite: SqliteStore) -> None:
    for version in (1, 2, 3):
        await sqlite.replace(MINE, {version: str(version)}, expected=Version(0), fetched_at=12)
        await sqlite.aclose()
        execute(path, "UPDATE entity SET body = CAST('other' AS BLOB)")
        assert await sqlite.read(MINE) is None
    broken = [path.with_name(f"cache.sqlite.broken{ending}") for ending in ("", ".2", ".3")]
    assert [execute(file, "SELECT id FROM entity") for file in broken] == [[(1,)], [(2,)], [(3,)]]


def write_text(path: Path) -> None:
    path.write_text("Milk, bread, a token for the tram")


def write_short_text(path: Path) -> None:
    path.write_text("x")


def write_damaged_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 2000)


def create_foreign_database(path: Path) -> None:
    execute(path, "PRAGMA journal_mode = WAL")
    execute(path, "CREATE TABLE theirs (value)")
    execute(path, f"PRAGMA user_version = {SCHEMA.version}")


def create_later_format(path: Path) -> None:
    file = SqliteFile(path, SCHEMA._replace(version=SCHEMA.version + 1), 0.05)
    file.change(lambda _: None)
    file.close()


@pytest.mark.parametrize(
    "write", [write_text, write_short_text, write_damaged_header, create_foreign_database, create_later_format]
)
async def test_foreign_file_is_left_alone_and_memory_is_used(
    path: Path, sqlite: SqliteStore, write: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    await anyio.Path(path.parent).mkdir()
    write(path)
    before = await anyio.Path(path).read_bytes()

    assert sqlite.try_get_row(MINE, 1) is None
    assert await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)

    assert await anyio.Path(path).read_bytes() == before
    assert [file.name for file in path.parent.iterdir() if ".broken" in file.name] == []
    (record,) = caplog.records
    assert sqlite.problem == record.getMessage()
    assert "TOGGL_MCP_CACHE" in record.getMessage()


@pytest.mark.parametrize("suffix", ["", "-journal", ".lock"])
async def test_pipe_with_the_name_of_a_cache_file_is_not_waited_for(
    path: Path, sqlite: SqliteStore, suffix: str
) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("the system has no pipes with names")
    if suffix == ".lock":  # It is opened only to move a damaged file.
        await write_row(sqlite, MINE, 1, None)
        await anyio.Path(path).write_bytes(b"garbage" * 1000)
    await anyio.Path(path.parent).mkdir(exist_ok=True)
    os.mkfifo(f"{path}{suffix}")

    with anyio.fail_after(5):
        assert await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
        assert sqlite.try_get_row(MINE, 1) in (None, Row(Version(0, 12), ROWS[1]))

    assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)
    assert await anyio.Path(f"{path}{suffix}").is_fifo()


async def test_device_with_the_name_of_the_cache_file_is_left_alone(clock: Clock) -> None:
    store = SqliteStore(Path(os.devnull), clock=clock, busy_timeout=0.05)
    await write_row(store, MINE, 1, None)

    assert store.problem is not None
    assert "device" in store.problem
    assert await anyio.Path(os.devnull).is_char_device()
    await store.aclose()


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
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
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
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
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
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    with lock_file(path, "EXCLUSIVE"), pytest.raises(CacheBusy, match=r"Try again.*TOGGL_MCP_CACHE=memory"):
        await write_row(sqlite, MINE, 1, None)
    assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)


async def test_try_get_row_does_not_wait_for_a_writer(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    with lock_file(path) as writer:
        writer.execute("DELETE FROM entity")
        assert await sqlite.get_version(MINE) == Version(0, 12)
        assert await sqlite.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
        assert await sqlite.read(MINE) == Snapshot(Version(0, 12), ROWS)
