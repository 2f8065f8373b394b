"""Time entries, written through to Toggl and to the log of every process."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from tests.endpoints.support import AUTH, each
from tests.sandbox.clock import Clock
from tests.sandbox.diary import at, done, running
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.blocking import TimeEntryEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.errors import InvalidArguments, NotFound, OutcomeUnknown
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio

NINE = datetime(2025, 10, 13, 20, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def six_in_the_evening(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.entries.clear()
    clock.now = at("2025-10-14T18:00")


@pytest.fixture
def tracker(store: Store, connection: AsyncClient) -> AsyncTimeEntryEndpoint:
    return AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


@pytest.fixture
def other(store: Store, connection: AsyncClient) -> AsyncTimeEntryEndpoint:
    return AsyncTimeEntryEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)


async def test_a_confirmed_change_is_seen_by_everybody_on_the_store(
    tracker: AsyncTimeEntryEndpoint, other: AsyncTimeEntryEndpoint
) -> None:
    await other.read()
    entry = await tracker.add(TimeEntryBody(start=NINE, duration=60, description="One"))
    assert await other.get(entry.id) == entry
    edited = await tracker.edit(entry, TimeEntryBody(description="Two", tags=["design"]))
    assert edited is not None
    assert (edited.description, edited.tags) == ("Two", ["design"])
    assert await other.get(entry.id) == edited
    await tracker.delete(entry)
    assert (await other.read()).collection.items == {}


async def test_an_entry_without_an_end_runs_from_its_start(tracker: AsyncTimeEntryEndpoint) -> None:
    entry = await tracker.add(TimeEntryBody(start=NINE))
    assert entry.running
    assert await tracker.current() == entry
    stopped = await tracker.stop(entry)
    assert stopped is not None
    assert stopped.duration == 9 * 3600
    assert await tracker.current() is None


async def test_a_lost_creation_is_found_by_its_start_description_and_project(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    sandbox.fault = each("POST", Fault("lost after"))
    entry = await tracker.add(TimeEntryBody(start=NINE, duration=60, description="Once", project_id=201_500_302))
    assert [*sandbox.state.entries] == [entry.id]


async def test_a_lost_creation_is_not_taken_for_one_that_says_something_else(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    await tracker.read()
    done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Else")
    sandbox.fault = each("POST", Fault("lost before"))
    with pytest.raises(OutcomeUnknown):
        await tracker.add(TimeEntryBody(start=NINE, duration=60, description="Once"))


async def test_many_are_changed_by_one_request_and_refusals_are_told(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", tags=["meeting"]) for hour in range(3)]
    await tracker.read()
    foreign = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", workspace=NIGHT_SCHOOL)
    sandbox.calls.clear()
    told = await tracker.bulk_edit(
        [*(row["id"] for row in rows), foreign["id"]], TimeEntryBody(tags=["design"], tag_action="add", billable=True)
    )

    assert told.unchanged_ids == [foreign["id"]]
    assert told.edited_ids == [row["id"] for row in rows]
    known = (await tracker.read()).collection.items
    assert {(*entry.tags, entry.billable) for entry in known.values()} == {("meeting", "design", True)}
    assert all(row["tags"] == ["meeting", "design"] for row in rows)
    assert [call.method for call in sandbox.calls] == ["PATCH"]
    assert {entry.id for entry in (await tracker.read()).collection.items.values()} == {row["id"] for row in rows}


async def test_tags_are_taken_off_many(tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", tags=["meeting", "design"])
    await tracker.read()
    await tracker.bulk_edit([row["id"]], TimeEntryBody(tags=["design"], tag_action="delete"))
    assert (await tracker.read()).collection.items[row["id"]].tags == row["tags"] == ["meeting"]


async def test_a_change_of_many_that_was_not_confirmed_is_in_doubt(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    await tracker.read()
    sandbox.fault = each("PATCH", Fault("garbage after", body='{"message": "OK"}'))
    with pytest.raises(OutcomeUnknown):
        await tracker.bulk_edit([row["id"]], TimeEntryBody(description="New"))
    sandbox.fault = None
    assert (await tracker.collect(NINE, NINE + timedelta(hours=1)))[0].description == "New"


async def test_a_stop_whose_answer_was_lost_is_seen_to_have_happened(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = running(sandbox, "2025-10-14T17:00")
    await tracker.read()
    sandbox.fault = each("PATCH", Fault("lost after"))
    stopped = await tracker.stop(row["id"])
    assert stopped is not None
    assert stopped.duration == 3600


async def test_an_entry_of_another_workspace_is_not_taken_for_a_missing_one(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", workspace=NIGHT_SCHOOL)
    await tracker.read()
    with pytest.raises(NotFound, match=str(NIGHT_SCHOOL)):
        await tracker.delete(row["id"])
    with pytest.raises(NotFound, match=str(NIGHT_SCHOOL)):
        await tracker.edit(row["id"], TimeEntryBody(description="x"))
    assert row["server_deleted_at"] is None


async def test_an_entry_that_is_gone_is_none(tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    await tracker.read()
    sandbox.state.remove_entry(row["id"])
    assert await tracker.edit(row["id"], TimeEntryBody(description="x")) is None
    assert await tracker.stop(row["id"]) is None
    await tracker.delete(row["id"])
    assert (await tracker.read()).collection.items == {}


async def test_an_edit_that_says_nothing_is_not_sent(tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Same")
    entry = await tracker.edit(row["id"], TimeEntryBody())
    assert entry is not None
    assert entry.description == "Same"
    assert {call.method for call in sandbox.calls} == {"GET"}


async def test_a_new_timer_tells_what_it_stopped(tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    former = running(sandbox, "2025-10-14T17:00", "Former")
    await tracker.read()
    started = await tracker.start(TimeEntryBody(description="New"))
    assert started.stopped_entry is not None
    assert (started.stopped_entry.id, started.stopped_entry.duration) == (former["id"], 3600)


async def test_a_new_timer_is_told_although_the_former_cannot_be_looked_at(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    running(sandbox, "2025-10-14T17:00", "Former")
    await tracker.read()
    sandbox.fault = each("GET", Fault("refused"))
    started = await tracker.start(TimeEntryBody(description="New"))
    assert started.entry.running
    assert started.stopped_entry is not None
    assert started.stopped_entry.duration == 3600


async def test_the_verbs_are_there_for_scripts_without_asyncio(sandbox: Sandbox, store: Store) -> None:
    with TimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox)) as tracker:
        entry = tracker.add(TimeEntryBody(start=NINE, description="One"))
        assert tracker.current() == entry
        assert tracker.stop(entry) == tracker.get(entry)
        assert (
            tracker.edit(entry, TimeEntryBody(description="Two")) == tracker.collect(NINE, NINE + timedelta(days=1))[0]
        )
        assert [found.description for found in tracker.load_cache()] == ["Two"]
        assert tracker.bulk_edit([entry], TimeEntryBody(description="Three")).edited_ids == [entry.id]
        started = tracker.start(TimeEntryBody(description="Four"))
        assert tracker.stop_current() == tracker.get(started.entry)
        tracker.delete(entry)
        assert tracker.get(entry) is None
    with pytest.raises(InvalidArguments, match="closed"):
        tracker.current()


async def test_what_the_log_does_not_reach_is_refused_rather_than_empty(tracker: AsyncTimeEntryEndpoint) -> None:
    with pytest.raises(InvalidArguments, match="reach back 89 days"):
        await tracker.collect(NINE - timedelta(days=90), NINE)


def test_a_moment_needs_a_zone() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        TimeEntryBody(start=NINE.replace(tzinfo=None))


async def test_a_change_of_many_that_says_nothing_or_of_none_is_not_sent(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")

    assert await tracker.bulk_edit([], TimeEntryBody(description="New")) == ([], [])
    assert await tracker.bulk_edit([row["id"]], TimeEntryBody()) == ([], [])
    assert sandbox.calls == []


async def test_collect_without_start_or_end_includes_the_oldest_kept_and_the_planned_entries(
    tracker: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    done(sandbox, "2025-10-15T09:00", "2025-10-15T10:00", "Planned")
    done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Today")
    done(sandbox, "2025-07-20T09:00", "2025-07-20T10:00", "Oldest")

    assert [entry.description for entry in await tracker.collect()] == ["Oldest", "Today", "Planned"]
    assert [entry.description for entry in await tracker.collect(NINE)] == ["Today", "Planned"]
    assert [entry.description for entry in await tracker.collect(end=NINE)] == ["Oldest"]
