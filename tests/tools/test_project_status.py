"""Budgets of projects, as a model sets and reads them."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import pytest
from mcp import Client

from tests.endpoints.support import Gate, fault_in_turn
from tests.sandbox.clock import Clock
from tests.sandbox.diary import AUCKLAND, add_entry
from tests.tools.host import Era, Host, serve
from toggl_mcp.models.time_entries import to_rfc3339
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

AROHA, WEB_SHOP, CARTE, SHOP_SIGN = 64_890_301, 201_500_302, 201_500_308, 201_500_303
TANE = 7_301_002
SUBJECTS = [("project", "Web shop"), ("client", "Aroha Bakery")]
TODAY = datetime(2025, 10, 14, tzinfo=AUCKLAND).date()


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock, era: Era) -> AsyncGenerator[Host]:
    async with Client(serve(sandbox, clock, toolsets="all"), mode=era) as client:
        yield Host(client)


def work_daily(sandbox: Sandbox, first_day_back: int, user_id: int | None = None) -> None:
    """Let somebody work for an hour on each day from so many days ago up to yesterday."""
    for back in range(first_day_back, 0, -1):
        day = TODAY - timedelta(days=back)
        add_entry(sandbox, f"{day}T09:00", f"{day}T10:00", "Shop", project_id=WEB_SHOP, user_id=user_id)


async def test_project_status_of_a_steady_project_has_its_pace_and_its_last_day(host: Host, sandbox: Sandbox) -> None:
    work_daily(sandbox, 40)
    await host.call("list_projects")
    await host.call("list_tasks")
    calls = len(sandbox.calls)

    result = await host.call("project_status", project="web shop")

    (status,) = result["projects"]
    assert (status["estimated_seconds"], status["tracked_seconds"]) == (440 * 3600, 40 * 3600)
    assert status["remaining_seconds"] == 400 * 3600
    assert (status["rate"], status["currency"], status["earned"]) == (95, "NZD", 40 * 95)
    assert result["pace_seconds_per_week"] == 7 * 3600
    assert result["forecast_date"] == (TODAY + timedelta(days=400)).isoformat()
    assert len(sandbox.calls) == calls + 1


async def test_project_status_counts_the_time_of_colleagues(host: Host, sandbox: Sandbox) -> None:
    work_daily(sandbox, 30, user_id=TANE)

    result = await host.call("project_status", project=WEB_SHOP)

    assert result["pace_seconds_per_week"] == 7 * 3600


@pytest.mark.parametrize(("days", "pace"), [(14, 7 * 3600), (13, None), (0, None)])
async def test_project_status_pace_needs_two_weeks_of_data(
    host: Host, sandbox: Sandbox, days: int, pace: int | None
) -> None:
    work_daily(sandbox, days)

    result = await host.call("project_status", project=WEB_SHOP)

    assert result.get("pace_seconds_per_week") == pace
    assert ("forecast_date" in result) is (pace is not None)


async def test_project_status_exceeded_estimate_has_no_forecast(host: Host, sandbox: Sandbox) -> None:
    work_daily(sandbox, 28)
    await host.call("edit_project", project=WEB_SHOP, estimated_hours=10)

    result = await host.call("project_status", project=WEB_SHOP, refresh=True)

    assert result["projects"][0]["remaining_seconds"] == -18 * 3600
    assert "forecast_date" not in result


async def test_project_status_lists_the_estimates_of_tasks(host: Host) -> None:
    result = await host.call("project_status", project=WEB_SHOP)

    assert [(task["name"], task["estimated_seconds"], task["tracked_seconds"]) for task in result["tasks"]] == [
        ("Checkout", 36_000, 5400)
    ]


async def test_project_status_recurring_project_tells_its_period_and_no_remaining_time(host: Host) -> None:
    result = await host.call("project_status", project="Carte d'ete")
    (status,) = result["projects"]

    assert (status["recurring_period"], status["estimated_seconds"]) == ("monthly", 40 * 3600)
    assert "remaining_seconds" not in status
    assert result["warnings"][0].startswith("The estimate of “Carte d'été” is for each period (monthly); tracked")
    listed = await host.call("project_status", client="Café Miró")
    assert listed["warnings"] == result["warnings"]


async def test_project_status_of_a_client_has_its_archived_projects_and_costs_nothing_warm(
    host: Host, sandbox: Sandbox
) -> None:
    await host.call("list_projects")
    calls = len(sandbox.calls)

    result = await host.call("project_status", client="Aroha Bakery")

    assert [(row["name"], row["archived"]) for row in result["projects"]] == [
        ("Bread labels", False),
        ("Shop sign", True),
        ("Web shop", False),
    ]
    assert (result["source"], len(sandbox.calls)) == ("cache", calls)


async def test_project_status_archived_project_has_no_pace(host: Host, sandbox: Sandbox) -> None:
    result = await host.call("project_status", project=SHOP_SIGN)

    assert result["projects"][0]["archived"] is True
    assert not [call for call in sandbox.calls if "reports" in call.path]


async def test_project_status_report_that_fails_leaves_the_rest(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("rejected", rejection=402) if "reports" in call.path else None

    result = await host.call("project_status", project=WEB_SHOP)

    assert result["projects"][0]["estimated_seconds"] == 440 * 3600
    assert result["warnings"][0].startswith("Tasks or pace are missing.")


async def test_project_status_without_a_project_has_each_active_one_for_no_request(
    host: Host, sandbox: Sandbox
) -> None:
    active = [row["name"] for row in (await host.call("list_projects"))["projects"]]
    calls = len(sandbox.calls)

    result = await host.call("project_status")

    assert [row["name"] for row in result["projects"]] == active
    assert {row["archived"] for row in result["projects"]} == {False}
    shop = next(row for row in result["projects"] if row["name"] == "Web shop")
    assert (shop["estimated_seconds"], shop["rate"]) == (440 * 3600, 95)
    assert ("pace_seconds_per_week" in result, len(sandbox.calls)) == (False, calls)
    elsewhere = await host.call("project_status", workspace="Night School")
    assert "Web shop" not in [row["name"] for row in elsewhere["projects"]]


async def test_project_status_project_and_client_are_refused(host: Host) -> None:
    error = await host.fail("project_status", project=WEB_SHOP, client=AROHA)

    assert error["message"] == "give project or client, not both."


BUDGET = {"estimated_hours": 40, "rate": 90.5, "fixed_fee": 1200, "recurring_period": "monthly"}
DATES = {"start_date": "2025-10-01", "end_date": "2025-12-31"}


async def test_create_project_sets_its_budget_and_edit_project_keeps_it(host: Host, sandbox: Sandbox) -> None:
    created = (await host.call("create_project", name="Jetty", **BUDGET, **DATES))["project"]
    edited = (await host.call("edit_project", project="Jetty", end_date="2026-01-31"))["project"]

    assert {field: created[field] for field in BUDGET | DATES} == BUDGET | DATES
    assert {field: edited[field] for field in BUDGET | DATES} == BUDGET | DATES | {"end_date": "2026-01-31"}
    assert sandbox.state.projects[created["id"]]["recurring_parameters"][0]["period"] == "monthly"


@pytest.mark.parametrize("tool", ["create_project", "edit_project"])
async def test_project_budget_on_the_free_plan_is_refused_by_the_names_of_its_fields(
    host: Host, sandbox: Sandbox, tool: str
) -> None:
    reference = {"name": "Jetty"} if tool == "create_project" else {"project": "Kiln course"}

    error = await host.fail(tool, **reference, rate=90, estimated_hours=40, workspace=NIGHT_SCHOOL)

    assert error["code"] == "plan_required"
    assert error["message"].startswith(f"estimated_hours, rate: the plan of workspace {NIGHT_SCHOOL} does not include")
    assert all(row["name"] != "Jetty" for row in sandbox.state.projects.values())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"start_date": "2025-12-31", "end_date": "2025-10-01"}, "end_date: is before start_date"),
        ({"rate": -1}, "rate: should be greater than or equal to 0"),
        ({"recurring_period": "now and then"}, "recurring_period: should be 'weekly', 'monthly'"),
    ],
)
async def test_create_project_invalid_budget_is_refused_without_a_request(
    host: Host, sandbox: Sandbox, fields: dict[str, object], sentence: str
) -> None:
    error = await host.fail("create_project", name="Jetty", workspace=HARBOUR_STUDIO, **fields)

    assert sentence in error["message"]
    assert sandbox.calls == []


@pytest.mark.parametrize("subject", [{"project": "Web shop"}, {"client": "Aroha Bakery"}], ids=["project", "client"])
async def test_project_status_after_an_entry_was_created_here_counts_it(host: Host, subject: dict[str, str]) -> None:
    await host.call("project_status", **subject)
    entry = {"start": "2025-10-14T09:00", "duration": "2h", "project": "Web shop"}
    await host.call("create_time_entries", entries=[entry])

    result = await host.call("project_status", **subject)

    assert {row["name"]: row["tracked_seconds"] for row in result["projects"]}["Web shop"] == 7200


async def test_project_status_after_projects_were_read_amid_a_change_from_here_counts_all_of_it(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_time_entries", period="today")
    gate = Gate()
    sandbox.fault = fault_in_turn("POST", gate.fault)
    entries = [{"start": f"2025-10-14T{hour}:00", "duration": "1h", "project": "Web shop"} for hour in (10, 11)]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(host.call, "create_time_entries", entries=entries))
        await gate.reached.wait()
        clock.now += 1
        await host.call("project_status", client="Aroha Bakery", refresh=True)
        clock.now += 1
        gate.open.set()

    result = await host.call("project_status", client="Aroha Bakery")
    assert {row["name"]: row["tracked_seconds"] for row in result["projects"]}["Web shop"] == 7200


async def test_project_status_after_projects_were_read_before_toggl_made_an_open_change_counts_it(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_time_entries", period="today")
    gate = Gate()
    sandbox.fault = fault_in_turn("POST", Fault("refused", until=gate.fault.until))
    entry = {"start": "2025-10-14T10:00", "duration": "1h", "project": "Web shop"}

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(host.call, "create_time_entries", entries=[entry]))
        await gate.reached.wait()
        clock.now += 1
        await host.call("project_status", client="Aroha Bakery", refresh=True)
        clock.now += 1
        gate.open.set()

    result = await host.call("project_status", client="Aroha Bakery")
    assert {row["name"]: row["tracked_seconds"] for row in result["projects"]}["Web shop"] == 3600


async def test_project_status_tasks_after_an_entry_was_created_here_are_read_again(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("project_status", project=WEB_SHOP)
    clock.now += 1
    await host.create_entry(start="2025-10-14T09:00", duration="1h", project="Web shop", task="Checkout")
    sandbox.state.tasks[80_400_301]["tracked_seconds"] += 3_600_000  # As Toggl counts.

    result = await host.call("project_status", project=WEB_SHOP)

    assert [task["tracked_seconds"] for task in result["tasks"]] == [9000]


async def test_project_status_says_that_a_running_timer_is_not_counted_and_a_planned_entry_is(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP)
    await host.call("start_timer", project="Web shop", start="17:30")
    await host.create_entry(start="tomorrow 9:00", duration="6h", project="Web shop")
    clock.now += 60

    results = [await host.call("project_status", **{kind: name}) for kind, name in SUBJECTS]

    warnings = [
        "Your timer on “Web shop” has run for 31 min so far, which is in no figure here until it stops.",
        "Of your entries on “Web shop” 360 min are still to come, which count as tracked already.",
    ]
    assert [result["warnings"] for result in results] == [warnings] * 2
    assert "warnings" not in await host.call("project_status", project="Bread labels")


async def test_project_status_pace_is_fresh_for_ten_minutes_and_read_again_with_refresh(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    work_daily(sandbox, 28, user_id=TANE)
    await host.call("project_status", project=WEB_SHOP)
    add_entry(sandbox, "2025-10-13T12:00", "2025-10-13T16:00", project_id=WEB_SHOP, user_id=TANE)
    clock.now += 590

    cached = await host.call("project_status", project=WEB_SHOP)
    refreshed = await host.call("project_status", project=WEB_SHOP, refresh=True)

    assert [result["pace_seconds_per_week"] for result in (cached, refreshed)] == [7 * 3600, 8 * 3600]
    assert (cached["requests"], refreshed["source"]) == (0, "toggl")


async def test_project_status_pace_after_an_entry_of_the_project_was_created_here_counts_it(
    host: Host, sandbox: Sandbox
) -> None:
    work_daily(sandbox, 28)
    await host.call("project_status", project=WEB_SHOP)
    await host.create_entry(start="2025-10-13T12:00", duration="4h", project="Web shop")

    result = await host.call("project_status", project=WEB_SHOP)

    assert result["pace_seconds_per_week"] == 8 * 3600


async def test_project_status_pace_after_an_edit_of_the_web_app_was_taken_back_here_is_as_before(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    work_daily(sandbox, 28)
    entry = add_entry(sandbox, "2025-10-13T12:00", "2025-10-13T16:00", project_id=WEB_SHOP)
    await host.call("list_time_entries", period="today")
    clock.now += 1
    entry |= {"project_id": None, "at": to_rfc3339(datetime.fromtimestamp(clock.now, UTC))}
    without = await host.call("project_status", project=WEB_SHOP)
    clock.now += 121
    await host.call("list_time_entries", period="today")

    await host.call("edit_time_entries", ids=[entry["id"]], project="Web shop")

    result = await host.call("project_status", project=WEB_SHOP)
    paces = [status["pace_seconds_per_week"] for status in (without, result)]
    assert paces == [7 * 3600, 8 * 3600]


async def test_project_status_pace_outlives_a_change_of_another_project(host: Host, sandbox: Sandbox) -> None:
    await host.call("list_time_entries", period="today")
    await host.call("project_status", project=WEB_SHOP)
    await host.create_entry(start="2025-10-13T12:00", duration="4h", project="Bread labels")
    count = len(sandbox.calls)

    await host.call("project_status", project=WEB_SHOP)

    assert not [call for call in sandbox.calls[count:] if "reports" in call.path]


async def test_project_status_with_a_stale_pace_is_as_old_as_that(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    work_daily(sandbox, 28)
    before = await host.call("project_status", project=WEB_SHOP)
    clock.now += 601
    sandbox.fault = lambda call: Fault("refused") if "reports" in call.path else None

    result = await host.call("project_status", project=WEB_SHOP)

    assert (result["pace_seconds_per_week"], result["as_of"]) == (7 * 3600, before["as_of"])
