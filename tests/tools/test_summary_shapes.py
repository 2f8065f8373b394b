"""Totals as people ask for them: rounded, compared, averaged, page by page, and as a table."""

from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from tests.tools.host import Host, Result
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, BROCHURE = 201_500_302, 201_500_304
WEEK = {"period": "this_week"}


@pytest.fixture
def work(sandbox: Sandbox, six_in_the_evening: None) -> None:  # noqa: ARG001 - it empties the diary first
    """Monday and Tuesday of this week, and Monday to Wednesday of the one before."""
    shop: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}
    add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T09:50", **shop)
    add_entry(sandbox, "2025-10-13T10:00", "2025-10-13T10:20", **shop)
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T09:10", project_id=BROCHURE)
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00", workspace=NIGHT_SCHOOL)
    add_entry(sandbox, "2025-10-06T09:00", "2025-10-06T10:00", **shop)
    add_entry(sandbox, "2025-10-07T09:00", "2025-10-07T12:00", description="Talk")
    add_entry(sandbox, "2025-10-08T09:00", "2025-10-08T17:00", **shop)


def minutes_by_group(result: Result, field: str = "seconds") -> dict[str, float]:
    return {"/".join(group["by"].values()): group[field] / 60 for group in result["groups"]}


DAILY = "up 15m per day of a project"


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("rounding", "text", "total", "groups"),
    [
        ("up 15m per entry", "up 15m per entry", 165, {"Web shop": 90, "(no project)": 60, "Season brochure": 15}),
        ("UP to 15 min", "up 15m per entry", 165, {"Web shop": 90, "(no project)": 60, "Season brochure": 15}),
        (
            "up to the next quarter of an hour",
            "up 15m per entry",
            165,
            {"Web shop": 90, "(no project)": 60, "Season brochure": 15},
        ),
        (
            "up to 15 minutes a day",
            "up 15m per day of a project",
            150,
            {"Web shop": 75, "(no project)": 60, "Season brochure": 15},
        ),
        (
            "up 15m daily",
            "up 15m per day of a project",
            150,
            {"Web shop": 75, "(no project)": 60, "Season brochure": 15},
        ),
        (
            "to the nearest quarter hour",
            "nearest 15m per entry",
            135,
            {"Web shop": 60, "(no project)": 60, "Season brochure": 15},
        ),
        (
            "up to a full hour per total",
            "up 60m per total",
            180,
            {"Web shop": 120, "(no project)": 60, "Season brochure": 60},
        ),
        (
            "up 15m per day",
            "up 15m per day of a project",
            150,
            {"Web shop": 75, "(no project)": 60, "Season brochure": 15},
        ),
        ("down 0:15 each entry", "down 15m per entry", 120, {"Web shop": 60, "(no project)": 60, "Season brochure": 0}),
        (
            "nearest 20m per entry",
            "nearest 20m per entry",
            160,
            {"Web shop": 80, "(no project)": 60, "Season brochure": 20},
        ),
        ("up 4h per total", "up 240m per total", 240, {"Web shop": 240, "(no project)": 240, "Season brochure": 240}),
        ("down 1m", "down 1m per entry", 140, {"Web shop": 70, "(no project)": 60, "Season brochure": 10}),
    ],
)
async def test_summarize_time_rounding_stands_beside_exact_time(
    host: Host, rounding: str, text: str, total: int, groups: dict[str, int]
) -> None:
    result = await host.call("summarize_time", **WEEK, rounding=rounding, group_by=["project"])

    assert result["rounding"] == text
    assert (result["total"]["seconds"], result["total"]["rounded_seconds"]) == (140 * 60, total * 60)
    assert result["total"]["rounded_hours"] == round(total / 60, 2)
    assert minutes_by_group(result) == {"Web shop": 70, "(no project)": 60, "Season brochure": 10}
    assert minutes_by_group(result, "rounded_seconds") == groups


@pytest.mark.parametrize("rounding", ["15m", "up", "up 15", "up 241m", "up 30s", "sideways 15m", "up 15m per year"])
async def test_summarize_time_unclear_rounding_is_refused(host: Host, rounding: str) -> None:
    error = await host.fail("summarize_time", rounding=rounding)

    assert (error["code"], error["message"].startswith("rounding: ")) == ("invalid_arguments", True)


async def test_summarize_time_rounded_days_of_an_entry_over_midnight_add_up_to_the_rounded_entry(
    host: Host, sandbox: Sandbox
) -> None:
    add_entry(sandbox, "2025-10-13T23:50", "2025-10-14T00:20")
    result = await host.call("summarize_time", **WEEK, rounding="up 1h", group_by=["day"])

    assert result["total"]["rounded_seconds"] == 3600
    assert minutes_by_group(result, "rounded_seconds") == {"2025-10-13": 20, "2025-10-14": 40}


@pytest.mark.usefixtures("work")
async def test_summarize_time_shares_average_and_billable_time_name_their_whole(host: Host) -> None:
    result = await host.call("summarize_time", **WEEK, group_by=["workspace"])

    assert {group["by"]["workspace"]: group["share"] for group in result["groups"]} == {
        "Harbour Studio": 57.1,
        "Night School": 42.9,
    }
    assert result["average"] == {"seconds": 70 * 60, "days": 2}
    assert result["total"]["billable_seconds"] == 70 * 60
    assert "average" not in await host.call("summarize_time", period="today")


@pytest.mark.usefixtures("work")
async def test_summarize_time_amounts_have_the_rate_of_each_group(host: Host) -> None:
    result = await host.call("summarize_time", **WEEK, group_by=["project"], amounts=True)
    shop = next(group for group in result["groups"] if group["by"] == {"project": "Web shop"})

    assert (shop["amounts"], shop["rates"], shop["billable_seconds"]) == ({"NZD": 110.83}, {"NZD": 95.0}, 4200)


@pytest.mark.usefixtures("work")
async def test_summarize_time_compares_the_week_so_far_with_the_same_weekdays(host: Host) -> None:
    result = await host.call("summarize_time", **WEEK, compare="previous", group_by=["project"])
    previous = result["previous"]

    assert (previous["first_day"], previous["last_day"]) == ("2025-10-06", "2025-10-07")
    assert (previous["seconds"], previous["change_seconds"]) == (4 * 3600, (140 - 240) * 60)
    assert minutes_by_group(result, "previous_seconds") == {"Web shop": 60, "(no project)": 180, "Season brochure": 0}
    assert (result["first_day"], result["last_day"]) == ("2025-10-13", "2025-10-19")


@pytest.mark.parametrize(
    ("period", "until", "hours"),
    [
        ("this_week", "2025-10-07T18:00:00", 4.0),
        ("today", "2025-10-13T18:00:00", 2.0),
        ("last 7 days", "2025-10-07T18:00:00", 4.0),
        ("yesterday", None, 0.0),
        ("last_week", None, 0.0),
    ],
)
async def test_summarize_time_compares_a_day_that_is_not_over_up_to_the_same_time(
    host: Host, sandbox: Sandbox, period: str, until: str | None, hours: float
) -> None:
    shop: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}
    add_entry(sandbox, "2025-10-06T20:00", "2025-10-06T21:00", **shop)
    add_entry(sandbox, "2025-10-07T16:00", "2025-10-07T20:00", **shop)
    add_entry(sandbox, "2025-10-07T15:00", "2025-10-07T16:00", **shop)
    add_entry(sandbox, "2025-10-07T21:00", "2025-10-07T22:00", "Late", **shop)
    add_entry(sandbox, "2025-10-07T18:00", "2025-10-07T18:00", "Late", **shop)
    add_entry(sandbox, "2025-10-13T17:00", "2025-10-13T19:00", **shop)
    add_entry(sandbox, "2025-10-13T08:00", "2025-10-13T09:00", **shop)

    result = await host.call(
        "summarize_time", period=period, compare="previous", amounts=True, group_by=["description"]
    )
    previous = result["previous"]

    assert (previous.get("until"), previous["hours"]) == (until, hours)
    assert previous.get("amounts", {}).get("NZD", 0) == 95 * hours
    assert until is None or "Late" not in minutes_by_group(result)


@pytest.mark.usefixtures("work")
async def test_summarize_time_compared_groups_include_those_of_the_days_before_alone(host: Host) -> None:
    result = await host.call("summarize_time", **WEEK, compare="previous", group_by=["description"])

    assert minutes_by_group(result, "previous_seconds") == {"(no description)": 60, "Talk": 180}
    assert minutes_by_group(result) == {"(no description)": 140, "Talk": 0}


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("last_week", "2025-09-29", "2025-10-05"),
        ("last_month", "2025-08-01", "2025-08-31"),
        ("this_month", "2025-09-01", "2025-09-14"),
        ("Q3", "2025-04-01", "2025-06-30"),
        ("last 14 days", "2025-09-17", "2025-09-30"),
        ("today", "2025-10-13", "2025-10-13"),
        ("2025-10-20 to 2025-10-26", "2025-10-13", "2025-10-19"),
    ],
)
async def test_summarize_time_compares_with_days_like_those_of_the_period(
    host: Host, period: str, first: str, last: str
) -> None:
    previous = (await host.call("summarize_time", period=period, compare="previous"))["previous"]

    assert (previous["first_day"], previous["last_day"]) == (first, last)


async def test_summarize_time_in_a_longer_month_compares_with_all_of_the_month_before(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    clock.now = at("2026-03-30T12:00")
    add_entry(sandbox, "2026-02-28T09:00", "2026-02-28T10:00")
    previous = (await host.call("summarize_time", period="this_month", compare="previous"))["previous"]

    assert (previous["first_day"], previous["last_day"], previous["seconds"]) == ("2026-02-01", "2026-02-28", 3600)


async def test_summarize_time_first_days_of_toggl_have_none_to_compare_with(host: Host) -> None:
    error = await host.fail("summarize_time", period="2006-01", compare="previous")

    assert error["message"].startswith("compare: Toggl has no days before 2006-01-01")


async def test_summarize_time_remaining_groups_are_one_row_and_follow_by_cursor(host: Host, sandbox: Sandbox) -> None:
    for number in range(5):
        add_entry(sandbox, f"2025-10-14T0{number}:00", f"2025-10-14T0{number}:{10 + number}", f"Work {number}")
    first = await host.call("summarize_time", group_by=["description"], limit=2)
    add_entry(sandbox, "2025-10-14T12:00", "2025-10-14T12:01", "Later")
    second = await host.call("summarize_time", group_by=["description"], limit=2, cursor=first["next_cursor"])
    third = await host.call("summarize_time", group_by=["description"], limit=2, cursor=second["next_cursor"])

    assert first["remaining"] == {"groups": 3, "seconds": 33 * 60, "hours": 0.55, "entries": 3}
    assert [[*minutes_by_group(page)] for page in (first, second, third)] == [
        ["Work 4", "Work 3"],
        ["Work 2", "Work 1"],
        ["Work 0"],
    ]
    assert "next_cursor" not in third


async def test_summarize_time_cursor_of_other_arguments_is_refused(host: Host, sandbox: Sandbox) -> None:
    for number in range(2):
        add_entry(sandbox, f"2025-10-14T0{number}:00", f"2025-10-14T0{number}:30", f"Work {number}")
    first = await host.call("summarize_time", group_by=["description"], limit=1)
    error = await host.fail("summarize_time", group_by=["project"], limit=1, cursor=first["next_cursor"])

    assert "Repeat the other arguments of that call" in error["message"]


async def test_summarize_time_by_two_groups_is_a_table_where_that_is_shorter(host: Host, sandbox: Sandbox) -> None:
    for day in (13, 14):
        add_entry(sandbox, f"2025-10-{day}T09:00", f"2025-10-{day}T10:00", project_id=WEB_SHOP)
        add_entry(sandbox, f"2025-10-{day}T10:00", f"2025-10-{day}T10:{day}", project_id=BROCHURE)
    add_entry(sandbox, "2025-10-14T15:00", "2025-10-14T17:00")
    table = await host.call("summarize_time", **WEEK, group_by=["project", "day"])
    rows = await host.call("summarize_time", **WEEK, group_by=["description", "day"])
    sparse = await host.call("summarize_time", **WEEK, group_by=["project", "day"], rounding="up 6m")

    assert table["columns"] == ["2025-10-13", "2025-10-14"]
    assert {group["by"]["project"]: group["cells"] for group in table["groups"]} == {
        "Web shop": [3600, 3600],
        "(no project)": [0, 7200],
        "Season brochure": [780, 840],
    }
    assert rows["columns"] == ["2025-10-13", "2025-10-14"]
    assert "columns" not in sparse
    assert len(sparse["groups"]) == 5


@pytest.mark.usefixtures("work")
async def test_summarize_time_by_weekday_is_in_the_order_of_the_week(host: Host) -> None:
    result = await host.call("summarize_time", period="last 14 days", group_by=["weekday"])

    assert minutes_by_group(result) == {"Monday": 130, "Tuesday": 250, "Wednesday": 480}


@pytest.mark.usefixtures("work")
async def test_summarize_time_empty_days_are_rows_on_request(host: Host) -> None:
    week = {"period": "last_week", "group_by": ["day"]}
    result = await host.call("summarize_time", **week, include_empty=True)
    so_far = await host.call("summarize_time", **WEEK, group_by=["day"], include_empty=True)
    refusal = await host.fail("summarize_time", include_empty=True, group_by=["project"])

    assert minutes_by_group(result) == {
        "2025-10-06": 60,
        "2025-10-07": 180,
        "2025-10-08": 480,
        **{f"2025-10-{day:02}": 0 for day in range(9, 13)},
    }
    assert len((await host.call("summarize_time", **week))["groups"]) == 3
    assert [*minutes_by_group(so_far)] == ["2025-10-13", "2025-10-14"]
    assert "include_empty: needs group_by" in refusal["message"]


async def test_summarize_time_of_two_workspaces_of_one_name_has_their_ids(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.workspaces[NIGHT_SCHOOL]["name"] = "Harbour Studio"
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    result = await host.call("summarize_time", group_by=["workspace"])

    assert [*minutes_by_group(result)] == [f"Harbour Studio ({HARBOUR_STUDIO})"]


@pytest.mark.usefixtures("work")
async def test_summarize_time_warm_comparison_sends_no_request(host: Host) -> None:
    await host.call("summarize_time", period="today", group_by=["project"])
    result = await host.call(
        "summarize_time", **WEEK, compare="previous", rounding="up 15m", group_by=["project", "weekday"]
    )

    assert result["requests"] == 0
