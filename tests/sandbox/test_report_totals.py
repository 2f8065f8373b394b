"""Reports of sums alone: of everything, of a week, and of projects."""

import httpx
import pytest

from tests.sandbox.diary import add_entry
from tests.sandbox.reports import BASE, ME, SEARCH, TANE, UPKEEP, WEB_SHOP, WEEK, Row, add_week
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

TOTALS = f"{SEARCH}/totals"
WEEKLY = f"{BASE}/{HARBOUR_STUDIO}/weekly/time_entries"
PROJECTS = f"{BASE}/{HARBOUR_STUDIO}/projects"


@pytest.fixture
def week(sandbox: Sandbox) -> list[Row]:
    sandbox.state.entries = {}
    return add_week(sandbox)


@pytest.mark.usefixtures("week")
async def test_totals_report_sums_time_and_money(toggl: httpx.AsyncClient) -> None:
    response = await toggl.post(TOTALS, json=WEEK)
    assert response.json() == {
        "seconds": 7200 + 3600 + 1860,
        "tracked_days": 3,
        "rates": [{"billable_seconds": 7200, "hourly_rate_in_cents": 9500, "currency": "NZD"}],
        "billable_amount_in_cents": 19_000,
        "labour_cost_in_cents": None,
        "resolution": "day",
    }
    assert response.headers["X-Range-End"] == WEEK["end_date"]


async def test_totals_report_free_plan_has_no_money(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.state.entries = {}
    add_entry(sandbox, "2025-10-01T09:00", "2025-10-01T10:00", workspace=NIGHT_SCHOOL, billable=True)
    totals = (await toggl.post(f"{BASE}/{NIGHT_SCHOOL}/search/time_entries/totals", json=WEEK)).json()
    assert (totals["seconds"], totals["rates"], totals["billable_amount_in_cents"]) == (3600, None, None)


@pytest.mark.parametrize(
    ("granularity", "seconds"),
    [
        ("day", [7200, 3600, 0, 0, 0, 0, 0, 0, 1860]),
        ("week", [10_800, 1860]),
        ("month", [12_660]),
    ],
)
@pytest.mark.usefixtures("week")
async def test_totals_report_graph_has_a_point_for_each_step(
    toggl: httpx.AsyncClient, granularity: str, seconds: list[int]
) -> None:
    totals = (await toggl.post(TOTALS, json=WEEK | {"granularity": granularity, "with_graph": True})).json()
    assert [point["seconds"] for point in totals["graph"]] == seconds
    assert totals["resolution"] == granularity
    assert totals["graph"][0]["by_rate"] == {"9500": 7200}
    assert sum(point["billable_amount_in_cents"] or 0 for point in totals["graph"]) == 19_000


async def test_totals_report_unknown_granularity_is_refused(toggl: httpx.AsyncClient) -> None:
    response = await toggl.post(TOTALS, json=WEEK | {"granularity": "year"})
    assert response.status_code == 400
    assert response.json() == "Invalid 'granularity' value, allowed values are: 'day, week, month'"


@pytest.mark.usefixtures("week")
async def test_weekly_report_has_seven_days_for_each_user_and_project(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(WEEKLY, json={"start_date": "2025-10-01"})).json() == [
        {"user_id": ME, "project_id": WEB_SHOP, "seconds": [7200, 0, 0, 0, 0, 0, 0]},
        {"user_id": TANE, "project_id": UPKEEP, "seconds": [0, 3600, 0, 0, 0, 0, 0]},
    ]
    assert (await toggl.post(WEEKLY, json={"start_date": "2025-11-01"})).text == "[]"
    beyond = (await toggl.post(WEEKLY, json=WEEK)).json()
    assert [row["project_id"] for row in beyond] == [WEB_SHOP, UPKEEP]


@pytest.mark.usefixtures("week")
async def test_project_summary_sums_one_project(toggl: httpx.AsyncClient) -> None:
    totals = (await toggl.post(f"{PROJECTS}/{UPKEEP}/summary", json=WEEK)).json()
    assert (totals["seconds"], totals["tracked_days"], totals["rates"]) == (3600, 1, None)


@pytest.mark.parametrize(
    ("project_id", "body", "status", "text"),
    [
        (1, WEEK, 403, "project not found or not accessible"),
        (UPKEEP, {"end_date": "2025-10-09"}, 400, "The start_date parameter is required"),
    ],
)
async def test_project_summary_refusals(
    toggl: httpx.AsyncClient, project_id: int, body: Row, status: int, text: str
) -> None:
    response = await toggl.post(f"{PROJECTS}/{project_id}/summary", json=body)
    assert (response.status_code, response.json()) == (status, text)


@pytest.mark.usefixtures("week")
async def test_project_summaries_list_users_of_projects(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(f"{PROJECTS}/summary", json=WEEK)).json() == [
        {"user_id": ME, "project_id": WEB_SHOP, "tracked_seconds": 7200, "billable_seconds": 7200},
        {"user_id": TANE, "project_id": UPKEEP, "tracked_seconds": 3600, "billable_seconds": 0},
    ]
