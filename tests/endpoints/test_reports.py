"""Which reports are kept: one for each state of the entries that it is about."""

from datetime import date

import pytest

from tests.api.support import serve_response
from tests.endpoints.support import AUTH
from tests.sandbox.clock import Clock
from tests.sandbox.diary import at
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.time_entry_query import EntryQuery
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.period import DateRange, make_calendar
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio

TUESDAY = date(2025, 10, 14)


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


@pytest.mark.parametrize("number", ["0", "1e3", "-5", "9" * 10, "9" * 5000])
async def test_fetch_entries_next_row_number_out_of_bounds_is_unreachable(number: str) -> None:
    row = '{"user_id":1,"time_entries":[{"id":1,"seconds":60,"start":"2025-10-14T09:00:00Z"}]}'
    days = DateRange(make_calendar("UTC", 1), TUESDAY, TUESDAY)
    query = EntryQuery(days, [HARBOUR_STUDIO], None, from_reports=True, refresh=False, all_workspaces=False)
    async with serve_response(f"[{row}]", headers={"X-Next-Row-Number": number}) as toggl:
        with pytest.raises(Unreachable, match="before its last row"):
            await toggl.entry_source.fetch(query)
