"""What only reports know: older entries, a whole team's, and what was earned."""

import pytest

from tests.sandbox.clock import Clock
from tests.totals.cases import BROCHURE, IN_SPRING, KILN, TANE, WEB_SHOP, Case, Entry, open_case
from tests.totals.comparison import check_case, reference_for, total_of
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL

pytestmark = pytest.mark.anyio

AMOUNT_CASES = {
    "two billable hours at the project's 95 and one at the workspace's 80 are 270, and the others earn nothing": (
        Case(
            IN_SPRING,
            {"period": "this_week", "amounts": True},
            (
                Entry("2025-10-07T09:00+13:00", "2025-10-07T11:00+13:00", WEB_SHOP, billable=True),
                Entry("2025-10-07T12:00+13:00", "2025-10-07T13:00+13:00", BROCHURE, billable=True),
                Entry("2025-10-07T14:00+13:00", "2025-10-07T18:00+13:00", BROCHURE),
            ),
        ),
        {"NZD": 270.0},
    ),
    "six times a minute at 95 an hour are 9.50 together, though each is shown as 1.59": (
        Case(
            IN_SPRING,
            {"period": "this_week", "amounts": True},
            tuple(
                Entry(f"2025-10-07T09:{2 * n:02}+13:00", f"2025-10-07T09:{2 * n + 1:02}+13:00", WEB_SHOP, billable=True)
                for n in range(6)
            ),
        ),
        {"NZD": 9.5},
    ),
    "half of an entry over midnight earns half of what it earns": (
        Case(
            IN_SPRING,
            {"start": "2025-10-07", "end": "2025-10-07", "amounts": True},
            (Entry("2025-10-06T23:00+13:00", "2025-10-07T01:00+13:00", BROCHURE, billable=True),),
        ),
        {"NZD": 80.0},
    ),
    "a free workspace and a running timer are in no report's amounts": (
        Case(
            IN_SPRING,
            {"period": "this_week", "amounts": True},
            (
                Entry("2025-10-07T19:00+13:00", "2025-10-07T20:00+13:00", KILN, space=NIGHT_SCHOOL, billable=True),
                Entry("2025-10-09T23:10+13:00", project=WEB_SHOP, billable=True, runs=True),
            ),
        ),
        None,
    ),
    "a colleague's hour is counted among the team's amounts": (
        Case(
            IN_SPRING,
            {"period": "this_week", "amounts": True, "user": "all"},
            (
                Entry("2025-10-07T09:00+13:00", "2025-10-07T10:00+13:00", WEB_SHOP, billable=True),
                Entry("2025-10-07T09:00+13:00", "2025-10-07T10:00+13:00", WEB_SHOP, billable=True, user=TANE),
            ),
        ),
        {"NZD": 190.0},
    ),
}


@pytest.mark.parametrize(("case", "amounts"), AMOUNT_CASES.values(), ids=AMOUNT_CASES.keys())
async def test_summarize_time_amounts_match_worked_example(
    case: Case, amounts: dict[str, float] | None, clock: Clock
) -> None:
    assert (await check_case(case, clock))["total"].get("amounts") == amounts


@pytest.mark.parametrize("period", ["last_week", "last_month", "this_quarter"])
@pytest.mark.parametrize("team", [False, True])
async def test_summarize_time_amounts_match_rates_to_the_cent(period: str, clock: Clock, *, team: bool) -> None:
    case = Case(IN_SPRING, {"period": period, "amounts": True, "user": "all" if team else "", "group_by": ["project"]})

    async with open_case(case, clock) as (host, sandbox):
        now = clock.now
        result = await host.call("summarize_time", **case.args)
        expected = reference_for(case, sandbox, now)

    sum_of_groups = sum(group.get("amounts", {}).get("NZD", 0.0) for group in result["groups"])
    assert total_of(result) == expected.total
    assert result["total"]["amounts"] == {"NZD": pytest.approx(expected.amounts["NZD"], abs=0.0051)}
    assert sum_of_groups == pytest.approx(result["total"]["amounts"]["NZD"], abs=0.005 * len(result["groups"]) + 0.005)


async def test_summarize_time_older_than_cache_costs_two_reports_per_workspace(clock: Clock) -> None:
    case = Case(IN_SPRING, {"start": "2025-06-20", "end": "2025-06-20"})

    async with open_case(case, clock) as (host, sandbox):
        await host.call("summarize_time", **case.args)
        repeat = await host.call("summarize_time", **case.args, group_by=["project"])
        reports = [call.path for call in sandbox.calls if call.path.startswith("/reports")]

    assert reports == [
        f"/reports/api/v3/workspace/{workspace}/search/time_entries"
        for workspace in (HARBOUR_STUDIO, HARBOUR_STUDIO, NIGHT_SCHOOL, NIGHT_SCHOOL)
    ]
    assert repeat["source"] == "cache"


async def test_summarize_time_across_cache_horizon_counts_each_entry_once(clock: Clock) -> None:
    days = ("2025-07-10", "2025-07-11", "2025-07-12", "2025-07-13", "2025-07-14")
    entries = tuple(Entry(f"{day}T{hour:02}:00Z", f"{day}T{hour:02}:30Z") for day in days for hour in range(24))
    case = Case(IN_SPRING, {"period": "this_year", "group_by": ["day"]}, entries)

    result = await check_case(case, clock)

    assert total_of(result) == (len(days) * 24 * 1800, len(days) * 24)


async def test_summarize_time_team_with_running_timer_is_incomplete(clock: Clock) -> None:
    case = Case(IN_SPRING, {"period": "today", "user": "all"})

    result = await check_case(case, clock)

    assert result["complete"] is False
    assert "still running" in result["incomplete_reason"]


@pytest.mark.parametrize(
    ("first", "last"), [("2005-12-31", "2025-10-09"), ("2025-10-09", "2030-01-02"), ("0001-01-01", "9999-12-31")]
)
async def test_summarize_time_range_outside_toggl_is_refused_without_reading_entries(
    first: str, last: str, clock: Clock
) -> None:
    case = Case(IN_SPRING, {"start": first, "end": last})

    async with open_case(case, clock) as (host, sandbox):
        result = await host.fail("summarize_time", **case.args)

    assert result["code"] == "invalid_arguments"
    assert {call.path for call in sandbox.calls} <= {"/me"}
