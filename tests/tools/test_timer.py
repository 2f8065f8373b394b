"""Starting, stopping and looking at the timer."""

from datetime import datetime

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, running, timers
from tests.tools.host import Host
from toggl_mcp.sandbox import NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nine_in_the_morning")]

WEB_SHOP = 201_500_302


async def test_start_timer_resolves_names(host: Host, sandbox: Sandbox) -> None:
    result = await host.call("start_timer", description="Checkout", project="web SHOP", tags=["Design"], billable=True)

    assert result["entry"] == {
        "id": result["entry"]["id"],
        "workspace_id": 4_102_001,
        "start": "2025-10-14T09:00:00+13:00",
        "seconds": 0,
        "description": "Checkout",
        "project": "Web shop",
        "client": "Aroha Bakery",
        "tags": ["design"],
        "billable": True,
    }
    assert "stopped_entry" not in result
    row = sandbox.state.entries[result["entry"]["id"]]
    assert (row["project_id"], row["tags"], row["duration"] < 0) == (WEB_SHOP, ["design"], True)


@pytest.mark.parametrize(
    ("arguments", "billable"),
    [
        ({"project": "Web shop"}, True),
        ({"task": "Checkout"}, True),
        ({"project": "Web shop", "billable": False}, False),
        ({"project": "Studio upkeep"}, False),
        ({}, False),
    ],
)
async def test_start_timer_is_billable_as_its_project(
    host: Host, sandbox: Sandbox, arguments: dict[str, object], *, billable: bool
) -> None:
    result = await host.call("start_timer", **arguments)

    assert sandbox.state.entries[result["entry"]["id"]]["billable"] is billable


async def test_start_timer_costs_three_requests_cold_and_one_warm(host: Host, sandbox: Sandbox) -> None:
    await host.call("start_timer", project="Web shop")
    assert [f"{call.method} {call.path}" for call in sandbox.calls] == [
        "GET /me",
        "GET /me/time_entries",
        "POST /workspaces/4102001/time_entries",
    ]
    await host.call("stop_timer")
    sandbox.calls.clear()
    await host.call("start_timer", project="Bread labels", tags=["meeting"])
    assert [call.method for call in sandbox.calls] == ["POST"]


async def test_start_timer_returns_the_stopped_entry(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    first = await host.call("start_timer", description="First")
    clock.now += 1800
    second = await host.call("start_timer", description="Second")

    assert second["stopped_entry"] == {"id": first["entry"]["id"], "description": "First", "seconds": 1800}
    assert timers(sandbox) == ["Second"]


async def test_start_timer_stops_the_timer_of_another_workspace(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T08:00", "Lesson", NIGHT_SCHOOL)
    result = await host.call("start_timer", description="Studio")

    assert (result["stopped_entry"]["description"], result["stopped_entry"]["seconds"]) == ("Lesson", 3600)


async def test_start_timer_misspelt_project_suggests_a_name_and_starts_nothing(host: Host, sandbox: Sandbox) -> None:
    error = await host.fail("start_timer", project="Web shopp")

    assert error["code"] == "not_found"
    assert "“Web shop” (201500302)" in error["message"]
    assert not sandbox.state.entries


async def test_start_timer_creates_missing_tags_only_on_request(host: Host, sandbox: Sandbox) -> None:
    error = await host.fail("start_timer", tags=["dezign"])
    assert (error["code"], "“design”" in error["message"]) == ("not_found", True)
    assert len(sandbox.state.tags) == 8

    result = await host.call("start_timer", tags=["dezign", "design"], create_missing_tags=True)
    assert result["entry"]["tags"] == ["dezign", "design"]
    assert [row["name"] for row in sandbox.state.tags.values()].count("dezign") == 1


async def test_start_timer_accepts_an_id_as_number_or_text(host: Host) -> None:
    for project in (WEB_SHOP, str(WEB_SHOP)):
        assert (await host.call("start_timer", project=project))["entry"]["project"] == "Web shop"


async def test_start_timer_past_start_is_allowed_unless_it_overlaps(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T08:30", "Breakfast")
    error = await host.fail("start_timer", start="2025-10-14T08:15")
    assert (error["code"], "“Breakfast”" in error["message"]) == ("overlap", True)

    assert (await host.call("start_timer", start="2025-10-14T08:30"))["entry"]["seconds"] == 1800


async def test_start_timer_warns_of_what_may_not_be_meant(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.edit_project(201_500_401, billable=True)  # In a workspace whose plan has no billable time.
    billable = await host.call("start_timer", project="Web shop", task="Product photos", billable=False)
    sandbox.state.edit_project(WEB_SHOP, active=False)
    archived = await host.call("edit_time_entries", ids=[billable["entry"]["id"]], billable=True, clear=["task"])
    refreshed = await host.call("list_projects", refresh=True, status="archived")
    timer = await host.call("get_timer")
    usual = await host.call("start_timer", project="Studio upkeep")
    free = await host.call("start_timer", workspace=NIGHT_SCHOOL, project="Kiln course")

    assert [text[:24] for text in billable["warnings"]] == ["Task “Product photos” is", "Project “Web shop” is bi"]
    assert "warnings" not in archived
    assert "Web shop" in [project["name"] for project in refreshed["projects"]]
    assert [text[:27] for text in timer["warnings"]] == ["Project “Web shop” is archi"]
    assert "warnings" not in usual
    assert "warnings" not in free


async def test_start_timer_lost_response_is_reconciled(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" else None
    result = await host.call("start_timer", description="Once", project="Web shop")

    assert result["entry"]["description"] == "Once"
    assert timers(sandbox) == ["Once"]
    assert [call.method for call in sandbox.calls].count("POST") == 1


async def test_stop_timer_stops_the_timer_of_another_workspace(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T07:30", "Lesson", NIGHT_SCHOOL)
    result = await host.call("stop_timer")

    assert (result["entry"]["workspace_id"], result["entry"]["seconds"]) == (NIGHT_SCHOOL, 5400)
    assert result["entry"]["stop"] == "2025-10-14T09:00:00+13:00"
    assert timers(sandbox) == []


async def test_stop_timer_stopped_in_the_web_app_returns_the_entry(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    result = await host.call("start_timer", description="Once")
    clock.now += 60
    sandbox.state.stop_entry(result["entry"]["id"], clock.now)

    assert (await host.call("stop_timer"))["entry"]["seconds"] == 60


async def test_stop_timer_without_a_timer_is_not_found_after_a_read(host: Host, sandbox: Sandbox) -> None:
    await host.call("get_timer")
    sandbox.calls.clear()
    error = await host.fail("stop_timer")

    assert (error["code"], "start_timer" in error["message"]) == ("not_found", True)
    assert [call.path for call in sandbox.calls if call.path != "/me"] == ["/me/time_entries"]


async def test_stop_timer_started_in_the_web_app_is_stopped_despite_a_fresh_cache(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("get_timer")
    clock.now += 30
    running(sandbox, "2025-10-14T09:00", "Elsewhere")

    assert (await host.call("stop_timer"))["entry"]["description"] == "Elsewhere"


async def test_get_timer_returns_the_elapsed_seconds(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    assert (await host.call("get_timer"))["running"] is False
    clock.now += 121
    running(sandbox, "2025-10-14T08:00", "Elsewhere")
    result = await host.call("get_timer")

    assert (result["running"], result["source"], result["entry"]["seconds"]) == (True, "toggl", 3721)
    assert "stop" not in result["entry"]


async def test_get_timer_sums_today_over_workspaces_with_the_running_timer(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-13T23:00", "2025-10-14T00:30", "Kiln", NIGHT_SCHOOL)
    add_entry(sandbox, "2025-10-14T07:00", "2025-10-14T08:00", "Bread")
    running(sandbox, "2025-10-14T08:45", "Rolls")

    assert (await host.call("get_timer"))["today_seconds"] == 1800 + 3600 + 900


async def test_get_timer_costs_one_request_in_two_minutes(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    for _ in range(5):
        await host.call("get_timer")
        clock.now += 30
    assert [call.path for call in sandbox.calls] == ["/me", "/me/time_entries", "/me/time_entries"]


async def test_get_timer_names_weekday_and_zone_of_now(host: Host) -> None:
    now = (await host.call("get_timer"))["now"]

    assert now.partition(" ")[0].endswith("day")
    assert now.endswith(" Pacific/Auckland")
    assert (await host.call("get_account"))["now"] == now


async def test_get_timer_is_stale_while_toggl_is_unreachable(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("start_timer", description="Offline")
    sandbox.fault = lambda _: Fault("refused")
    clock.now += 3600
    result = await host.call("get_timer")

    assert (result["source"], result["running"], result["entry"]["seconds"]) == ("stale", True, 3600)
    assert (await host.fail("get_timer", refresh=True))["code"] == "unreachable"


async def test_stop_timer_at_an_earlier_time_ends_the_entry_then(host: Host, sandbox: Sandbox) -> None:
    row = running(sandbox, "2025-10-14T07:00", "Forgotten")
    result = await host.call("stop_timer", stop="08:15")

    assert (result["entry"]["stop"], result["entry"]["seconds"]) == ("2025-10-14T08:15:00+13:00", 4500)
    assert (row["duration"], timers(sandbox)) == (4500, [])


async def test_stop_timer_discard_deletes_the_entry_and_returns_it(host: Host, sandbox: Sandbox) -> None:
    row = running(sandbox, "2025-10-14T07:00", "Mistake")
    result = await host.call("stop_timer", discard=True)

    assert (result["entry"]["id"], result["entry"]["description"]) == (row["id"], "Mistake")
    assert result["warnings"] == ["The entry is deleted. undo brings it back."]
    assert row["server_deleted_at"] is not None
    assert (await host.call("get_timer"))["running"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"stop": "06:59"},
            "the timer's start, 2025-10-14T07:00:00, and now, 2025-10-14T09:00:00.",
        ),
        ({"stop": "09:01"}, "stop: must be between"),
        ({"stop": "08:00", "discard": True}, "discard deletes the entry; omit stop, or omit discard"),
    ],
)
async def test_stop_timer_impossible_end_is_refused(
    host: Host, sandbox: Sandbox, arguments: dict[str, object], message: str
) -> None:
    running(sandbox, "2025-10-14T07:00")
    error = await host.fail("stop_timer", **arguments)

    assert (error["code"], message in error["message"]) == ("invalid_arguments", True)
    assert len(timers(sandbox)) == 1


@pytest.mark.parametrize("arguments", [{"stop": "08:00"}, {"discard": True}])
async def test_stop_timer_without_a_running_timer_is_not_found(host: Host, arguments: dict[str, object]) -> None:
    assert (await host.fail("stop_timer", **arguments))["code"] == "not_found"


async def test_stop_timer_at_a_time_of_day_is_in_the_night_after_the_start(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-13T22:00", "Late")
    result = await host.call("stop_timer", stop="23:30")

    assert result["entry"]["stop"] == "2025-10-13T23:30:00+13:00"


async def test_get_timer_counts_of_a_planned_entry_what_is_over(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T08:30", "2025-10-14T12:00", "Some of it")
    add_entry(sandbox, "2025-10-14T20:00", "2025-10-14T21:00", "Planned")
    now = datetime.fromisoformat((await host.call("get_timer"))["now"].split()[1])
    expected = (now - now.replace(hour=8, minute=30, second=0)).total_seconds()

    assert (await host.call("get_timer"))["today_seconds"] == expected < 4 * 3600
