"""The cache of time entries: a window fetched once, then the changes since."""

import re

import pytest
from starlette.types import Receive, Scope, Send

from tests.endpoints.support import AUTH, fault_in_turn, with_action
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import QuotaSpent
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox

pytestmark = pytest.mark.anyio

DAY = 86_400


@pytest.fixture(autouse=True)
def evening(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")


@pytest.fixture
def toggl(store: Store, connection: AsyncClient) -> Toggl:
    return Toggl(AUTH, store, client=connection)


async def read_entries(toggl: Toggl, *, refresh: bool = False) -> dict[int, TimeEntry]:
    return dict((await toggl.entry_cache.read(refresh=refresh)).collection.items)


def pop_request_kinds(sandbox: Sandbox) -> list[str]:
    """Return the kinds of the requests since the last call."""
    kinds = ["window" if "start_date" in call.query else "since" for call in sandbox.calls]
    sandbox.calls.clear()
    return kinds


async def test_read_fetches_the_window_once_then_syncs_changes(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Old")
    assert [entry.description for entry in (await read_entries(toggl)).values()] == ["Old"]
    for _ in range(4):
        clock.now += 121
        await read_entries(toggl)
    assert pop_request_kinds(sandbox) == ["window", "since", "since", "since", "since"]


async def test_read_is_fresh_for_two_minutes(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    await read_entries(toggl)
    clock.now += 119
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    assert await read_entries(toggl) == {}
    clock.now += 1
    assert len(await read_entries(toggl)) == 1
    assert pop_request_kinds(sandbox) == ["window", "since"]


async def test_sync_shows_entries_added_edited_moved_and_deleted_at_toggl(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    rows = [add_entry(sandbox, f"2025-10-1{day}T09:00", f"2025-10-1{day}T10:00", str(day)) for day in range(4)]
    await read_entries(toggl)
    clock.now += 121
    sandbox.state.edit_entry(rows[0]["id"], description="Changed")
    sandbox.state.remove_entry(rows[1]["id"])
    sandbox.state.edit_entry(rows[2]["id"], start="2025-01-01T09:00:00+00:00")
    new = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "New", NIGHT_SCHOOL)

    now = await read_entries(toggl)
    assert {key: entry.description for key, entry in now.items()} == {
        rows[0]["id"]: "Changed",
        rows[2]["id"]: "2",
        rows[3]["id"]: "3",
        new["id"]: "New",
    }
    assert pop_request_kinds(sandbox) == ["window", "since"]


async def test_sync_includes_changes_in_the_second_of_the_fetch(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Before")
    await read_entries(toggl)
    sandbox.state.edit_entry(row["id"], description="After")
    clock.now += 121
    assert (await read_entries(toggl))[row["id"]].description == "After"


async def test_sync_with_clock_hours_ahead_misses_nothing(
    sandbox: Sandbox, clock: Clock, connection: AsyncClient
) -> None:
    own_clock = Clock()
    own_clock.now = clock.now + 6 * 3600
    toggl = Toggl(AUTH, MemoryStore(clock=own_clock), client=connection)
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Before")
    await read_entries(toggl)
    for step in (clock, own_clock):
        step.now += 600
    sandbox.state.edit_entry(row["id"], description="After")
    assert (await read_entries(toggl))[row["id"]].description == "After"


@pytest.mark.parametrize("hours_ahead", [1, 23])
@pytest.mark.parametrize("has_entries", [False, True], ids=["empty cache", "cached entries"])
async def test_refresh_with_clock_ahead_shows_entries_of_the_web_app(
    store: Store, clock: Clock, *, has_entries: bool, hours_ahead: int
) -> None:
    toggl_clock = Clock()
    toggl_clock.now = clock.now - hours_ahead * 3600
    sandbox = Sandbox(clock=toggl_clock)
    sandbox.state.entries = {}
    toggl, other_process = (Toggl(AUTH, store, client=connect_in_process(sandbox)) for _ in range(2))
    entries = toggl.time_entries(HARBOUR_STUDIO)
    if has_entries:
        rows = [add_entry(sandbox, "2025-10-10T09:00", "2025-10-10T10:00", str(number)) for number in range(3)]
        await read_entries(toggl)
        await entries.bulk_edit([row["id"] for row in rows], TimeEntryBody(description="Edited"))
    await read_entries(toggl)
    for number in range(5):
        for step in (clock, toggl_clock):
            step.now += 30
        row = add_entry(sandbox, "2025-10-11T09:00", "2025-10-11T10:00", f"Web {number}")
        reader = other_process if number == 3 else toggl
        assert row["id"] in await read_entries(reader, refresh=True)


async def test_read_after_eighty_days_fetches_the_window_again(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    await read_entries(toggl)
    clock.now += 78 * DAY
    await read_entries(toggl)
    clock.now += 81 * DAY
    await read_entries(toggl)
    assert pop_request_kinds(sandbox) == ["window", "since", "window"]


async def test_read_drops_entries_that_left_the_window_a_day_ago(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, "2025-10-01T09:00", "2025-10-01T10:00")
    clock.now = at("2025-12-20T09:00")
    assert len(await read_entries(toggl)) == 1
    clock.now = at("2025-12-30T10:00")
    assert await read_entries(toggl) == {}


async def test_read_keeps_a_timer_that_left_the_window(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    row = sandbox.state.add_entry(HARBOUR_STUDIO, clock.now - 88 * DAY, running=True)
    row["at"] = row["start"]
    for _ in range(4):
        clock.now += DAY
        assert (await read_entries(toggl))[row["id"]].running
    sandbox.state.stop_entry(row["id"])
    clock.now += 2 * DAY
    await read_entries(toggl)
    clock.now += 2 * DAY
    assert await read_entries(toggl) == {}


@pytest.mark.parametrize("seconds_apart", [0.05, 4000])
async def test_read_truncated_window_costs_a_request_for_each_thousand_entries(
    toggl: Toggl, sandbox: Sandbox, clock: Clock, seconds_apart: float
) -> None:
    now = int(clock.now)
    rows = [sandbox.state.add_entry(HARBOUR_STUDIO, now - seconds_apart * back, stop=now) for back in range(1, 1401)]
    assert (await read_entries(toggl)).keys() == {row["id"] for row in rows}
    assert pop_request_kinds(sandbox) == ["window", "window", "since"]

    clock.now += 121
    for row in rows[:1000]:
        sandbox.state.edit_entry(row["id"], description="Changed")
    assert len(await read_entries(toggl)) == 1400
    assert pop_request_kinds(sandbox)[:2] == ["since", "window"]


async def test_read_more_entries_of_one_second_than_toggl_lists_are_counted_as_unreadable(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    older = sandbox.state.add_entry(HARBOUR_STUDIO, clock.now - 9000, stop=clock.now)
    for _ in range(1200):
        sandbox.state.add_entry(HARBOUR_STUDIO, int(clock.now) - 60, stop=clock.now)
    collection = (await toggl.entry_cache.read()).collection

    assert older["id"] in collection.items
    assert (len(collection.items), len(collection.unreadable_ids)) == (1001, 1)


async def test_read_beyond_the_quota_goes_on_after_its_reset_with_what_has_changed(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    now = int(clock.now)
    rows = [sandbox.state.add_entry(HARBOUR_STUDIO, now - 60 * back, stop=now) for back in range(1, 3501)]
    clock.now += 3600
    sandbox.quota.spend(None, remaining=3)
    with pytest.raises(QuotaSpent, match="2,998 time entries are read and kept, and more are to come: repeat the call"):
        await read_entries(toggl)
    clock.now += 3601
    sandbox.state.edit_entry(rows[0]["id"], description="Changed")
    sandbox.state.remove_entry(rows[1]["id"])
    entries = await read_entries(toggl)

    assert entries.keys() == {row["id"] for row in rows} - {rows[1]["id"]}
    assert entries[rows[0]["id"]].description == "Changed"
    assert pop_request_kinds(sandbox) == ["window"] * 4 + ["since"]


async def test_read_beyond_the_quota_after_more_changes_than_toggl_lists_begins_again_once(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    now = int(clock.now)
    rows = [sandbox.state.add_entry(HARBOUR_STUDIO, now - 60 * back, stop=now) for back in range(1, 3501)]
    clock.now += 3600
    for changed_rows in (rows[:1100], []):
        sandbox.quota.spend(None, remaining=3)
        with pytest.raises(QuotaSpent):
            await read_entries(toggl)
        clock.now += 3601
        for row in changed_rows:
            sandbox.state.edit_entry(row["id"], description="Changed")
        clock.now += 3600
    assert pop_request_kinds(sandbox) == ["window"] * 4 + ["since", "window"]
    entries = await read_entries(toggl)

    assert [entries[row["id"]].description for row in rows] == ["Changed"] * 1100 + [""] * 2400
    assert pop_request_kinds(sandbox) == ["window"] * 3 + ["since"]


async def test_read_of_an_entry_that_moves_between_two_responses_has_it(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    now = int(clock.now)
    rows = [sandbox.state.add_entry(HARBOUR_STUDIO, now - 60 * back, stop=now) for back in range(1, 1401)]

    def move(_: Call) -> Fault | None:
        if len(sandbox.calls) == 1:
            sandbox.state.edit_entry(rows[-1]["id"], start=now - 30)
        return None

    sandbox.fault = move
    assert rows[-1]["id"] in await read_entries(toggl)


async def test_read_beyond_the_quota_begins_again_where_a_change_from_here_came_between(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    now, state = int(clock.now), sandbox.state
    rows = [
        state.add_entry(HARBOUR_STUDIO, now - 60 * back, stop=now, project_id=201_500_302) for back in range(1, 1501)
    ]
    sandbox.quota.spend(None, remaining=1)
    with pytest.raises(QuotaSpent):
        await read_entries(toggl)
    await toggl.projects(HARBOUR_STUDIO).delete(201_500_302)
    clock.now += 3601
    entries = await read_entries(toggl)

    assert {entry.project_id for entry in entries.values()} == {None}
    assert len(entries) == len(rows)


async def test_read_of_a_toggl_that_lists_entries_of_any_time_ends(clock: Clock) -> None:
    class Boundless(Sandbox):
        """A Toggl that looks at no end."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            query = re.sub(rb"end_date=[^&]+", b"end_date=2026-01-01", scope["query_string"])
            await super().__call__({**scope, "query_string": query}, receive, send)

    sandbox = Boundless(clock=clock)
    sandbox.state.entries = {}
    for back in range(1200):
        sandbox.state.add_entry(HARBOUR_STUDIO, clock.now - 60 * back, stop=clock.now)
    async with connect_in_process(sandbox) as connection:
        collection = (await Toggl(AUTH, MemoryStore(clock=clock), client=connection).entry_cache.read()).collection

    assert (len(collection.items), len(collection.unreadable_ids)) == (1000, 1)
    assert len(sandbox.calls) == 4


@pytest.mark.parametrize("clock_offset_seconds", [0, 600], ids=["clock of Toggl", "clock ahead"])
async def test_read_in_two_pages_between_which_an_older_timer_goes_on_shows_that_one_alone(
    store: Store, clock: Clock, clock_offset_seconds: int
) -> None:
    sandbox = Sandbox(clock=lambda: clock.now - clock_offset_seconds)
    sandbox.state.entries = {}
    state, now = sandbox.state, int(clock.now) - clock_offset_seconds
    rows = [state.add_entry(HARBOUR_STUDIO, now - 60 * back, stop=now) for back in range(1, 1101)]
    former = state.add_entry(HARBOUR_STUDIO, now - 10, running=True)
    clock.now += 7200  # So that all were changed long ago.

    def go_on() -> None:
        clock.now += 5
        state.stop_entry(former["id"])
        state.edit_entry(rows[-1]["id"], stop=None, duration=-1)

    sandbox.fault = fault_in_turn("GET", with_action(Fault("slow"), go_on))
    async with connect_in_process(sandbox) as connection:
        entries = await read_entries(Toggl(AUTH, store, client=connection))

    assert [entry.id for entry in entries.values() if entry.running] == [rows[-1]["id"]]
    assert entries[former["id"]].duration == 7215
    assert pop_request_kinds(sandbox) == ["window", "window", "since"]


async def test_read_unreachable_returns_stale_entries(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    await read_entries(toggl)
    sandbox.fault = lambda _: Fault("refused")
    clock.now += 3600
    read = await toggl.entry_cache.read()
    assert (read.source, len(read.collection.items)) == ("stale", 1)


async def test_read_omits_entries_of_colleagues(toggl: Toggl, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", user_id=7_301_002)
    assert await read_entries(toggl) == {}


async def test_delete_project_and_delete_tag_update_cached_entries(toggl: Toggl, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=201_500_302, tags=["design"])
    await read_entries(toggl)
    await toggl.projects(HARBOUR_STUDIO).delete(201_500_302)
    assert (await read_entries(toggl))[row["id"]].project_id is None
    await toggl.tags(HARBOUR_STUDIO).delete(17_300_301)
    assert (await read_entries(toggl))[row["id"]].tags == []
