"""Whether what is kept of time entries is what Toggl has, after changes and by clocks that differ."""

from datetime import UTC, datetime

import anyio
import pytest

from tests.cache.redis.server import open_store
from tests.endpoints.support import AUTH, Gate, fault_in_turn
from tests.sandbox.clock import Clock
from tests.sandbox.diary import timers
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

STUDIO_UPKEEP = 201_500_307


@pytest.fixture
def time_entries(store: Store, connection: AsyncClient) -> AsyncTimeEntryEndpoint:
    return AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


async def test_add_time_entry_running_stops_the_cached_timer(
    time_entries: AsyncTimeEntryEndpoint, clock: Clock
) -> None:
    former = await time_entries.current()
    new = await time_entries.add(TimeEntryBody(description="New", start=moment(clock.now)))

    entries = (await time_entries.read()).collection.items
    assert former is not None
    assert [entry.id for entry in entries.values() if entry.running] == [new.id]
    assert not entries[former.id].running


async def test_add_time_entry_running_at_two_replicas_at_once_leaves_one_cached_timer(
    address: RedisAddress, clock: Clock, sandbox: Sandbox, connection: AsyncClient
) -> None:
    stores = [open_store(address, clock) for _ in range(2)]
    replicas = [AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for store in stores]
    for replica in replicas:
        await replica.read()
    gates = [Gate(), Gate()]
    sandbox.fault = fault_in_turn("POST", *(gate.fault for gate in gates))
    async with anyio.create_task_group() as tasks:
        for replica, description in zip(replicas, ["First", "Second"], strict=True):
            tasks.start_soon(replica.add, TimeEntryBody(description=description, start=moment(clock.now)))
        for gate in gates:
            await gate.reached.wait()
        for gate in gates:
            gate.open.set()

    entries = [(await replica.read()).collection.items.values() for replica in replicas]
    assert [[entry.description for entry in items if entry.running] for items in entries] == [timers(sandbox)] * 2
    for store in stores:
        await store.aclose()


async def test_refresh_with_clock_ahead_shows_foreign_change_before_own_change(store: Store, clock: Clock) -> None:
    toggl = Sandbox(clock=lambda: clock.now - 600)
    async with connect_in_process(toggl) as connection:
        time_entries = AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
        (*_, latest) = await time_entries.collect(moment(clock.now - 3 * 86_400), moment(clock.now))
        toggl.state.edit_entry(latest.id, description="By hand")
        clock.now += 100
        await time_entries.add(TimeEntryBody(start=moment(clock.now - 900), duration=60))
        clock.now += 30
        entry = await time_entries.get(latest, refresh=True)

    assert entry is not None
    assert entry.description == "By hand"


async def test_refresh_after_the_clock_was_set_back_in_a_request_shows_changes_of_the_web_app(
    store: Store, clock: Clock
) -> None:
    toggl_clock = Clock()
    clock.now = toggl_clock.now + 600

    async def set_clock() -> None:
        clock.now = toggl_clock.now

    toggl = Sandbox(clock=toggl_clock, fault=lambda _: Fault("slow", until=set_clock))
    async with connect_in_process(toggl) as connection:
        time_entries = AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
        (*_, latest) = await time_entries.collect(moment(clock.now - 3 * 86_400), moment(clock.now))
        toggl_clock.now += 30
        toggl.state.edit_entry(latest.id, description="By hand")
        clock.now = toggl_clock.now = toggl_clock.now + 600
        entry = await time_entries.get(latest, refresh=True)

    assert entry is not None
    assert entry.description == "By hand"


async def test_bulk_edit_of_an_uncached_entry_is_visible(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await time_entries.read()
    new = sandbox.state.add_entry(HARBOUR_STUDIO, clock.now - 900, stop=clock.now)["id"]
    result = await time_entries.bulk_edit([new], TimeEntryBody(description="Changed"))
    entry = await time_entries.get(new)

    assert result == ([new], [])
    assert entry is not None
    assert entry.description == "Changed"


async def test_bulk_edit_of_times_is_cached(time_entries: AsyncTimeEntryEndpoint, clock: Clock) -> None:
    first, second, *_ = await time_entries.collect(moment(clock.now - 3 * 86_400), moment(clock.now))
    await time_entries.bulk_edit([first, second], TimeEntryBody(duration=61))

    assert [entry and entry.duration for entry in (await time_entries.get(first), await time_entries.get(second))] == [
        61,
        61,
    ]


async def test_bulk_edit_of_project_clears_cached_task(time_entries: AsyncTimeEntryEndpoint, clock: Clock) -> None:
    entries = await time_entries.collect(moment(clock.now - 9 * 86_400), moment(clock.now))
    on_task = next(entry for entry in entries if entry.task_id is not None)
    await time_entries.bulk_edit([on_task], TimeEntryBody(project_id=STUDIO_UPKEEP))
    edited_entry = await time_entries.get(on_task)

    assert edited_entry is not None
    assert (edited_entry.project_id, edited_entry.task_id) == (STUDIO_UPKEEP, None)


async def test_add_time_entry_crossing_responses_leave_the_running_timer_cached(
    time_entries: AsyncTimeEntryEndpoint, store: Store, sandbox: Sandbox, connection: AsyncClient, clock: Clock
) -> None:
    second_endpoint = AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
    await second_endpoint.read()
    gate = Gate()
    sandbox.fault = fault_in_turn("POST", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(time_entries.add, TimeEntryBody(description="First", start=moment(clock.now - 60)))
        await gate.reached.wait()
        clock.now += 1
        await second_endpoint.add(TimeEntryBody(description="Second", start=moment(clock.now)))
        gate.open.set()

    current = await second_endpoint.current()
    assert current is not None
    assert current.description == "Second"
    assert timers(sandbox) == ["Second"]
    entries = (await time_entries.read()).collection.items.values()
    assert [entry.duration for entry in entries if entry.description == "First"] == [
        row["duration"] for row in sandbox.state.entries.values() if row["description"] == "First"
    ]
