"""Whatever happens to the bytes of the file, nothing altered is served, and nothing raised."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from tests.cache.support import MINE, execute, lock_file, write_row
from tests.figures import write_figures
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Snapshot, Version
from toggl_mcp.errors import CacheBusy
from toggl_mcp.models.quota import Bucket

pytestmark = pytest.mark.anyio

TRIALS = int(os.environ.get("DAMAGED_FILES", "150"))
LARGE = TRIALS >= 1000  # Fewer files are no figure.
COLLECTIONS = {
    Key(scope, kind, 7): {row_id: f"{scope} {kind} {row_id} {'x' * (row_id % 90)}" for row_id in range(1, 81)}
    for scope in ("mine", "theirs")
    for kind in ("clients", "projects")
}
BUCKET = Bucket("me", 17, 2_000_000.0)


def truncated(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data))]


def flipped(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.choice([1, 1, 3, 30])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def overwritten(data: bytearray, chance: random.Random) -> bytearray:
    start, length = chance.randrange(len(data)), chance.choice([1, 16, 512, 4096])
    end = min(start + length, len(data))
    data[start:end] = chance.randbytes(end - start)
    return data


def shuffled(data: bytearray, chance: random.Random) -> bytearray:
    """Exchange two pages, as a disk might that loses a write."""
    first, second = (4096 * chance.randrange(len(data) // 4096) for _ in range(2))
    data[first : first + 4096], data[second : second + 4096] = data[second : second + 4096], data[first : first + 4096]
    return data


def garbage(data: bytearray, chance: random.Random) -> bytearray:
    return bytearray(chance.randbytes(len(data)))


DAMAGES: list[Callable[[bytearray, random.Random], bytearray]] = [
    flipped,
    flipped,
    truncated,
    overwritten,
    shuffled,
    garbage,
]


async def fill(path: Path) -> bytearray:
    store = SqliteStore(path)
    for key, rows in COLLECTIONS.items():
        assert await store.replace(key, rows, expected=Version(0), fetched_at=12)
    await store.write("mine", bucket=BUCKET)
    await store.aclose()
    return bytearray(await anyio.Path(path).read_bytes())


async def check(store: SqliteStore) -> None:
    """Read everything, then use the store until it is as good as new."""
    for key, rows in COLLECTIONS.items():
        assert await store.get_version(key) in (Version(0, 12), Version(0, None))
        for row_id in (1, 40, 80):
            assert (await store.get_row(key, row_id)).text in (rows[row_id], None)
        assert await store.read(key) in (Snapshot(Version(0, 12), rows), None)
    assert list(await store.list_buckets("mine")) in ([BUCKET], [])
    assert await works(store) or await works(store)


async def works(store: SqliteStore) -> bool:
    """Tell whether a refresh and a write were kept: damage may only show when something is written."""
    await write_row(store, MINE, 1, "lost by the refresh")
    version = await store.get_version(MINE)
    await store.replace(MINE, COLLECTIONS[MINE], expected=version, fetched_at=13)
    await write_row(store, MINE, 1, "written")
    snapshot = await store.read(MINE)
    assert snapshot in (Snapshot(Version(version.number + 1, 13), {**COLLECTIONS[MINE], 1: "written"}), None)
    return snapshot is not None


@pytest.mark.promise("damage")
async def test_damaged_file_never_serves_altered_or_missing_rows(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    whole = await fill(path)
    for trial in range(TRIALS):
        chance = random.Random(trial)  # noqa: S311 - repeatable
        store = SqliteStore(path)
        opened_before = chance.random() < 0.5
        if opened_before:
            await anyio.Path(path).write_bytes(whole)
            assert await store.read(MINE) == Snapshot(Version(0, 12), COLLECTIONS[MINE])
            await store.get_row(MINE, 1)
        await anyio.Path(path).write_bytes(chance.choice(DAMAGES)(bytearray(whole), chance))
        try:
            await check(store)
        except Exception as error:
            error.add_note(f"trial {trial}")
            raise
        finally:
            await store.aclose()

    if LARGE:
        write_figures("damage", files=TRIALS, errors=0, altered_rows=0)


@pytest.mark.parametrize(
    "alteration",
    [
        "DELETE FROM entity WHERE id = 40",
        "INSERT INTO entity SELECT scope, kind, parent, 9999, body, checksum FROM entity WHERE id = 40",
        "UPDATE entity SET body = CAST('other' AS BLOB) WHERE id = 40",
        "UPDATE entity SET id = 9999 WHERE id = 40",
        "UPDATE entity SET id = id + (1 << 40) WHERE id = 40",
        "UPDATE collection SET version = 3",
        "UPDATE collection SET fetched_at = 13",
        "UPDATE collection SET fetched_at = NULL",
        "UPDATE collection SET leased_at = 1e12, lease_seconds = 1e12",
        "UPDATE collection SET size = 3",
    ],
)
async def test_damaged_value_is_detected_by_its_checksum(
    path: Path, sqlite: SqliteStore, alteration: str, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(path)
    execute(path, alteration)
    assert await sqlite.read(MINE) is None
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("toggl_mcp.cache", "WARNING")
    assert "recreated" in record.getMessage()
    assert await anyio.Path(f"{path}.broken").exists()
    await check(sqlite)


@pytest.mark.parametrize("column", ["remaining", "resets_at", "checksum"])
async def test_damaged_bucket_is_ignored(path: Path, sqlite: SqliteStore, column: str) -> None:
    await fill(path)
    execute(path, f"UPDATE bucket SET {column} = {column} + 1")  # noqa: S608 - the names above
    assert list(await sqlite.list_buckets("mine")) == []


async def test_damaged_file_is_replaced_once_for_all_stores(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    stores = [SqliteStore(path, clock=clock) for _ in range(3)]
    for store in stores:
        await write_row(store, MINE, 1, None)
        await store.get_version(MINE)
    await anyio.Path(path).write_bytes(b"garbage" * 1000)
    for store in stores:
        await write_row(store, MINE, 1, None)
    assert [await store.get_version(MINE) for store in stores] == [Version(3, None)] * 3
    assert len(caplog.records) == 1
    for store in stores:
        await store.aclose()


async def test_damaged_file_stays_while_another_process_checks_its_identity(path: Path, sqlite: SqliteStore) -> None:
    await write_row(sqlite, MINE, 1, None)
    await anyio.Path(path).write_bytes(b"garbage" * 1000)
    with lock_file(path.with_name(f"{path.name}.lock"), "EXCLUSIVE"):
        with pytest.raises(CacheBusy):
            await write_row(sqlite, MINE, 1, None)
        assert await anyio.Path(path).read_bytes() == b"garbage" * 1000
    await write_row(sqlite, MINE, 1, None)
    assert await sqlite.get_version(MINE) == Version(1, None)


async def test_damaged_file_starts_empty_each_time(path: Path, sqlite: SqliteStore) -> None:
    for _ in range(5):
        await sqlite.replace(MINE, {1: "one"}, expected=Version(0), fetched_at=12)
        await sqlite.aclose()
        await anyio.Path(path).write_bytes(b"garbage" * 1000)
        assert await sqlite.read(MINE) is None


async def test_damaged_file_with_foreign_journal_starts_empty(path: Path, sqlite: SqliteStore) -> None:
    await fill(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = TRUNCATE")
    db.execute("PRAGMA cache_size = 1")
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE entity SET id = id + 1000")
    left_behind = f"{path}-journal.copy"
    await anyio.to_thread.run_sync(shutil.copy, f"{path}-journal", left_behind)
    db.rollback()
    db.close()
    await anyio.Path(path).unlink()
    await anyio.Path(left_behind).replace(f"{path}-journal")
    await check(sqlite)


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("neighbours", [[], ["travel"]], ids=["missing", "empty"])
@pytest.mark.parametrize("text", ["Day 1: Lisbon.\n", "\0\0\0\0\0\0\0\0Day 1: Lisbon.\n"], ids=["text", "zeros"])
async def test_file_without_content_beside_a_persons_own_is_left_alone_and_memory_is_used(
    tmp_path: Path, clock: Clock, suffix: str, neighbours: list[str], text: str
) -> None:
    folder, diary = anyio.Path(tmp_path), anyio.Path(tmp_path / f"travel{suffix}")
    await diary.write_text(text)
    for name in neighbours:
        await (folder / name).touch()

    store = SqliteStore(tmp_path / "travel", clock=clock)
    await write_row(store, MINE, 1, None)
    await store.aclose()

    assert await diary.read_text() == text
    assert sorted([file.name async for file in folder.iterdir()]) == sorted([*neighbours, diary.name])
    assert store.problem is not None
    assert diary.name in store.problem


@pytest.mark.parametrize("pages", [1, 2])
async def test_file_that_another_process_lets_grow_is_no_foreign_one(path: Path, clock: Clock, pages: int) -> None:
    await fill(path)
    grown = await anyio.Path(path).read_bytes()
    await anyio.Path(path).write_bytes(grown[: pages * 4096])

    store = SqliteStore(path, clock=clock)
    await write_row(store, MINE, 1, None)

    assert store.problem is None
    assert await store.get_version(MINE) == Version(1, None)
    await store.aclose()
