"""A timer that somebody starts, stops and deletes in the web app, or that Toggl does not stop by itself."""

from dataclasses import replace

import pytest

from tests.endpoints.support import fault_in_turn, with_action
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running, timers
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nine_in_the_morning")]


async def test_stop_timer_after_a_stop_in_the_web_app_stops_the_current_timer(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    first = running(sandbox, "2025-10-14T08:00", "First")
    await host.call("get_timer")
    clock.now += 60
    sandbox.state.stop_entry(first["id"], clock.now)
    running(sandbox, "2025-10-14T09:01", "Second", NIGHT_SCHOOL)
    clock.now += 30

    assert (await host.call("stop_timer"))["entry"]["description"] == "Second"
    assert timers(sandbox) == []


async def test_stop_timer_after_a_deletion_in_the_web_app_stops_the_current_timer(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    first = running(sandbox, "2025-10-14T08:00", "First")
    await host.call("get_timer")
    clock.now += 60
    sandbox.state.remove_entry(first["id"])
    running(sandbox, "2025-10-14T09:01", "Second")

    assert (await host.call("stop_timer"))["entry"]["description"] == "Second"


async def test_start_timer_stopped_entry_is_the_one_started_in_the_web_app(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    first = running(sandbox, "2025-10-14T08:00", "First")
    await host.call("get_timer")
    clock.now += 30
    sandbox.state.stop_entry(first["id"], clock.now)
    running(sandbox, "2025-10-14T09:00:30", "Second")
    clock.now += 60
    result = await host.call("start_timer", description="Third")

    assert (result["stopped_entry"]["description"], result["stopped_entry"]["seconds"]) == ("Second", 60)


async def test_start_timer_later_timer_of_the_phone_keeps_running(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    running(sandbox, "2025-10-14T08:00", "First")

    def start_on_the_phone() -> None:
        clock.now += 5
        running(sandbox, "2025-10-14T09:00:05", "Phone")

    sandbox.fault = fault_in_turn("POST", with_action(Fault("slow"), start_on_the_phone))
    result = await host.call("start_timer", description="Second")

    assert result["stopped_entry"]["description"] == "First"
    assert timers(sandbox) == ["Phone"]


async def test_stop_timer_later_timer_of_the_phone_keeps_running(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    running(sandbox, "2025-10-14T08:00", "First")
    await host.call("get_timer")
    clock.now += 30

    def start_on_the_phone() -> None:
        clock.now += 5
        running(sandbox, "2025-10-14T09:00:35", "Phone")

    sandbox.fault = fault_in_turn("GET", with_action(Fault("slow"), start_on_the_phone))
    result = await host.call("stop_timer")

    assert result["entry"]["description"] == "First"
    assert timers(sandbox) == ["Phone"]


async def test_start_timer_after_stop_timer_has_no_stopped_entry(host: Host, clock: Clock) -> None:
    await host.call("start_timer", description="First")
    clock.now += 600
    await host.call("stop_timer")
    clock.now += 30

    assert "stopped_entry" not in await host.call("start_timer", description="Second")


async def test_stop_timer_works_on_a_spent_user_quota(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("start_timer", description="First")
    clock.now += 600
    sandbox.quota.spend(None)
    result = await host.call("start_timer", description="Second")
    clock.now += 600

    assert (result["stopped_entry"]["description"], result["stopped_entry"]["seconds"]) == ("First", 600)
    assert (await host.call("stop_timer"))["entry"]["description"] == "Second"


@pytest.mark.parametrize("workspace", [HARBOUR_STUDIO, NIGHT_SCHOOL])
async def test_start_timer_stops_the_former_timer_if_toggl_does_not(
    host: Host, sandbox: Sandbox, clock: Clock, workspace: int
) -> None:
    sandbox.behaviors = replace(sandbox.behaviors, start_stops_others=False)
    running(sandbox, "2025-10-14T08:00", "First", workspace)
    clock.now += 60
    result = await host.call("start_timer", description="Second")

    assert (result["stopped_entry"]["description"], result["stopped_entry"]["seconds"]) == ("First", 3660)
    assert timers(sandbox) == ["Second"]


async def test_start_timer_former_timer_not_stopped_is_still_running(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.behaviors = replace(sandbox.behaviors, start_stops_others=False)
    former = running(sandbox, "2025-10-14T08:00", "First")
    clock.now += 60
    sandbox.fault = lambda call: Fault("402") if call.method == "PATCH" else None
    result = await host.call("start_timer", description="Second")

    assert (result["still_running_id"], "stopped_entry" in result) == (former["id"], False)
    assert timers(sandbox) == ["First", "Second"]


async def test_stop_timer_works_without_a_default_workspace(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.me["default_workspace_id"] = None
    row = running(sandbox, "2025-10-14T08:00", "First")

    assert (await host.call("stop_timer"))["entry"]["id"] == row["id"]
    assert (await host.call("edit_time_entries", ids=[row["id"]], description="Done"))["edited_ids"] == [row["id"]]
    assert (await host.call("delete_time_entries", ids=[row["id"]]))["deleted_ids"] == [row["id"]]


async def test_start_timer_overlap_with_a_planned_entry_is_refused(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T08:30", "2025-10-14T09:30", "Meeting")
    error = await host.fail("start_timer", description="Second")

    assert (error["code"], "“Meeting”" in error["message"]) == ("overlap", True)
    assert list_changes(sandbox) == []
    await host.call("start_timer", description="Second", allow_overlap=True)
    await host.call("start_timer", start="2025-10-14T08:45", description="Third", allow_overlap=True)
    assert timers(sandbox) == ["Third"]


async def test_start_timer_stopped_entry_is_unconfirmed_on_a_spent_quota(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    running(sandbox, "2025-10-14T08:00", "First")
    await host.call("get_timer")
    clock.now += 600
    sandbox.quota.spend(None)
    result = await host.call("start_timer", description="Second")

    assert (result["stopped_entry"]["description"], result["stopped_entry"]["unconfirmed"]) == ("First", True)


async def test_delete_project_reads_from_the_quota_reserve(host: Host, sandbox: Sandbox) -> None:
    await host.call("get_timer")
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=4)
    await host.call("list_tags")

    result = await host.call("delete_project", project=201_500_310)

    assert result["quota"]["remaining"] == 1


@pytest.mark.parametrize("is_edited", [False, True])
async def test_start_timer_twice_keeps_the_cache(
    host: Host, sandbox: Sandbox, clock: Clock, *, is_edited: bool
) -> None:
    row = add_entry(sandbox, "2025-10-14T07:00", "2025-10-14T08:00")
    first = await host.call("start_timer", description="First")
    if is_edited:
        await host.call("edit_time_entries", ids=[row["id"], first["entry"]["id"]], billable=True)
    sandbox.quota.spend(None)
    clock.now += 20 if is_edited else 0
    await host.call("start_timer", description="Second")

    assert [entry["seconds"] for entry in (await host.call("list_time_entries"))["entries"]] == [
        0,
        clock.now % 40,
        3600,
    ]


async def test_start_timer_own_timer_that_the_phone_stops_at_once_is_no_stopped_entry(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    def start_on_the_phone() -> None:
        clock.now += 1
        running(sandbox, "2025-10-14T09:00:01", "Phone")

    sandbox.fault = fault_in_turn("POST", with_action(Fault("slow"), start_on_the_phone))
    running(sandbox, "2025-10-14T08:00", "First", NIGHT_SCHOOL)
    result = await host.call("start_timer", description="Second")

    assert result["stopped_entry"]["description"] == "First"
    assert timers(sandbox) == ["Phone"]
