"""Time entries, written through to Toggl and to the log of every process."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from tests.endpoints.support import AUTH, fault_every
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, running
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
def evening(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")


@pytest.fixture
def time_entries(store: Store, connection: AsyncClient) -> AsyncTimeEntryEndpoint:
    return AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


@pytest.fixture
def night_school_entries(store: Store, connection: AsyncClient) -> AsyncTimeEntryEndpoint:
    return AsyncTimeEntryEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)


async def test_time_entry_changes_are_visible_to_all_endpoints_of_the_store(
    time_entries: AsyncTimeEntryEndpoint, night_school_entries: AsyncTimeEntryEndpoint
) -> None:
    await night_school_entries.read()
    entry = await time_entries.add(TimeEntryBody(start=NINE, duration=60, description="One"))
    assert await night_school_entries.get(entry.id) == entry
    edited_entry = await time_entries.edit(entry, TimeEntryBody(description="Two", tags=["design"]))
    assert edited_entry is not None
    assert (edited_entry.description, edited_entry.tags) == ("Two", ["design"])
    assert await night_school_entries.get(entry.id) == edited_entry
    await time_entries.delete(entry)
    assert (await night_school_entries.read()).collection.items == {}


async def test_add_time_entry_without_end_runs_from_its_start(time_entries: AsyncTimeEntryEndpoint) -> None:
    entry = await time_entries.add(TimeEntryBody(start=NINE))
    assert entry.running
    assert await time_entries.current() == entry
    stopped_entry = await time_entries.stop(entry)
    assert stopped_entry is not None
    assert stopped_entry.duration == 9 * 3600
    assert await time_entries.current() is None


async def test_add_time_entry_lost_response_is_reconciled(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    sandbox.fault = fault_every("POST", Fault("lost after"))
    entry = await time_entries.add(TimeEntryBody(start=NINE, duration=60, description="Once", project_id=201_500_302))
    assert [*sandbox.state.entries] == [entry.id]


@pytest.mark.parametrize("description", ["Else", "Once"])
async def test_add_time_entry_match_with_other_fields_is_not_adopted(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox, description: str
) -> None:
    await time_entries.read()
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", description)
    sandbox.fault = fault_every("POST", Fault("lost before"))
    with pytest.raises(OutcomeUnknown):
        await time_entries.add(TimeEntryBody(start=NINE, duration=60, description="Once"))


async def test_bulk_edit_costs_one_request_and_returns_unchanged_ids(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    rows = [
        add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", tags=["meeting"]) for hour in range(3)
    ]
    await time_entries.read()
    foreign = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", workspace=NIGHT_SCHOOL)
    sandbox.calls.clear()
    result = await time_entries.bulk_edit(
        [*(row["id"] for row in rows), foreign["id"]], TimeEntryBody(tags=["design"], tag_action="add", billable=True)
    )

    assert result.unchanged_ids == [foreign["id"]]
    assert result.edited_ids == [row["id"] for row in rows]
    cached = (await time_entries.read()).collection.items
    assert {(*entry.tags, entry.billable) for entry in cached.values()} == {("meeting", "design", True)}
    assert all(row["tags"] == ["meeting", "design"] for row in rows)
    assert [call.method for call in sandbox.calls] == ["PATCH"]
    assert {entry.id for entry in (await time_entries.read()).collection.items.values()} == {row["id"] for row in rows}


async def test_bulk_edit_deletes_tags(time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", tags=["meeting", "design"])
    await time_entries.read()
    await time_entries.bulk_edit([row["id"]], TimeEntryBody(tags=["design"], tag_action="delete"))
    assert (await time_entries.read()).collection.items[row["id"]].tags == row["tags"] == ["meeting"]


async def test_bulk_edit_unconfirmed_is_outcome_unknown(time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    await time_entries.read()
    sandbox.fault = fault_every("PATCH", Fault("garbage after", body='{"message": "OK"}'))
    with pytest.raises(OutcomeUnknown):
        await time_entries.bulk_edit([row["id"]], TimeEntryBody(description="New"))
    sandbox.fault = None
    assert (await time_entries.collect(NINE, NINE + timedelta(hours=1)))[0].description == "New"


async def test_stop_time_entry_lost_response_is_confirmed_by_a_read(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = running(sandbox, "2025-10-14T17:00")
    await time_entries.read()
    sandbox.fault = fault_every("PATCH", Fault("lost after"))
    stopped_entry = await time_entries.stop(row["id"])
    assert stopped_entry is not None
    assert stopped_entry.duration == 3600


async def test_edit_and_delete_time_entry_of_another_workspace_names_it(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", workspace=NIGHT_SCHOOL)
    await time_entries.read()
    with pytest.raises(NotFound, match=str(NIGHT_SCHOOL)):
        await time_entries.delete(row["id"])
    with pytest.raises(NotFound, match=str(NIGHT_SCHOOL)):
        await time_entries.edit(row["id"], TimeEntryBody(description="x"))
    assert row["server_deleted_at"] is None


async def test_edit_and_stop_time_entry_deleted_return_none(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    await time_entries.read()
    sandbox.state.remove_entry(row["id"])
    assert await time_entries.edit(row["id"], TimeEntryBody(description="x")) is None
    assert await time_entries.stop(row["id"]) is None
    await time_entries.delete(row["id"])
    assert (await time_entries.read()).collection.items == {}


async def test_edit_time_entry_without_changes_is_not_sent(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Same")
    entry = await time_entries.edit(row["id"], TimeEntryBody())
    assert entry is not None
    assert entry.description == "Same"
    assert {call.method for call in sandbox.calls} == {"GET"}


async def test_start_timer_returns_the_stopped_entry(time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox) -> None:
    former = running(sandbox, "2025-10-14T17:00", "Former")
    await time_entries.read()
    started_timer = await time_entries.start(TimeEntryBody(description="New"))
    assert started_timer.stopped_entry is not None
    assert (started_timer.stopped_entry.id, started_timer.stopped_entry.duration) == (former["id"], 3600)


async def test_start_timer_unreachable_former_timer_still_returns_it(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    running(sandbox, "2025-10-14T17:00", "Former")
    await time_entries.read()
    sandbox.fault = fault_every("GET", Fault("refused"))
    started_timer = await time_entries.start(TimeEntryBody(description="New"))
    assert started_timer.entry.running
    assert started_timer.stopped_entry is not None
    assert started_timer.stopped_entry.duration == 3600


async def test_blocking_time_entry_verbs(sandbox: Sandbox, store: Store) -> None:
    with TimeEntryEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox)) as time_entries:
        entry = time_entries.add(TimeEntryBody(start=NINE, description="One"))
        assert time_entries.current() == entry
        assert time_entries.stop(entry) == time_entries.get(entry)
        assert (
            time_entries.edit(entry, TimeEntryBody(description="Two"))
            == time_entries.collect(NINE, NINE + timedelta(days=1))[0]
        )
        assert [cached_entry.description for cached_entry in time_entries.load_cache()] == ["Two"]
        assert time_entries.bulk_edit([entry], TimeEntryBody(description="Three")).edited_ids == [entry.id]
        started_timer = time_entries.start(TimeEntryBody(description="Four"))
        assert time_entries.stop_current() == time_entries.get(started_timer.entry)
        time_entries.delete(entry)
        assert time_entries.get(entry) is None
    with pytest.raises(InvalidArguments, match="closed"):
        time_entries.current()


async def test_collect_time_entries_before_the_window_is_refused(time_entries: AsyncTimeEntryEndpoint) -> None:
    with pytest.raises(InvalidArguments, match="reach back 89 days"):
        await time_entries.collect(NINE - timedelta(days=90), NINE)


def test_time_entry_body_start_without_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        TimeEntryBody(start=NINE.replace(tzinfo=None))


async def test_bulk_edit_without_changes_or_ids_is_not_sent(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")

    assert await time_entries.bulk_edit([], TimeEntryBody(description="New")) == ([], [])
    assert await time_entries.bulk_edit([row["id"]], TimeEntryBody()) == ([], [])
    assert sandbox.calls == []


async def test_collect_time_entries_without_range_includes_oldest_and_planned(
    time_entries: AsyncTimeEntryEndpoint, sandbox: Sandbox
) -> None:
    add_entry(sandbox, "2025-10-15T09:00", "2025-10-15T10:00", "Planned")
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Today")
    add_entry(sandbox, "2025-07-20T09:00", "2025-07-20T10:00", "Oldest")

    assert [entry.description for entry in await time_entries.collect()] == ["Oldest", "Today", "Planned"]
    assert [entry.description for entry in await time_entries.collect(NINE)] == ["Today", "Planned"]
    assert [entry.description for entry in await time_entries.collect(end=NINE)] == ["Oldest"]
