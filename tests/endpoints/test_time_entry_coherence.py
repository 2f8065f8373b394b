"""Whether what is kept of time entries is what Toggl has, after changes and by clocks that differ."""

from datetime import UTC, datetime

import anyio
import pytest

from tests.endpoints.support import AUTH, Gate, in_turn
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio

STUDIO_UPKEEP = 201_500_307


@pytest.fixture
def tracker(store: Store, connection: AsyncClient) -> AsyncTimeEntryEndpoint:
    return AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


async def test_a_timer_that_was_started_is_the_only_one_that_is_known_to_run(
    tracker: AsyncTimeEntryEndpoint, clock: Clock
) -> None:
    former = await tracker.current()
    new = await tracker.add(TimeEntryBody(description="New", start=moment(clock.now)))

    entries = (await tracker.read()).collection.items
    assert former is not None
    assert [entry.id for entry in entries.values() if entry.running] == [new.id]
    assert not entries[former.id].running


async def test_a_change_in_the_web_app_is_told_though_our_clock_is_ahead_and_we_have_changed_something_later(
    store: Store, clock: Clock
) -> None:
    toggl = Sandbox(clock=lambda: clock.now - 600)
    async with connect_in_process(toggl) as connection:
        tracker = AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
        (*_, latest) = await tracker.collect(moment(clock.now - 3 * 86_400), moment(clock.now))
        toggl.state.edit_entry(latest.id, description="By hand")
        clock.now += 100
        await tracker.add(TimeEntryBody(start=moment(clock.now - 900), duration=60))
        clock.now += 30
        shown = await tracker.get(latest, refresh=True)

    assert shown is not None
    assert shown.description == "By hand"


async def test_a_change_of_many_is_seen_on_an_entry_that_was_not_known(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await tracker.read()
    new = sandbox.state.add_entry(HARBOUR_STUDIO, clock.now - 900, stop=clock.now)["id"]
    edited = await tracker.bulk_edit([new], TimeEntryBody(description="Changed"))
    shown = await tracker.get(new)

    assert edited == ([new], [])
    assert shown is not None
    assert shown.description == "Changed"


async def test_a_change_of_manys_times_is_seen(tracker: AsyncTimeEntryEndpoint, clock: Clock) -> None:
    first, second, *_ = await tracker.collect(moment(clock.now - 3 * 86_400), moment(clock.now))
    await tracker.bulk_edit([first, second], TimeEntryBody(duration=61))

    assert [entry and entry.duration for entry in (await tracker.get(first), await tracker.get(second))] == [61, 61]


async def test_what_toggl_does_to_the_tasks_of_many_when_their_project_is_changed_is_seen(
    tracker: AsyncTimeEntryEndpoint, clock: Clock
) -> None:
    entries = await tracker.collect(moment(clock.now - 9 * 86_400), moment(clock.now))
    on_task = next(entry for entry in entries if entry.task_id is not None)
    await tracker.bulk_edit([on_task], TimeEntryBody(project_id=STUDIO_UPKEEP))
    shown = await tracker.get(on_task)

    assert shown is not None
    assert (shown.project_id, shown.task_id) == (STUDIO_UPKEEP, None)


async def test_of_two_timers_whose_answers_cross_the_one_that_runs_at_toggl_is_known_to_run(
    tracker: AsyncTimeEntryEndpoint, store: Store, sandbox: Sandbox, connection: AsyncClient, clock: Clock
) -> None:
    other = AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
    await other.read()
    gate = Gate()
    sandbox.fault = in_turn("POST", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tracker.add, TimeEntryBody(description="First", start=moment(clock.now - 60)))
        await gate.reached.wait()
        clock.now += 1
        await other.add(TimeEntryBody(description="Second", start=moment(clock.now)))
        gate.open.set()

    shown = await other.current()
    assert shown is not None
    assert shown.description == "Second"
    assert [row["description"] for row in sandbox.state.entries.values() if row["duration"] < 0] == ["Second"]
    entries = (await tracker.read()).collection.items.values()
    assert [entry.duration for entry in entries if entry.description == "First"] == [
        row["duration"] for row in sandbox.state.entries.values() if row["description"] == "First"
    ]
