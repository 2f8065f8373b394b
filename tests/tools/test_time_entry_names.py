"""The names in results about entries: they cost few requests, and a failed look-up hides no change."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

NINE = "2025-10-14T09:00"
SHOP_SIGN = 201_500_303
PRODUCT_PHOTOS = 80_400_302
"""Completed."""
TASKS = f"/workspaces/{HARBOUR_STUDIO}/tasks"


async def test_list_time_entries_hidden_project_costs_one_lookup_in_ten_minutes(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", project_id=7)
    for _ in range(6):
        assert (await host.call("list_time_entries"))["groups"][0]["project"] == "(project 7)"
        clock.now += 100

    assert [call.path for call in sandbox.calls].count(f"/workspaces/{HARBOUR_STUDIO}/projects") == 1


@pytest.mark.parametrize("fault", [Fault("500 before"), Fault("402"), Fault("refused"), Fault("429")])
async def test_create_time_entries_name_lookup_failure_still_returns_the_entry(
    host: Host, sandbox: Sandbox, fault: Fault
) -> None:
    await host.call("list_time_entries")
    entry = {"start": NINE, "duration": 60, "tags": ["neu"], "create_missing_tags": True}

    def fail_lists(call: Call) -> Fault | None:
        return fault if call.method == "GET" and call.path.endswith(("/projects", "/clients")) else None

    await host.call("edit_client", client=64_890_302, notes="So that the names are dropped")
    project = (await host.call("get_project", project="Web shop"))["project"]["id"]
    sandbox.fault = fail_lists
    result = await host.create_entry(**entry, project=project)

    assert sandbox.state.entries[result["id"]]["project_id"] == project


async def test_list_time_entries_and_summarize_time_show_an_unresolvable_task_by_id(
    host: Host, sandbox: Sandbox
) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", "Old", NIGHT_SCHOOL, task_id=7)

    assert (await host.call("list_time_entries"))["groups"][0]["task"] == "(task 7)"
    assert (await host.call("summarize_time", group_by=["task"]))["groups"][0]["by"] == {"task": "(task 7)"}
    assert not [call.path for call in sandbox.calls if "tasks" in call.path]


@pytest.mark.parametrize("fault", [Fault("500 before"), Fault("402"), Fault("refused")])
async def test_stop_timer_name_lookup_failure_still_returns_the_entry(
    host: Host, sandbox: Sandbox, fault: Fault
) -> None:
    row = sandbox.state.add_entry(HARBOUR_STUDIO, at("2025-10-14T17:00"), running=True, project_id=201_500_302)
    await host.call("get_timer")
    await host.call("edit_tag", tag=17_300_301, name="So that the names are dropped")
    sandbox.fault = lambda call: fault if call.path.endswith("/projects") else None
    result = await host.call("stop_timer")

    assert (result["entry"]["id"], result["entry"]["project"]) == (row["id"], "(project 201500302)")
    assert row["duration"] >= 3600  # It may wait for its slot.


async def test_summarize_time_includes_entries_of_an_uncached_workspace(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", "New team", 4_102_009)
    await host.call("get_account")
    result = await host.call("summarize_time")

    assert result["total"]["hours"] == 1.0
    assert result["workspaces"]["4102009"] == "(workspace 4102009)"
    assert (await host.fail_to_create_entry(start=NINE, duration=60))["code"] == "overlap"


async def test_summarize_time_refresh_names_an_archived_project_as_it_is_now(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", project_id=SHOP_SIGN)
    sandbox.state.edit_project(SHOP_SIGN, active=False)
    by = ["client", "project"]
    assert (await host.call("summarize_time", group_by=by))["groups"][0]["by"] == {
        "client": "Aroha Bakery",
        "project": "Shop sign",
    }
    clock.now += 60
    sandbox.state.edit_project(SHOP_SIGN, name="Sign", client_id=64_890_302)
    sandbox.calls.clear()

    result = await host.call("summarize_time", group_by=by, refresh=True)

    assert result["groups"][0]["by"] == {"client": "Blue Gull Charters", "project": "Sign"}
    assert [call.path for call in sandbox.calls] == ["/me", "/me/time_entries"]
    assert (await host.call("summarize_time", project="Sign", refresh=True))["total"]["entries"] == 1


async def test_summarize_time_refresh_names_a_completed_task_as_it_is_now(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", project_id=201_500_302, task_id=PRODUCT_PHOTOS)
    assert (await host.call("summarize_time", group_by=["task"]))["groups"][0]["by"] == {"task": "Product photos"}
    clock.now += 60
    sandbox.state.edit_task(PRODUCT_PHOTOS, name="Photographs")
    sandbox.calls.clear()

    result = await host.call("summarize_time", group_by=["task"], refresh=True)

    assert result["groups"][0]["by"] == {"task": "Photographs"}
    assert [call.path for call in sandbox.calls] == ["/me", "/me/time_entries", TASKS]
