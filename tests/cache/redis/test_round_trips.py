"""What a step costs: how often it waits for the server, which may be in another building."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from math import inf
from typing import cast

import anyio
import anyio.to_thread
import pytest

from tests.cache.redis.server import PROGRAMS, Server, make_address, open_store
from tests.cache.support import MINE, ROWS
from tests.cache.test_journal import make_record
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.store import Row, RowWrite, Version
from toggl_mcp.models.journal import RowChange
from toggl_mcp.models.quota import Bucket, PendingChange

pytestmark = pytest.mark.anyio

NAMES = MINE._replace(kind="names")
"""Another collection that a change writes to."""

CountTrips = Callable[[Awaitable[object]], Awaitable[int]]


@pytest.fixture(params=PROGRAMS)
async def counted(
    request: pytest.FixtureRequest, get_server: Callable[[str], Server], clock: Clock
) -> AsyncGenerator[tuple[RedisStore, CountTrips]]:
    """A store with a snapshot, and a function that returns how often a step of it was waited for."""
    server = get_server(request.param)
    store = open_store(make_address(server), clock)
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await store.get_version(NAMES)

    def count_reads() -> int:
        (stats,) = cast("list[dict[str, int]]", server.execute("INFO", "stats"))
        return stats["total_reads_processed"]

    async def count_trips(step: Awaitable[object]) -> int:
        first, second = [await anyio.to_thread.run_sync(count_reads) for _ in range(2)]
        await step
        return await anyio.to_thread.run_sync(count_reads) - second - (second - first)

    yield store, count_trips
    await store.aclose()


async def test_change_waits_for_the_server_five_times(counted: tuple[RedisStore, CountTrips], clock: Clock) -> None:
    store, count_trips = counted
    record = make_record("change", clock)
    confirmed = record.confirm([RowChange(1, "{}", "{}")], ())
    row = await store.get_row(MINE, 1)
    bucket = Bucket("me", 5, clock.now + 60)
    looking = await count_trips(store.get_row(MINE, 1))
    opening = await count_trips(
        store.reserve_slot("mine", ("me",), 0, inf, PendingChange("change", [MINE, NAMES], record=record))
    )
    settling = await count_trips(
        store.write(
            "mine",
            rows=[RowWrite(MINE, 1, "changed", row), RowWrite(NAMES, 1, None)],
            invalidate=[NAMES],
            bucket=bucket,
            settled_id="change",
            records=[confirmed],
        )
    )

    assert await store.list_records("mine") == [confirmed]
    assert (looking, opening, settling) == (1, 2, 2)


async def test_read_that_refreshes_waits_for_the_server_twice_a_step(
    counted: tuple[RedisStore, CountTrips], clock: Clock
) -> None:
    store, count_trips = counted
    steps = [
        store.acquire_lease(MINE, 5),
        store.reserve_slot("mine", ("me",), 0, inf),
        store.write("mine", bucket=Bucket("me", 5, clock.now + 60)),
        store.replace(MINE, ROWS, expected=Version(0), fetched_at=13),
        store.release_lease(MINE, clock.now + 5),
    ]

    assert [await count_trips(step) for step in steps] == [2, 2, 1, 2, 2]


async def test_reads_at_once_wait_for_the_server_together(counted: tuple[RedisStore, CountTrips]) -> None:
    store, count_trips = counted
    rows: dict[int, Row] = {}

    async def read(row_id: int) -> None:
        rows[row_id] = await store.get_row(MINE, row_id)

    async def read_all() -> None:
        async with anyio.create_task_group() as tasks:
            for row_id in range(50):
                tasks.start_soon(read, row_id)

    trips = await count_trips(read_all())

    assert trips == 2  # The first read goes alone; those that came meanwhile go together.
    assert rows == {row_id: Row(Version(0, 12), ROWS.get(row_id)) for row_id in range(50)}
