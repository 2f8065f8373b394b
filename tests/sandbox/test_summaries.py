"""Summaries of a workspace's time entries, and what no report is made of."""

from typing import Any

import httpx
import pytest

from tests.sandbox.reports import CHECKOUT, ME, SEARCH, SUMMARY, TANE, UPKEEP, WEB_SHOP, WEEK, Row, add_week
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def week(sandbox: Sandbox) -> list[Row]:
    sandbox.state.entries = {}
    return add_week(sandbox)


async def fetch_groups(toggl: httpx.AsyncClient, **fields: Any) -> list[Row]:  # noqa: ANN401 - fields of a body
    return (await toggl.post(SUMMARY, json=WEEK | fields)).json()["groups"]


@pytest.mark.usefixtures("week")
async def test_summary_report_no_entries_has_no_groups(toggl: httpx.AsyncClient) -> None:
    assert await fetch_groups(toggl, project_ids=[1]) == []


async def test_summary_report_sums_seconds_by_group(toggl: httpx.AsyncClient, week: list[Row]) -> None:
    groups = await fetch_groups(toggl)
    parts = [(group["id"], *list(part.values())[:3]) for group in groups for part in group["sub_groups"]]
    assert parts == [
        (WEB_SHOP, None, "a first", 7200),
        (UPKEEP, None, "b theirs", 3600),
        (None, None, "c Last", week[2]["duration"]),
    ]


@pytest.mark.usefixtures("week")
async def test_summary_report_rows_have_the_recorded_keys_and_a_wall_clock_with_a_false_zone(
    toggl: httpx.AsyncClient,
) -> None:
    response = await toggl.post(SUMMARY, json=WEEK | {"client_ids": [64_890_301]})
    assert response.text == (
        f'{{"groups":[{{"id":{WEB_SHOP},"sub_groups":[{{"id":null,"title":"a first","seconds":7200,'
        '"local_start":"2025-10-01T00:00:00Z","project_color":"0","project_hex_color":"#0b83d9","ForExport":false,'
        '"DistinguishRates":false,"Grouping":"projects","SubGrouping":"time_entries"}],'
        '"project_color":"0","project_hex_color":"#0b83d9"}]}'
    )
    assert (response.headers["X-Grouping"], response.headers["X-Sub-Grouping"]) == ("projects", "time_entries")


@pytest.mark.parametrize(
    ("grouping", "sub_grouping", "expected"),
    [
        ("projects", "users", {(WEB_SHOP, ME), (UPKEEP, TANE), (None, ME)}),
        ("users", "projects", {(ME, WEB_SHOP), (ME, None), (TANE, UPKEEP)}),
        ("clients", "tasks", {(64_890_301, CHECKOUT), (None, None)}),
        ("users", "clients", {(ME, 64_890_301), (ME, None), (TANE, None)}),
    ],
)
@pytest.mark.usefixtures("week")
async def test_summary_report_groups_and_sub_groups(
    toggl: httpx.AsyncClient, grouping: str, sub_grouping: str, expected: set[tuple[int | None, int | None]]
) -> None:
    groups = await fetch_groups(toggl, grouping=grouping, sub_grouping=sub_grouping)
    assert {(group["id"], sub_group["id"]) for group in groups for sub_group in group["sub_groups"]} == expected


@pytest.mark.parametrize("report", [SEARCH, SUMMARY])
@pytest.mark.parametrize(
    ("fields", "range_"),
    [
        ({"start_date": "2025-10-01", "end_date": "2025-10-02"}, ("2025-10-01", "2025-10-02")),
        ({"start_date": "2025-10-01"}, ("2025-10-01", "2025-10-07")),
    ],
)
async def test_reports_headers_hold_the_range_which_is_a_week_without_an_end(
    toggl: httpx.AsyncClient, report: str, fields: Row, range_: tuple[str, str]
) -> None:
    response = await toggl.post(report, json=fields)
    assert response.status_code == 200
    assert (response.headers["X-Range-Start"], response.headers["X-Range-End"]) == range_


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", "At least one parameter must be set"),
        ("{}", "At least one parameter must be set"),
        ("{", "JSON is not valid"),
        ('{"start_date": "2024-10-09", "end_date": "2025-10-09"}', "Maximum allowed date range is 365 days"),
        (
            '{"start_date": "2030-01-01", "end_date": "2030-01-02"}',
            "end_date should be within 2006-01-01 to 2030-01-01",
        ),
        ('{"start_date": "2025-10-09", "end_date": "9 October"}', "Invalid end_date"),
        ('{"description": "x"}', "Invalid start_date"),
        ('{"description": 7}', 'Unexpected "description" type number, offset=17'),
    ],
)
async def test_reports_invalid_body_is_refused(toggl: httpx.AsyncClient, body: str, text: str) -> None:
    for report in (SEARCH, SUMMARY):
        response = await toggl.post(report, content=body)
        assert (response.status_code, response.json()) == (400, text)


@pytest.mark.parametrize(
    ("report", "fields", "text"),
    [
        (SEARCH, {"order_by": "mood"}, "'order_by' value, allowed values are: 'date, user, duration, "),
        (SEARCH, {"order_dir": "UP"}, "'order_dir' value, allowed values are: 'ASC, DESC'"),
        (SEARCH, {"page_size": 0}, "page_size"),
        (SUMMARY, {"grouping": "time_entries"}, "'grouping' value, allowed values are: 'clients, projects, users'"),
        (SUMMARY, {"sub_grouping": "mood"}, "'sub_grouping' value, allowed values are: 'clients, projects, users, "),
    ],
)
async def test_reports_unknown_value_is_refused(toggl: httpx.AsyncClient, report: str, fields: Row, text: str) -> None:
    response = await toggl.post(report, json=WEEK | fields)
    assert response.status_code == 400
    assert response.json().startswith(f"Invalid {text}")
