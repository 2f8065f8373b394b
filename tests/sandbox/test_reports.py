"""Reports of a workspace's time entries."""

import json
import math
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.diary import add_entry, running
from tests.sandbox.reports import BASE, CHECKOUT, DESIGN, ME, SEARCH, TANE, WEB_SHOP, WEEK, Row, add_week
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Fault, Sandbox
from toggl_mcp.sandbox.app import REPORTS

pytestmark = pytest.mark.anyio

DOCUMENTED = json.loads((Path(__file__).parents[1] / "contract" / "reports-v3.json").read_text(encoding="utf-8"))


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    sandbox.state.entries = {}
    return sandbox


@pytest.fixture
def week(sandbox: Sandbox) -> list[Row]:
    return add_week(sandbox)


async def search(toggl: httpx.AsyncClient, **fields: Any) -> list[Row]:  # noqa: ANN401 - fields of a body
    response = await toggl.post(SEARCH, json=WEEK | fields)
    assert response.status_code == 200
    return response.json()


def test_reports_served_are_documented() -> None:
    # Toggl documents a path for files of several kinds, of which this one is served.
    assert REPORTS.keys() == {operation.replace("{extension}", "csv") for operation in DOCUMENTED["operations"]}


async def test_search_report_row_matches_recorded_rows_in_user_time_zone(
    toggl: httpx.AsyncClient, week: list[Row]
) -> None:
    rows = await search(toggl)
    assert rows[0] == {
        "user_id": ME,
        "username": "Marama Quayle",
        "project_id": WEB_SHOP,
        "task_id": CHECKOUT,
        "billable": True,
        "description": "a first",
        "tag_ids": [DESIGN],
        "billable_amount_in_cents": 19_000,
        "hourly_rate_in_cents": 9500,
        "currency": "NZD",
        "time_entries": [
            {
                "id": week[0]["id"],
                "seconds": 7200,
                "start": "2025-10-01T00:00:00+13:00",
                "stop": "2025-10-01T02:00:00+13:00",
                "at": "2025-10-09T08:53:20+00:00",
                "at_tz": "2025-10-09T21:53:20+13:00",
            }
        ],
        "row_number": 1,
    }
    assert [row["row_number"] for row in rows] == [1, 2, 3]
    assert rows[1]["username"] == "Tāne Whitlock"


async def test_search_report_enriched_adds_names(toggl: httpx.AsyncClient, week: list[Row]) -> None:
    first, _, last = await search(toggl, enrich_response=True)
    plain = (await search(toggl))[0]
    assert {field: value for field, value in first.items() if field not in plain} == {
        "client_name": "Aroha Bakery",
        "project_name": "Web shop",
        "project_color": "0",
        "project_hex": "#0b83d9",
        "task_name": "Checkout",
        "tag_names": ["design"],
        "email": "7301001@harbour-studio.example",
    }
    assert (last["project_name"], last["tag_names"], last["time_entries"][0]["id"]) == (None, [], week[2]["id"])


async def test_search_report_dst_night_has_two_offsets(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-09-27T23:30", "2025-09-28T05:00", "Night")
    (row,) = await search(toggl, start_date="2025-09-27", end_date="2025-09-27")
    (times,) = row["time_entries"]
    assert (times["start"], times["stop"]) == ("2025-09-27T23:30:00+12:00", "2025-09-28T05:00:00+13:00")
    assert times["seconds"] == 4.5 * 3600


async def test_search_report_amounts_use_project_then_workspace_rate(
    toggl: httpx.AsyncClient, sandbox: Sandbox, week: list[Row]
) -> None:
    sandbox.state.edit_entry(week[1]["id"], billable=True)
    rows = await search(toggl)
    assert [row["hourly_rate_in_cents"] for row in rows] == [9500, 8000, None]
    assert [row["billable_amount_in_cents"] for row in rows] == [19_000, 8000, None]
    assert {row["billable_amount_in_cents"] for row in await search(toggl, hide_amounts=True)} == {None}


async def test_search_report_free_plan_has_no_amounts(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-01T09:00", "2025-10-01T10:00", workspace=NIGHT_SCHOOL, billable=True)
    (row,) = (await toggl.post(f"{BASE}/{NIGHT_SCHOOL}/search/time_entries", json=WEEK)).json()
    assert (row["billable_amount_in_cents"], row["hourly_rate_in_cents"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({}, "abc"),
        ({"start_date": "2025-10-02", "end_date": "2025-10-08"}, "b"),
        ({"start_date": "2025-10-09", "end_date": "2025-10-09"}, "c"),
        ({"start_date": "2025-10-10", "end_date": "2025-10-10"}, ""),
        ({"start_date": "2025-10-02", "end_date": "2025-10-08", "user_ids": [], "tag_ids": []}, "b"),
        ({"user_ids": [TANE]}, "b"),
        ({"project_ids": [WEB_SHOP, None]}, "ac"),
        ({"project_ids": [None]}, "c"),
        ({"client_ids": [64_890_301]}, "a"),
        ({"client_ids": [None]}, "bc"),
        ({"task_ids": [CHECKOUT]}, "a"),
        ({"task_ids": [None]}, "bc"),
        ({"tag_ids": [DESIGN]}, "a"),
        ({"tag_ids": [None]}, "bc"),
        ({"description": "LAST"}, "c"),
        ({"billable": True}, "a"),
        ({"billable": False}, "bc"),
        ({"min_duration_seconds": 3600}, "ab"),
        ({"max_duration_seconds": 3600}, "bc"),
        ({"order_dir": "DESC"}, "cba"),
        ({"order_by": "duration"}, "cba"),
        ({"order_by": "user"}, "acb"),
        ({"order_by": "description", "order_dir": "DESC"}, "cba"),
        ({"order_by": "last_update"}, "abc"),
    ],
)
@pytest.mark.usefixtures("week")
async def test_search_report_query_filters_and_sorts(toggl: httpx.AsyncClient, fields: Row, rows: str) -> None:
    assert "".join(row["description"][0] for row in await search(toggl, **fields)) == rows
    assert WEEK.keys() | fields.keys() <= DOCUMENTED["models"]["detailed.Post"].keys()


async def test_search_report_omits_running_and_deleted_keeps_zero_duration(
    toggl: httpx.AsyncClient, sandbox: Sandbox, week: list[Row]
) -> None:
    running(sandbox, "2025-10-09T21:00", "Now")
    sandbox.state.remove_entry(week[0]["id"])
    sandbox.state.edit_entry(week[1]["id"], stop=None, duration=0)
    rows = await search(toggl)
    assert [row["description"] for row in rows] == ["b theirs", "c Last"]
    assert rows[0]["time_entries"][0]["stop"] == rows[0]["time_entries"][0]["start"]


async def test_search_report_no_match_returns_empty_list(toggl: httpx.AsyncClient) -> None:
    assert await search(toggl) == []


async def test_search_report_headers_hold_the_next_cursor(toggl: httpx.AsyncClient, week: list[Row]) -> None:
    first = await toggl.post(SEARCH, json=WEEK | {"page_size": 2})
    assert (first.headers["X-Next-Row-Number"], first.headers["X-Next-ID"]) == ("3", str(week[2]["id"]))
    assert (first.headers["X-Next-Timestamp"], first.headers["X-Page-Size"]) == ("1760007540", "2")
    for cursor in ({"first_row_number": 3}, {"first_id": week[2]["id"]}):
        last = await toggl.post(SEARCH, json=WEEK | {"page_size": 2} | cursor)
        assert [(row["row_number"], row["description"]) for row in last.json()] == [(3, "c Last")]
        assert not {"x-next-row-number", "x-next-id", "x-next-timestamp"} & last.headers.keys()


async def test_search_report_row_number_with_id_follows_behaviors(
    toggl: httpx.AsyncClient, sandbox: Sandbox, week: list[Row]
) -> None:
    cursor = {"first_row_number": 2, "first_id": week[1]["id"]}
    assert await search(toggl, **cursor) == []
    sandbox.behaviors = Behaviors(row_and_id_find_nothing=False)
    assert [row["row_number"] for row in await search(toggl, **cursor)] == [2, 3]


async def test_search_report_page_size_defaults_to_50_up_to_200(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for number in range(210):
        add_entry(sandbox, "2025-10-01T09:00", "2025-10-01T10:00", str(number))
    assert [len(await search(toggl, **fields)) for fields in ({}, {"page_size": 201})] == [50, 200]
    sandbox.behaviors = Behaviors(longest_report_page=60)
    assert len(await search(toggl, page_size=100)) == 60


async def test_search_report_range_may_span_365_days(toggl: httpx.AsyncClient) -> None:
    assert await search(toggl, start_date="2024-10-10", end_date="2025-10-09") == []


async def test_search_report_foreign_workspace_returns_403(toggl: httpx.AsyncClient) -> None:
    response = await toggl.post(f"{BASE}/1/search/time_entries", json=WEEK)
    assert (response.status_code, response.json()) == (403, "workspace not found/accessible")


async def test_search_report_is_charged_to_the_organization_and_can_fail(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    response = await toggl.post(SEARCH, json=WEEK)
    assert (sandbox.calls[-1].path, sandbox.calls[-1].bucket) == (
        SEARCH.removeprefix("http://toggl.sandbox"),
        3_901_001,
    )
    assert response.headers["X-Toggl-Quota-Remaining"] == "599"
    sandbox.quota.spend(HARBOUR_STUDIO)
    assert (await toggl.post(SEARCH, json=WEEK)).status_code == 402
    assert (await toggl.post(SEARCH, json=WEEK, auth=("f" * 32, "api_token"))).status_code == 403
    sandbox.fault = lambda _: Fault("502 before")
    assert (await toggl.post(SEARCH, json=WEEK)).status_code == 502


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [
        ({}, 75),
        ({"rounding": 0}, 60),
        ({"rounding": -1}, 60),
        ({"rounding_minutes": 0}, 61),
        ({"rounding": 0, "rounding_minutes": 0}, 61),
        ({"rounding": 0, "rounding_minutes": 6}, 60),
        ({"rounding_minutes": 6}, 66),
    ],
)
async def test_search_and_summary_report_round_by_the_request_then_by_preference(
    toggl: httpx.AsyncClient, sandbox: Sandbox, fields: Row, minutes: int
) -> None:
    sandbox.behaviors = Behaviors(report_rounding_minutes=15)
    for hour in (9, 11, 13):
        add_entry(
            sandbox, f"2025-10-01T{hour:02}:00", f"2025-10-01T{hour + 1:02}:01", project_id=WEB_SHOP, billable=True
        )
    rows = await search(toggl, **fields)
    (group,) = (await toggl.post(f"{BASE}/{HARBOUR_STUDIO}/summary/time_entries", json=WEEK | fields)).json()["groups"]
    assert [row["time_entries"][0]["seconds"] for row in rows] == [60 * minutes] * 3
    assert {row["billable_amount_in_cents"] for row in rows} == {math.ceil(9500 * minutes / 60)}
    assert sum(part["seconds"] for part in group["sub_groups"]) == 180 * minutes


@pytest.mark.parametrize("fields", [{"rounding": 2}, {"rounding_minutes": 7}])
@pytest.mark.usefixtures("week")
async def test_search_report_unknown_rounding_is_refused(toggl: httpx.AsyncClient, fields: Row) -> None:
    response = await toggl.post(SEARCH, json=WEEK | fields)
    assert (response.status_code, response.json()[:17]) == (400, "Invalid 'rounding")


@pytest.mark.parametrize("field", ["min_duration_seconds", "max_duration_seconds"])
async def test_search_report_audit_filter_below_premium_is_refused_or_ignored(
    toggl: httpx.AsyncClient, sandbox: Sandbox, field: str
) -> None:
    add_entry(sandbox, "2025-10-01T09:00", "2025-10-01T10:00", workspace=NIGHT_SCHOOL)
    path, body = f"{BASE}/{NIGHT_SCHOOL}/search/time_entries", WEEK | {field: 1 if field.startswith("max") else 9000}
    refusal = await toggl.post(path, json=body)
    sandbox.behaviors = Behaviors(audit_filters_below_premium="ignored")
    assert (refusal.status_code, refusal.json()) == (402, "Workspace needs to have this feature enabled")
    assert len((await toggl.post(path, json=body)).json()) == 1
