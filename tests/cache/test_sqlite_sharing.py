"""Processes, threads and event loops share one file."""

import os
import subprocess
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest

from tests.cache.support import MINE, ROWS, lock_file, write_row
from tests.process.fork import ForkedProcess
from tests.process.server import start_module
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Snapshot, Version
from toggl_mcp.errors import CacheBusy
from toggl_mcp.models.quota import PendingChange

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("pause_coverage")]

Child = ForkedProcess | subprocess.Popen[bytes]
Start = Callable[[str], Child]


@pytest.fixture
def start(path: Path) -> Generator[Start]:
    with ExitStack() as children:

        def start_child(action: str) -> Child:
            child: Child = children.enter_context(
                start_module("tests.cache.worker", action, str(path), environment=os.environ, piped=["stdin", "stdout"])
            )
            children.callback(child.kill)
            return child

        yield start_child


def line(child: Child) -> str:
    assert child.stdout is not None
    return child.stdout.readline().decode()


def go(child: Child) -> None:
    assert child.stdin is not None
    child.stdin.write(b"\n")
    child.stdin.flush()


async def test_replace_killed_process_leaves_a_whole_snapshot(path: Path, start: Start) -> None:
    for trial in range(5):
        child = start("replace")
        for _ in range(trial + 1):
            assert line(child)
        child.kill()
        child.wait()
        store = SqliteStore(path)
        number = (await store.get_version(MINE)).fetched_at
        snapshot = await store.read(MINE)
        assert number is not None
        assert snapshot == Snapshot(Version(0, number), dict.fromkeys(range(2000), f"{number:g}"))
        await store.aclose()


async def test_write_of_several_processes_counts_every_write(start: Start, sqlite: SqliteStore) -> None:
    children = [start("write") for _ in range(3)]
    for child in children:
        assert line(child) == "ready\n"
    for child in children:
        go(child)
    assert [child.wait() for child in children] == [0, 0, 0]
    assert await sqlite.get_version(MINE) == Version(300, None)


async def test_write_waits_for_a_process_that_locks_the_file(path: Path, start: Start) -> None:
    store = SqliteStore(path)
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    child = start("hold")
    assert line(child) == "ready\n"
    answers: list[object] = []

    async def ask() -> None:
        answers.append(await store.get_version(MINE))
        answers.append(await store.read(MINE))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.lowlevel.checkpoint()
        go(child)
    assert answers == [Version(0, 12), Snapshot(Version(0, 12), ROWS)]
    await store.aclose()


async def test_open_keeps_the_locks_of_this_process(path: Path, start: Start) -> None:
    store = SqliteStore(path)
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    with lock_file(path):
        second = SqliteStore(path)
        assert await second.read(MINE) == Snapshot(Version(0, 12), ROWS)
        await second.aclose()
        assert line(start("probe")) == "locked\n"
    await store.aclose()


def test_sqlite_store_is_shared_by_threads_with_own_event_loops(path: Path) -> None:
    store = SqliteStore(path)
    anyio.run(write_row, store, MINE, 1, None)

    async def use(thread: int) -> None:
        for turn in range(20):
            before = await store.get_version(MINE)
            await write_row(store, MINE, thread, f"{thread} {turn}")
            assert (await store.get_version(MINE)).number > before.number
            await store.read(MINE)

    with ThreadPoolExecutor(6) as threads:
        for future in [threads.submit(anyio.run, use, thread) for thread in range(6)]:
            future.result()
    assert anyio.run(store.get_version, MINE) == Version(121, None)
    anyio.run(store.aclose)


def test_aclose_while_other_threads_use_the_store(path: Path) -> None:
    store = SqliteStore(path)

    async def use(thread: int) -> None:
        for turn in range(30):
            if thread == 0:
                await store.aclose()
            await write_row(store, MINE, turn, "text")
            await store.get_version(MINE)

    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(anyio.run, use, thread) for thread in range(4)]:
            future.result()
    assert anyio.run(store.get_version, MINE) == Version(120, None)
    anyio.run(store.aclose)


def test_replaced_file_under_threads_leaves_one_cache(path: Path) -> None:
    stores = [SqliteStore(path) for _ in range(4)]
    for store in stores:
        anyio.run(write_row, store, MINE, 1, None)

    def acquire_lease(store: SqliteStore) -> float | None:
        return anyio.run(store.acquire_lease, MINE, 15)

    for _ in range(10):
        path.write_bytes(b"garbage" * 1000)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(acquire_lease, stores))
        anyio.run(write_row, stores[0], MINE, 1, None)
        assert len({anyio.run(store.get_version, MINE) for store in stores}) == 1
    for store in stores:
        anyio.run(store.aclose)


async def test_cancelled_caller_leaves_no_partial_transaction(sqlite: SqliteStore) -> None:
    await sqlite.replace(MINE, {}, expected=Version(0), fetched_at=12)
    for row in range(50):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write_row, sqlite, MINE, row, "text")
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        snapshot = await sqlite.read(MINE)
        assert snapshot is not None
        assert snapshot.version.number == len(snapshot.rows)


@pytest.mark.parametrize("name", ["cache.sqlite", "we[ek].sqlite", "**.sqlite"])
async def test_reserve_slot_of_a_change_removes_what_a_killed_process_left(
    tmp_path: Path, clock: Clock, name: str
) -> None:
    await anyio.Path(tmp_path / f"{name}.owner-{'0' * 32}.lock").touch()
    store = SqliteStore(tmp_path / name, clock=clock)
    await store.reserve_slot(MINE.scope, [], 0, 1.0, PendingChange("first", [MINE]))
    await store.aclose()
    assert not [file async for file in anyio.Path(tmp_path).glob("*.lock")]


async def test_change_that_was_not_settled_while_the_file_was_busy_is_settled_by_the_next_step(
    path: Path, clock: Clock
) -> None:
    store, other_store = (SqliteStore(path, clock=clock, busy_timeout=0) for _ in range(2))
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await store.reserve_slot(MINE.scope, [], 0, 1.0, PendingChange("first", [MINE]))
    assert await other_store.list_pending(MINE)
    with lock_file(path, "EXCLUSIVE"), pytest.raises(CacheBusy):
        await store.write(MINE.scope, settled_id="first")
    await store.acquire_lease(MINE, 5)

    assert not await other_store.list_pending(MINE)
    assert await other_store.read(MINE) is None
    await store.aclose()
    await other_store.aclose()
