"""What is read over more pages than an hour's quota or a call's time allows is kept, and gone on from."""

import json
from collections.abc import AsyncIterator, Mapping
from math import ceil
from typing import Literal

import anyio
import pytest
from mcp import Client

from tests.endpoints.loop import JUMPING
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Call, Fault, Sandbox

pytestmark = pytest.mark.anyio

MARCH = {"start": "2025-03-01", "end": "2025-03-31"}
ALL_TIME = {"start": "2006-01-01", "end": "2025-10-14"}
TANE = 7_301_002
QUOTA_SPENT = "Toggl's requests for this hour are used up"


class PacedClock(Clock):
    """A clock whose pauses take the caller's time, too."""

    async def sleep(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):  # The loop jumps to that moment.
            await anyio.sleep_forever()
        await super().sleep(seconds)


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


@pytest.fixture
def clock() -> Clock:
    return PacedClock()


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock) -> AsyncIterator[Host]:
    sandbox.state.entries = {}
    async with Client(serve(sandbox, clock)) as client:
        yield Host(client)


def add_minutes(sandbox: Sandbox, count: int, workspace: int = HARBOUR_STUDIO) -> None:
    """Add a recent entry, and so many of a minute each in March, five of them at a time."""
    sandbox.state.add_entry(workspace, sandbox.state.now() - 120, stop=sandbox.state.now() - 60)
    began = at("2025-03-03T09:00")
    for number in range(count):
        start = began + number // 5 * 60
        sandbox.state.add_entry(workspace, start, stop=start + 60)


def count_reports(sandbox: Sandbox) -> int:
    return sum(call.path.startswith("/reports") for call in sandbox.calls)


async def test_summarize_time_of_5100_old_entries_costs_a_request_for_each_200(host: Host, sandbox: Sandbox) -> None:
    add_minutes(sandbox, 5100)
    results = [await host.call("summarize_time", workspace=HARBOUR_STUDIO, **MARCH) for _ in range(2)]

    # The first may end before the last page; the other report is of entries that began before March.
    assert (results[-1]["total"]["hours"], results[-1]["complete"]) == (85.0, True)
    assert count_reports(sandbox) == ceil(5100 / 200) + 1


async def test_summarize_time_beyond_the_time_of_a_call_goes_on_from_the_pages_so_far(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, behaviors=Behaviors(longest_report_page=20))
    sandbox.state.entries = {}
    add_minutes(sandbox, 900)
    async with Client(serve(sandbox, clock)) as client:
        host = Host(client)
        results = [await host.call("summarize_time", workspace=HARBOUR_STUDIO, **MARCH) for _ in range(4)]

    entries = [result["total"]["entries"] for result in results]
    assert [result["complete"] for result in results] == [count == 900 for count in entries]
    assert entries == sorted(entries)
    assert (entries[0] > 400, results[0]["complete"], results[-1]["complete"]) == (True, False, True)
    assert "rows are read and kept, and more are to come" in results[0]["incomplete_reason"]
    assert count_reports(sandbox) == 900 / 20 + 1


async def test_summarize_time_beyond_the_quota_goes_on_after_its_reset(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_minutes(sandbox, 5900, NIGHT_SCHOOL)
    period = MARCH | {"workspace": NIGHT_SCHOOL}
    *_, first = [await host.call("summarize_time", **period) for _ in range(3)]
    clock.now += 3601
    last = await host.call("summarize_time", **period)

    assert first["incomplete_reason"].startswith(f"Night School ({NIGHT_SCHOOL}): 5,400 rows are read and kept")
    assert QUOTA_SPENT in first["incomplete_reason"]
    assert (last["total"]["entries"], last["complete"]) == (5900, True)
    assert count_reports(sandbox) == 5900 / 200 + 1.5


async def test_summarize_time_after_rows_of_former_pages_went_counts_each_row_once(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_minutes(sandbox, 6100, NIGHT_SCHOOL)
    period = MARCH | {"workspace": NIGHT_SCHOOL}
    *_, first = [await host.call("summarize_time", **period) for _ in range(3)]
    for row in sorted(sandbox.state.entries.values(), key=lambda row: row["start"])[:100]:
        del sandbox.state.entries[row["id"]]
    clock.now += 3601
    second = await host.call("summarize_time", **period)
    clock.now += 3601
    last = await host.call("summarize_time", **period)

    assert first["total"]["entries"] < 6000
    assert not second["complete"]
    assert (last["total"]["entries"], last["complete"]) == (6000, True)


def is_page(call: Call, first_row_number: int) -> bool:
    """Tell whether a request is for the page of all entries that begins with this row."""
    is_report = call.path.startswith("/reports") and b'"duration"' not in call.body
    return is_report and json.loads(call.body).get("first_row_number", 1) == first_row_number


async def test_summarize_time_where_each_page_is_of_another_moment_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_minutes(sandbox, 250)
    first = min(sandbox.state.entries.values(), key=lambda row: row["start"])

    def come_and_go(call: Call) -> None:
        if is_page(call, 1):
            sandbox.state.entries[first["id"]] = first
        if is_page(call, 201):
            sandbox.state.entries.pop(first["id"], None)

    sandbox.fault = come_and_go
    result = await host.call("summarize_time", workspace=HARBOUR_STUDIO, **MARCH)

    assert not result["complete"]
    assert "Toggl's list changes while it is read" in result["incomplete_reason"]


async def test_summarize_time_where_no_row_comes_that_was_to_come_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_minutes(sandbox, 250)
    sandbox.fault = lambda call: Fault("garbage before", body="[]") if is_page(call, 201) else None
    result = await host.call("summarize_time", workspace=HARBOUR_STUDIO, **MARCH)

    assert not result["complete"]


async def test_summarize_time_where_the_header_names_the_last_row_reads_no_page_twice(
    host: Host, sandbox: Sandbox
) -> None:
    sandbox.behaviors = Behaviors(report_next_id="last row")
    add_minutes(sandbox, 900)
    result = await host.call("summarize_time", workspace=HARBOUR_STUDIO, **MARCH)

    assert (result["total"]["entries"], result["complete"]) == (900, True)
    assert count_reports(sandbox) == ceil(900 / 200) + 1


async def test_summarize_time_where_the_header_names_the_last_row_goes_on_after_the_quotas_reset(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.behaviors = Behaviors(report_next_id="last row")
    add_minutes(sandbox, 5900, NIGHT_SCHOOL)
    period = MARCH | {"workspace": NIGHT_SCHOOL}
    *_, first = [await host.call("summarize_time", **period) for _ in range(3)]
    clock.now += 3601
    last = await host.call("summarize_time", **period)

    assert not first["complete"]
    assert (last["total"]["entries"], last["complete"]) == (5900, True)


@pytest.mark.parametrize("rejection", [400, 402, 404, 409])
async def test_summarize_time_refused_report_of_long_entries_leaves_the_others(
    host: Host, sandbox: Sandbox, rejection: Literal[400, 402, 404, 409]
) -> None:
    add_minutes(sandbox, 5)
    sandbox.fault = lambda call: Fault("rejected", rejection=rejection) if b'"duration"' in call.body else None
    result = await host.call("summarize_time", workspace=HARBOUR_STUDIO, **MARCH)

    assert (result["total"]["seconds"], result["complete"]) == (300, False)


async def test_summarize_time_refresh_begins_a_report_again(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    add_minutes(sandbox, 5900, NIGHT_SCHOOL)
    period = MARCH | {"workspace": NIGHT_SCHOOL}
    await host.call("summarize_time", **period)
    clock.now += 3601
    for row in sandbox.state.entries.values():
        sandbox.state.edit_entry(row["id"], description="Changed")
    await host.call("summarize_time", **period, refresh=True)
    clock.now += 3601
    result = await host.call("summarize_time", **period, group_by=["description"])

    assert [group["by"]["description"] for group in result["groups"]] == ["Changed"]


async def test_list_projects_beyond_the_quota_goes_on_after_its_reset(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.projects.clear()
    for number in range(6000):
        sandbox.state.add_project(NIGHT_SCHOOL, f"Project {number}")
    *_, error = [await host.fail("list_projects", workspace=NIGHT_SCHOOL) for _ in range(3)]
    clock.now += 3601
    result = await host.call("list_projects", workspace=NIGHT_SCHOOL)

    assert error["message"].startswith("5,400 rows are read and kept, and more are to come: repeat the call")
    assert (result["total"], error["code"]) == (6000, "quota_spent")
    assert [call.path.rpartition("/")[2] for call in sandbox.calls].count("projects") == 6000 / 200 + 1


async def test_summarize_time_of_all_time_reads_no_years_before_an_empty_one(host: Host, sandbox: Sandbox) -> None:
    """The account is 900 days old, and has imported an entry of the year before that."""
    for day in ("2025-10-01", "2024-03-01", "2022-02-01"):
        add_entry(sandbox, f"{day}T09:00", f"{day}T10:00")
    result = await host.call("summarize_time", group_by=["day"], **ALL_TIME)

    assert [group["by"]["day"] for group in result["groups"]] == ["2022-02-01", "2024-03-01", "2025-10-01"]
    assert (result["total"]["hours"], result["complete"]) == (3.0, False)
    assert result["incomplete_reason"].startswith("Imported entries from before 2021-")
    # In the studio four years and an empty one; in the school those of the account, and an empty one before it.
    assert count_reports(sandbox) == 5 + 4


async def test_summarize_time_of_a_team_since_2006_keeps_the_years_that_were_read(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    for workspace in (NIGHT_SCHOOL, HARBOUR_STUDIO):
        add_entry(sandbox, "2006-02-01T09:00", "2006-02-01T10:00", workspace=workspace, user_id=TANE)
    add_minutes(sandbox, 2000, NIGHT_SCHOOL)
    first = await host.call("summarize_time", user="all", start="2006-01-01", end="2025-05-31")
    clock.now += 3601
    second = await host.call("summarize_time", user="all", start="2006-01-01", end="2025-05-31")

    assert (first["complete"], second["complete"], second["total"]["entries"]) == (False, True, 2002)
    # Twenty years of the studio, and the last of them again; nineteen of the school, and the pages of its last.
    assert count_reports(sandbox) == 20 + 1 + 19 + 2000 / 200
