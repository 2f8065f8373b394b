"""The log of entries: a window fetched once, and after that what has changed since."""

import pytest

from tests.endpoints.support import AUTH
from tests.sandbox.clock import Clock
from tests.sandbox.diary import at, done
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio

DAY = 86_400


@pytest.fixture(autouse=True)
def six_in_the_evening(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.entries.clear()
    clock.now = at("2025-10-14T18:00")


@pytest.fixture
def toggl(store: Store, connection: AsyncClient) -> Toggl:
    return Toggl(AUTH, store, client=connection)


async def known(toggl: Toggl, *, refresh: bool = False) -> dict[int, TimeEntry]:
    return dict((await toggl.entry_cache.read(refresh=refresh)).collection.items)


def asked(sandbox: Sandbox) -> list[str]:
    """Return how the log has been asked for, and forget it."""
    how = ["window" if "start_date" in call.query else "since" for call in sandbox.calls]
    sandbox.calls.clear()
    return how


async def test_the_window_is_fetched_once_and_then_what_has_changed(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Old")
    assert [entry.description for entry in (await known(toggl)).values()] == ["Old"]
    for _ in range(4):
        clock.now += 121
        await known(toggl)
    assert asked(sandbox) == ["window", "since", "since", "since", "since"]


async def test_entries_count_as_fresh_for_two_minutes(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    await known(toggl)
    clock.now += 119
    done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    assert await known(toggl) == {}
    clock.now += 1
    assert len(await known(toggl)) == 1
    assert asked(sandbox) == ["window", "since"]


async def test_what_was_made_changed_moved_and_deleted_elsewhere_shows_after_the_next_sync(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    rows = [done(sandbox, f"2025-10-1{day}T09:00", f"2025-10-1{day}T10:00", str(day)) for day in range(4)]
    await known(toggl)
    clock.now += 121
    sandbox.state.edit_entry(rows[0]["id"], description="Changed")
    sandbox.state.remove_entry(rows[1]["id"])
    sandbox.state.edit_entry(rows[2]["id"], start="2025-01-01T09:00:00+00:00")
    new = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "New", NIGHT_SCHOOL)

    now = await known(toggl)
    assert {key: entry.description for key, entry in now.items()} == {
        rows[0]["id"]: "Changed",
        rows[3]["id"]: "3",
        new["id"]: "New",
    }
    assert asked(sandbox) == ["window", "since"]


async def test_a_change_in_the_same_second_as_the_fetch_is_not_missed(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Before")
    await known(toggl)
    sandbox.state.edit_entry(row["id"], description="After")
    clock.now += 121
    assert (await known(toggl))[row["id"]].description == "After"


async def test_a_clock_that_is_hours_ahead_of_toggls_misses_nothing(
    sandbox: Sandbox, clock: Clock, connection: AsyncClient
) -> None:
    ours = Clock()
    ours.now = clock.now + 6 * 3600
    toggl = Toggl(AUTH, MemoryStore(clock=ours), client=connection)
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Before")
    await known(toggl)
    for step in (clock, ours):
        step.now += 600
    sandbox.state.edit_entry(row["id"], description="After")
    assert (await known(toggl))[row["id"]].description == "After"


async def test_a_log_that_was_not_looked_at_for_eighty_days_is_fetched_again(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    await known(toggl)
    clock.now += 78 * DAY
    await known(toggl)
    clock.now += 81 * DAY
    await known(toggl)
    assert asked(sandbox) == ["window", "since", "window"]


async def test_what_begins_to_lie_too_far_back_is_let_go(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    done(sandbox, "2025-10-01T09:00", "2025-10-01T10:00")
    clock.now = at("2025-12-20T09:00")
    assert len(await known(toggl)) == 1
    clock.now = at("2025-12-29T10:00")
    assert await known(toggl) == {}


async def test_a_window_that_toggl_has_cut_is_asked_for_in_halves(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    now = int(clock.now)
    rows = [sandbox.state.add_entry(HARBOUR_STUDIO, now - 4000 * back, stop=now) for back in range(1, 1401)]
    assert (await known(toggl)).keys() == {row["id"] for row in rows}
    assert set(asked(sandbox)) == {"window"}

    clock.now += 121
    for row in rows[:1000]:
        sandbox.state.edit_entry(row["id"], description="Changed")
    assert len(await known(toggl)) == 1400
    assert asked(sandbox)[:2] == ["since", "window"]


async def test_the_last_log_stands_in_when_toggl_is_down(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    await known(toggl)
    sandbox.fault = lambda _: Fault("refused")
    clock.now += 3600
    reading = await toggl.entry_cache.read()
    assert (reading.source, len(reading.collection.items)) == ("stale", 1)


async def test_colleagues_entries_are_not_in_it(toggl: Toggl, sandbox: Sandbox) -> None:
    done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", user_id=7_301_002)
    assert await known(toggl) == {}


async def test_a_project_that_is_deleted_and_a_tag_that_is_renamed_show_in_it_at_once(
    toggl: Toggl, sandbox: Sandbox
) -> None:
    row = done(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=201_500_302, tags=["design"])
    await known(toggl)
    await toggl.projects(HARBOUR_STUDIO).delete(201_500_302)
    assert (await known(toggl))[row["id"]].project_id is None
    await toggl.tags(HARBOUR_STUDIO).delete(17_300_301)
    assert (await known(toggl))[row["id"]].tags == []
