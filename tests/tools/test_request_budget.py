"""A day of work, as an assistant books it, counted in requests."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from mcp import Client

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.host import Host, Result, serve
from toggl_mcp.sandbox import Sandbox

MORNING = 1_760_038_200.0  # 08:30 on Friday, 10 October 2025, in Auckland.
HOUR = 3600
PAUSE = 6
"""Seconds from one call to the next at the end of the day: eighteen calls are over within two minutes."""
CALENDAR = [
    ("Call with Europe", "Web shop", "meeting", "2025-10-10T04:40"),
    ("Labels", "Bread labels", "design", "2025-10-10T05:00"),
    ("Print proofs", "Season brochure", "design", "2025-10-10T05:20"),
    ("Phone calls", "Studio upkeep", "meeting", "2025-10-10T05:40"),
    ("Menu", "Carte d'été", "réunion", "2025-10-10T06:00"),
    ("Booth", "Messestand", "on site", "2025-10-10T06:20"),
    ("Reader", "Te reo reader", "design", "2025-10-10T06:40"),
    ("Logo", "港のロゴ", "design", "2025-10-10T07:00"),
    ("Basket", "Web shop", "to be invoiced", "2025-10-10T07:20"),
    ("Tidying", "Studio upkeep", "on site", "2025-10-10T07:40"),
]


class Step(NamedTuple):
    """A call, what it writes, and what a server without a cache has to ask before it can answer."""

    tool: str
    arguments: dict[str, Any]
    writes: int
    lookups: int


START = Step("start_timer", {"description": "Shop", "project": "Web shop", "tags": ["design"]}, 1, 1)
STOP = Step("stop_timer", {}, 1, 1)


def evening_steps(ids: list[int]) -> list[Step]:
    """Return the end of the day.

    Lookups without a cache are one for each project or client that is given by name, one for the timer that is to be
    stopped, and three for a list or a total: its entries, and the names of their projects and of their clients.
    """
    creations = [
        Step(
            "create_time_entries",
            {
                "entries": [
                    {"description": description, "project": project, "tags": [tag], "start": start, "duration": 1200}
                ]
            },
            writes=1,
            lookups=1,
        )
        for description, project, tag, start in CALENDAR
    ]
    return [
        *creations,
        Step("edit_time_entries", {"ids": ids, "project": "Bread labels", "tags": ["design"]}, 1, 1),
        Step("summarize_time", {"period": "today", "group_by": ["project"]}, 0, 3),
        Step("summarize_time", {"period": "this_week", "group_by": ["client"]}, 0, 3),
        Step("summarize_time", {"period": "this_month", "group_by": ["day", "client"]}, 0, 3),
        Step("list_time_entries", {"period": "today"}, 0, 3),
        Step("list_time_entries", {"period": "yesterday"}, 0, 3),
        Step("create_client", {"name": "Rātā Nursery"}, 1, 0),
        Step("create_project", {"name": "Seed packets", "client": "Rātā Nursery"}, 1, 1),
    ]


@pytest.fixture
async def office(clock: Clock) -> AsyncIterator[tuple[Host, Sandbox]]:
    """A studio whose timer does not run yet, on the morning of a day."""
    clock.now = MORNING
    sandbox = Sandbox(clock=clock)
    running = next(
        row
        for row in sandbox.state.entries.values()
        if row["duration"] < 0 and row["user_id"] == sandbox.state.me["id"]
    )
    sandbox.state.stop_entry(running["id"])
    async with Client(serve(sandbox, clock)) as client:
        yield Host(client), sandbox


def find_ids_to_edit(sandbox: Sandbox) -> list[int]:
    """Return the ids of the twenty entries before the day in the workspace that the user works in."""
    state = sandbox.state
    recent = [
        row
        for row in state.entries.values()
        if row["user_id"] == state.me["id"]
        and row["workspace_id"] == state.me["default_workspace_id"]
        and row["server_deleted_at"] is None
        and row["start"] < "2025-10-09T12"
    ]
    return [row["id"] for row in sorted(recent, key=lambda row: row["start"])[-20:]]


async def run_steps(steps: list[Step], host: Host, clock: Clock) -> list[Result]:
    """Return what each call answers, a few seconds after the one before."""
    results: list[Result] = []
    for step in steps:
        results.append(await host.call(step.tool, **step.arguments))
        clock.now += PAUSE
    return results


async def run_working_day(host: Host, sandbox: Sandbox, clock: Clock) -> list[Result]:
    start_results = await run_steps([START], host, clock)
    clock.now += 8 * HOUR
    stop_results = await run_steps([STOP], host, clock)
    evening_began = clock.now
    evening_results = await run_steps(evening_steps(find_ids_to_edit(sandbox)), host, clock)
    assert clock.now - evening_began <= 120
    return [*start_results, *stop_results, *evening_results]


@pytest.mark.anyio
@pytest.mark.promise("day")
async def test_request_budget_of_a_day_with_15_writes_is_6_reads_more(
    office: tuple[Host, Sandbox], clock: Clock
) -> None:
    host, sandbox = office
    await run_working_day(host, sandbox, clock)

    reads = [call.path for call in sandbox.calls if call.method == "GET"]
    assert len(sandbox.calls) == 15 + len(reads)
    assert reads == [
        "/me",
        "/me/time_entries",
        "/me",  # Whether the time zone has changed.
        "/me/time_entries",  # Eight hours later: what has changed since.
        "/workspaces/4102001/clients",  # What there is before something new is made, so that it is made once.
        "/workspaces/4102001/projects",
    ]
    check_figures("day", requests=len(sandbox.calls), writes=len(sandbox.calls) - len(reads))


@pytest.mark.anyio
async def test_request_budget_of_a_day_loses_no_entry_at_toggl_or_in_totals(
    office: tuple[Host, Sandbox], clock: Clock
) -> None:
    host, sandbox = office
    ids = find_ids_to_edit(sandbox)
    *_, edit_result, today, _, _, list_result, _, client, project = await run_working_day(host, sandbox, clock)

    rows = sandbox.state.entries
    shop = next(row for row in rows.values() if row["description"] == "Shop")
    descriptions = {description for description, *_ in CALENDAR}
    assert shop["duration"] == 8 * HOUR + PAUSE
    assert descriptions <= {row["description"] for row in rows.values()}
    assert edit_result["edited_ids"] == ids
    assert {(rows[key]["project_id"], *rows[key]["tags"]) for key in ids} == {(201500301, "design")}
    assert today["total"]["entries"] == list_result["total"]
    assert project["project"]["client_id"] == client["client"]["id"]


def test_request_budget_of_a_day_without_a_cache_is_44_requests() -> None:
    """Who one is and which tags there are is left out: a server may know the former, and not look at the latter."""
    steps = [START, STOP, *evening_steps([])]

    assert sum(step.writes for step in steps) == 15
    assert sum(step.writes + step.lookups for step in steps) == 44
