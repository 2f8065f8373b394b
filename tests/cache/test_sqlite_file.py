"""The file is private, opened when needed, and never a reason to fail."""

import os
import sqlite3
import stat
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest

from tests.cache.support import MINE, ROWS, execute, limit_file_size, write_row
from tests.figures import check_figures
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.connection import SqliteFile
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.sqlite.tables import SCHEMA, State, get_state, put_state
from toggl_mcp.cache.store import Row, Snapshot, Version
from toggl_mcp.models.quota import Bucket

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Generator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert {(record.name, record.levelname) for record in caplog.records} <= {("toggl_mcp.cache", "WARNING")}
    return [record.getMessage() for record in caplog.records]


def open_files(folder: Path) -> list[str]:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("only Linux tells which files are open")
    links = [link.readlink() for link in descriptors.iterdir() if link.is_symlink()]
    return [str(link) for link in links if link.is_relative_to(folder)]


async def test_sqlite_store_opens_no_file_before_use(path: Path) -> None:
    SqliteStore(path)
    assert not await anyio.Path(path.parent).exists()


@pytest.mark.promise("private")
@pytest.mark.usefixtures("umask")
async def test_file_permissions_are_0600_and_folders_0700(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "cache.sqlite"
    store = SqliteStore(path)
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await store.get_version(MINE)
    files = [file async for file in anyio.Path(path.parent).iterdir()]
    assert path in map(Path, files)
    assert [mode(Path(file)) for file in files] == [0o600] * len(files)
    assert [mode(folder) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]
    check_figures("private", files=int(f"{mode(path):o}"), folders=int(f"{mode(path.parent):o}"))
    await store.aclose()


async def test_file_permissions_of_an_existing_folder_are_kept(tmp_path: Path) -> None:
    await anyio.Path(tmp_path).chmod(0o755)
    store = SqliteStore(tmp_path / "cache.sqlite")
    await write_row(store, MINE, 1, None)
    assert mode(tmp_path) == 0o755
    await store.aclose()


async def test_sqlite_store_path_may_hold_any_characters(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b%20ü" / "cache & co.sqlite"
    store = SqliteStore(path)
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert await store.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    assert store.try_get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    assert await anyio.Path(path).exists()
    await store.aclose()


async def test_read_in_a_new_store_finds_the_snapshot(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await sqlite.write("mine", bucket=Bucket("me", 3, 100))
    await sqlite.aclose()
    later = SqliteStore(path)
    assert await later.read(MINE) == Snapshot(Version(0, 12), ROWS)
    assert list(await later.list_buckets("mine")) == [Bucket("me", 3, 100)]
    await later.aclose()


async def test_aclose_leaves_no_file_open(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await sqlite.get_version(MINE)
    assert open_files(path.parent)
    await sqlite.aclose()
    assert open_files(path.parent) == []


async def test_aclose_is_shielded_from_cancellation(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.get_version(MINE)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await sqlite.aclose()
    assert open_files(path.parent) == []


@pytest.mark.parametrize("place", ["a folder at the path", "a file as the folder", "a file above the folder"])
async def test_sqlite_store_unusable_path_falls_back_to_memory_and_logs_once(
    tmp_path: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    occupied = tmp_path / "taken"
    path = {
        "a folder at the path": occupied,
        "a file as the folder": occupied / "c",
        "a file above the folder": occupied / "b" / "c",
    }
    await (anyio.Path(occupied).mkdir() if place == "a folder at the path" else anyio.Path(occupied).touch())
    store = SqliteStore(path[place])
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await write_row(store, MINE, 1, None)
    assert await store.get_version(MINE) == Version(1, 12)
    assert await store.get_row(MINE, 2) == Row(Version(1, 12), ROWS[2])
    await store.aclose()
    assert await store.get_version(MINE) == Version(0, None)
    (warning,) = warnings(caplog)
    assert str(path[place]) in warning
    assert "memory" in warning
    await store.aclose()


async def test_aclose_after_memory_fallback_retries_the_file(path: Path, sqlite: SqliteStore) -> None:
    await anyio.Path(path).mkdir(parents=True)
    await write_row(sqlite, MINE, 1, None)
    await anyio.Path(path).rmdir()
    assert await sqlite.get_version(MINE) == Version(1, None)
    await sqlite.aclose()
    assert await sqlite.get_version(MINE) == Version(0, None)
    assert await anyio.Path(path).is_file()


@pytest.mark.parametrize("in_memory", [False, True])
def test_failed_transaction_changes_nothing(path: Path, *, in_memory: bool) -> None:
    if in_memory:
        path.mkdir(parents=True)
    file = SqliteFile(path, SCHEMA, busy_timeout=0.05)

    def fail(db: sqlite3.Connection) -> None:
        put_state(db, MINE, State(version=1))
        raise KeyError

    def look(db: sqlite3.Connection) -> State:
        return get_state(db, MINE)

    with pytest.raises(KeyError):
        file.change(fail)
    assert file.read(look) == State()
    file.close()


async def test_sqlite_store_full_disk_falls_back_to_memory(
    path: Path, sqlite: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    await sqlite.get_version(MINE)
    with limit_file_size((await anyio.Path(path).stat()).st_size):
        assert await sqlite.replace(MINE, dict.fromkeys(range(100), "x" * 1000), expected=Version(0), fetched_at=12)
    assert await sqlite.get_version(MINE) == Version(0, 12)
    (warning,) = warnings(caplog)
    assert "space" in warning


async def test_write_on_a_full_disk_leaves_nothing_outdated_to_others(
    path: Path, sqlite: SqliteStore, clock: Clock
) -> None:
    other_process = SqliteStore(path, clock=clock, busy_timeout=0.05)
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert await other_process.get_row(MINE, 1) == Row(Version(0, 12), ROWS[1])
    with limit_file_size((await anyio.Path(path).stat()).st_size):
        await write_row(sqlite, MINE, 1, "x" * 100_000)
    assert await other_process.read(MINE) is None
    assert (await other_process.get_row(MINE, 1)).text is None
    await other_process.aclose()


async def test_replace_unchanged_collection_is_not_written(path: Path, sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await sqlite.aclose()
    execute(path, "CREATE TRIGGER t BEFORE INSERT ON entity BEGIN SELECT RAISE(ABORT, 'written again'); END")
    assert await sqlite.replace(MINE, ROWS, expected=Version(0), fetched_at=13)
    assert await sqlite.read(MINE) == Snapshot(Version(0, 13), ROWS)
