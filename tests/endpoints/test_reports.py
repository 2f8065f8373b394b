"""Which reports are kept: one for each state of the entries that it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import anyio
import pytest

from tests.api.support import serve_response
from tests.cache.redis.server import time_of
from tests.endpoints.support import AUTH, Gate, fault_in_turn
from tests.sandbox.clock import Clock
from tests.sandbox.diary import at
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.reports import ReportQuery, Reports
from toggl_mcp.endpoints.time_entry_query import EntryQuery
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.period import DateRange, make_calendar
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Call, Fault, Sandbox

pytestmark = pytest.mark.anyio

TUESDAY = date(2025, 10, 14)
WEB_SHOP = 201_500_302


async def count_reports(toggl: Toggl, sandbox: Sandbox) -> int:
    """Fetch Tuesday's entries from reports, and return how many pages of reports were requested."""
    sandbox.calls.clear()
    me, _ = await toggl.account.me()
    days = DateRange(make_calendar(me.timezone, me.beginning_of_week), TUESDAY, TUESDAY)
    query = EntryQuery(days, [HARBOUR_STUDIO], me.id, from_reports=True, refresh=False, all_workspaces=False)
    await toggl.entry_source.fetch(query)
    return sum(call.path.startswith("/reports") for call in sandbox.calls)


async def test_fetch_entries_after_a_start_sends_no_report_and_after_a_stop_does(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    toggl = Toggl(AUTH, memory, client=connection)
    assert await count_reports(toggl, sandbox) == 2
    entries = toggl.time_entries(HARBOUR_STUDIO)

    await entries.start(TimeEntryBody(description="New"))
    assert await count_reports(toggl, sandbox) == 0

    clock.now += 60
    await entries.stop_current()
    assert await count_reports(toggl, sandbox) == 1


async def add_hours(toggl: Toggl, start: str, hours: int) -> None:
    """Log hours on the project that `count_hours` counts."""
    moment = datetime.fromtimestamp(at(start), UTC)
    body = TimeEntryBody(start=moment, duration=hours * 3600, project_id=WEB_SHOP)
    await toggl.time_entries(HARBOUR_STUDIO).add(body)


async def count_hours(toggl: Toggl) -> float:
    """Return the hours of Tuesday's report of the project."""
    days = DateRange(make_calendar("Pacific/Auckland", 1), TUESDAY, TUESDAY)
    read = await toggl.team_reports.read_project_days(HARBOUR_STUDIO, WEB_SHOP, days)
    return read.collection.items[WEB_SHOP].seconds[0] / 3600


async def test_read_project_days_after_a_change_from_here_has_it_where_no_entries_are_cached(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    toggl = Toggl(AUTH, memory, client=connection)
    assert await count_hours(toggl) == 0

    await add_hours(toggl, "2025-10-14T09:00", 2)

    assert await count_hours(toggl) == 2


async def test_read_project_days_while_changes_of_another_replica_are_pending_has_what_was_confirmed_before(
    address: RedisAddress, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    stores = [RedisStore(address, clock=clock, decode_time=time_of(clock)) for _ in range(2)]
    here, elsewhere = (Toggl(AUTH, store, client=connection) for store in stores)
    await here.entry_cache.read()

    async def count_hours_during_a_change(start: str) -> float:
        gate, hours = Gate(), 0.0
        sandbox.fault = fault_in_turn("POST", gate.fault)
        async with anyio.create_task_group() as change:
            change.start_soon(add_hours, elsewhere, start, 1)
            await gate.reached.wait()
            sandbox.fault = None
            hours = await count_hours(here)
            gate.open.set()
        return hours

    await count_hours_during_a_change("2025-10-14T08:00")
    await add_hours(here, "2025-10-14T09:00", 2)

    assert await count_hours_during_a_change("2025-10-14T12:00") >= 1 + 2
    for store in stores:
        await store.aclose()


@pytest.mark.parametrize("number", ["0", "1e3", "-5", "9" * 10, "9" * 5000])
async def test_fetch_entries_next_row_number_out_of_bounds_is_unreachable(number: str) -> None:
    row = '{"user_id":1,"time_entries":[{"id":1,"seconds":60,"start":"2025-10-14T09:00:00Z"}]}'
    days = DateRange(make_calendar("UTC", 1), TUESDAY, TUESDAY)
    query = EntryQuery(days, [HARBOUR_STUDIO], None, from_reports=True, refresh=False, all_workspaces=False)
    async with serve_response(f"[{row}]", headers={"X-Next-Row-Number": number}) as toggl:
        with pytest.raises(Unreachable, match="before its last row"):
            await toggl.entry_source.fetch(query)


async def read_march(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock, *, min_seconds: int = 0
) -> tuple[set[int], int]:
    """Return the ids of the entries of March that last so long, and how many pages they took."""
    session = Session(AUTH, MemoryStore(clock=clock), client=connection)
    first, last, user_id = date(2025, 3, 1), date(2025, 3, 31), sandbox.state.me["id"]
    query = ReportQuery(HARBOUR_STUDIO, first, last, user_id, min_seconds=min_seconds)
    read, error = await Reports(session.transport, clock).read_entries(query)
    assert error is None
    return set(read.collection.items), len(sandbox.calls)


def add_march(sandbox: Sandbox, seconds: Sequence[int]) -> list[int]:
    """Add entries of these lengths, an hour apart, and return their ids."""
    sandbox.state.entries = {}
    start = at("2025-03-03T09:00")
    return [
        sandbox.state.add_entry(HARBOUR_STUDIO, start + 3600 * hour, stop=start + 3600 * hour + length)["id"]
        for hour, length in enumerate(seconds)
    ]


async def test_read_entries_long_ones_that_fill_a_page_cost_no_page_twice(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    ids = add_march(sandbox, [3000] * 200 + [60] * 10)
    assert await read_march(connection, sandbox, clock, min_seconds=600) == ({*ids[:200]}, 2)


async def test_read_entries_long_ones_that_toggl_rounds_like_short_ones_are_all_read(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.behaviors = Behaviors(report_rounding_minutes=15, report_rounding_arguments="ignored")
    ids = add_march(sandbox, [60, 840] * 150)
    assert await read_march(connection, sandbox, clock, min_seconds=600) == ({*ids[1::2]}, 2)


async def test_read_entries_of_which_one_goes_before_an_empty_last_page_has_the_others(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    ids = add_march(sandbox, [60] * 201)

    def remove_first(_: Call) -> Fault | None:
        if len(sandbox.calls) == 1:
            sandbox.state.entries.pop(ids[0], None)
        return None

    sandbox.fault = remove_first
    assert await read_march(connection, sandbox, clock) == ({*ids[1:]}, 3)
