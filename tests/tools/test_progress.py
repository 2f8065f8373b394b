"""Progress: what a host that wants to know is told while a call reads page after page."""

from typing import Any

import pytest
from mcp import Client

from tests.http.support import serve as serve_http
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

Report = tuple[float, float | None, str | None]


async def call_and_listen(host: Host, tool: str, **arguments: Any) -> list[Report]:  # noqa: ANN401 - of a tool
    """Return what a host is told during a call that succeeds."""
    reports: list[Report] = []

    async def keep(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, total, message))

    result = await host.client.call_tool(tool, arguments, progress_callback=keep)
    assert not result.is_error, result.content
    return reports


def add_projects(sandbox: Sandbox, count: int) -> None:
    for number in range(count):
        sandbox.state.add_project(HARBOUR_STUDIO, f"Project {number}")


@each_era
async def test_list_projects_of_many_pages_reports_progress(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    count = len([row for row in sandbox.state.projects.values() if row["workspace_id"] == HARBOUR_STUDIO])
    add_projects(sandbox, 650 - count)
    async with Client(serve(sandbox, clock), mode=era) as client:
        cold = await call_and_listen(Host(client), "list_projects")
        warm = await call_and_listen(Host(client), "list_projects")

    assert cold == [(1, None, "400 rows are read"), (2, None, "600 rows are read"), (3, None, "650 rows are read")]
    assert warm == []


async def test_list_projects_of_one_page_reports_nothing(host: Host) -> None:
    assert await call_and_listen(host, "list_projects") == []


async def test_summarize_time_of_several_years_reports_progress(host: Host, sandbox: Sandbox) -> None:
    for year in (2023, 2024, 2025):
        add_entry(sandbox, f"{year}-03-03T09:00", f"{year}-03-03T10:00")

    reports = await call_and_listen(host, "summarize_time", start="2022-10-15", end="2025-06-30")

    assert [progress for progress, _, _ in reports] == [*range(1, len(reports) + 1)]
    assert reports[-1][2] == "3 rows are read"


async def test_create_time_entries_after_many_pages_reports_progress_that_rises(host: Host, sandbox: Sandbox) -> None:
    for number in range(1100):
        start = sandbox.state.now() - 86_400 - number * 60
        sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 60)
    entries = [{"start": f"2025-10-14T0{hour}:00", "duration": "1h"} for hour in (1, 2)]

    reports = await call_and_listen(host, "create_time_entries", entries=entries)

    assert [report[:2] for report in reports] == [(1, None), (2, 3), (3, 3)]


async def test_list_projects_of_many_pages_by_http_answers_whoever_wants_progress(
    sandbox: Sandbox, clock: Clock
) -> None:
    add_projects(sandbox, 500)
    async with serve_http(sandbox, clock) as web, web.connect() as host:
        await call_and_listen(host, "list_projects")
