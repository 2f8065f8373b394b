"""Real processes that read at once, that are killed, and whose file is replaced."""

import os
import subprocess
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.cache.support import MINE
from tests.chaos.scale import LARGE, scaled
from tests.chaos.worker import READERS
from tests.figures import check_figures, write_figures
from tests.process.fork import ForkedProcess
from tests.process.server import serve_sandbox, start_module
from tests.sandbox.clock import Clock
from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.connection import JOURNAL_MODE
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Snapshot, Version
from toggl_mcp.endpoints.core.keys import derive_scope
from toggl_mcp.models.quota import PendingChange
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

TRIALS = scaled(2, 20)
KILLS = scaled(4, 200)
MOVES = scaled(10, 200)

Child = ForkedProcess | subprocess.Popen[bytes]


@contextmanager
def start_children(count: int, *command: str) -> Generator[list[Child]]:
    """Start so many workers, and end them in any case."""
    with ExitStack() as running:
        children: list[Child] = []
        for _ in range(count):
            child = start_module(*command, environment=os.environ, piped=["stdin", "stdout"])
            running.enter_context(child)
            running.callback(child.kill)
            children.append(child)
        yield children


def read_line(child: Child) -> str:
    assert child.stdout is not None
    return child.stdout.readline().decode().strip()


def send_line(children: Sequence[Child], line: str) -> list[str]:
    """Send all workers the same line at once, and return their output."""
    for child in children:
        assert child.stdin is not None
        child.stdin.write(f"{line}\n".encode())
        child.stdin.flush()
    return [read_line(child) for child in children]


def is_writing(path: Path) -> bool:
    """Return whether a journal shows a change in progress, or one that was when its process ended."""
    journal = Path(f"{path}-journal")
    return journal.exists() and journal.stat().st_size > 0


def wait_for_write(path: Path) -> None:
    """Wait until a change is in progress; where no journal shows it, for a while."""
    for _ in range(20_000):
        if is_writing(path):
            return


@pytest.mark.promise("one-question")
def test_collect_cold_cache_of_eight_processes_costs_one_request(tmp_path: Path) -> None:
    clock, requests, results = Clock(), set[int](), set[int]()
    sandbox = Sandbox(clock=clock)
    ids = {str(row["id"]) for row in sandbox.state.clients.values() if row["wid"] == HARBOUR_STUDIO}
    with serve_sandbox(sandbox) as address, start_children(8, "tests.chaos.worker", address) as children:
        assert [read_line(child) for child in children] == ["ready"] * 8
        for trial in range(TRIALS):
            sandbox.calls.clear()
            clock.now += 60  # A new file does not hold the pace of the trial before: a 429 would count as a request.
            lines = send_line(children, f"collect {tmp_path / f'{trial}.sqlite'}")
            answers = [set(answer.split(",")) for line in lines for answer in line.split(";")]

            requests.add(len(sandbox.calls))
            results.add(len(answers))
            assert answers == [ids] * 8 * READERS

    check_figures("one-question", processes=8, readers=READERS, requests=max(requests), results=min(results))


@pytest.mark.anyio
async def test_collect_of_four_processes_while_a_change_of_another_is_pending_shares_requests(
    address: RedisAddress,
) -> None:
    sandbox = Sandbox(clock=Clock())
    url = f"redis://{address.host}:{address.port}?prefix={address.prefix}"
    with serve_sandbox(sandbox) as toggl, start_children(4, "tests.chaos.worker", toggl) as children:
        assert [read_line(child) for child in children] == ["ready"] * 4
        async with connect(toggl) as connection:
            key = Key(derive_scope(BasicAuth(TOKEN, "api_token"), connection), "client", HARBOUR_STUDIO)
        changing = RedisStore(address)
        await changing.reserve_slot(key.scope, (), 0, inf, PendingChange("change", [key]))
        lines = await anyio.to_thread.run_sync(send_line, children, f"collect {url}")
        await changing.aclose()

    assert len({answer for line in lines for answer in line.split(";")}) == 1
    assert len(sandbox.calls) <= len(children)


@pytest.mark.promise("kill")
@pytest.mark.anyio
async def test_replace_killed_process_leaves_no_torn_snapshot(tmp_path: Path) -> None:
    path, unfinished = tmp_path / "cache.sqlite", 0
    for kill in range(KILLS):
        with start_children(1, "tests.cache.worker", "replace", str(path)) as (child,):
            for _ in range(1 + kill % 3):
                assert await anyio.to_thread.run_sync(read_line, child)
            await anyio.to_thread.run_sync(wait_for_write, path)
            child.kill()
        unfinished += is_writing(path)
        store = SqliteStore(path)
        number = (await store.get_version(MINE)).fetched_at
        assert number is not None
        assert await store.read(MINE) == Snapshot(Version(0, number), dict.fromkeys(range(2000), f"{number:g}"))
        await store.aclose()
        assert not await anyio.Path(f"{path}.broken").exists()
    assert JOURNAL_MODE == "WAL" or unfinished > KILLS // 4
    if LARGE:
        write_figures("kill", kills=KILLS, torn_reads=0)


@pytest.mark.promise("one-file")
def test_write_damaged_or_moved_file_keeps_three_processes_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    with start_children(3, "tests.chaos.worker", "") as children:
        assert [read_line(child) for child in children] == ["ready"] * 3
        send_line(children, f"write {path}")
        for move in range(MOVES):
            if move % 2:
                path.write_bytes(os.urandom(4096))
            else:
                path.replace(tmp_path / "aside")
            for _ in range(2):
                send_line(children, f"write {path}")

            assert send_line(children, f"version {path}") == ["6"] * 3

    if LARGE:
        write_figures("one-file", processes=3, replacements=MOVES, splits=0)
