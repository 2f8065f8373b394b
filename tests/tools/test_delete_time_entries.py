"""Deleting time entries, and what other deletions do to them."""

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

NINE = "2025-10-14T09:00"


async def test_edit_time_entries_restores_no_entry_deleted_in_the_web_app(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    await host.call("list_time_entries")
    clock.now += 121
    sandbox.state.remove_entry(rows[0]["id"])
    result = await host.call("edit_time_entries", ids=[row["id"] for row in rows], description="Live")

    assert result["not_found_ids"] == [rows[0]["id"]]
    assert rows[0]["server_deleted_at"] is not None


async def test_delete_time_entries_sends_one_request_an_entry(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    result = await host.call("delete_time_entries", ids=[row["id"] for row in rows[:2]] + [7])

    assert (result["deleted_ids"], result["not_found_ids"]) == ([row["id"] for row in rows[:2]], [7])
    assert len(list_changes(sandbox)) == 2
    assert [row["id"] for row in (await host.call("list_time_entries"))["entries"]] == [rows[2]["id"]]


async def test_delete_time_entries_beyond_the_quota_deletes_nothing(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=3)
    await host.create_entry(start=NINE, duration=60)
    error = await host.fail("delete_time_entries", ids=[row["id"] for row in rows])

    assert (error["code"], "Nothing was deleted" in error["message"]) == ("quota_spent", True)
    assert error["resets_in_seconds"] == 3600
    assert [call.method for call in sandbox.calls].count("DELETE") == 0


async def test_delete_time_entries_refusal_midway_lists_deleted_and_unchanged_ids(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    refused_id = str(rows[1]["id"])
    sandbox.fault = lambda call: Fault("402") if call.method == "DELETE" and call.path.endswith(refused_id) else None
    result = await host.call("delete_time_entries", ids=[row["id"] for row in rows])

    assert (result["deleted_ids"], result["unchanged_ids"]) == ([rows[0]["id"]], [row["id"] for row in rows[1:]])
    assert "used up" in result["incomplete_reason"]
    assert "unconfirmed_ids" not in result


async def test_delete_time_entries_lost_response_lists_unconfirmed_and_unchanged_ids(
    host: Host, sandbox: Sandbox
) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    lost_id = str(rows[1]["id"])
    sandbox.fault = lambda call: (
        Fault("lost after") if call.method == "DELETE" and call.path.endswith(lost_id) else None
    )
    result = await host.call("delete_time_entries", ids=[row["id"] for row in rows])

    assert result["deleted_ids"] == [rows[0]["id"]]
    assert (result["unconfirmed_ids"], result["unchanged_ids"]) == ([rows[1]["id"]], [rows[2]["id"]])


async def test_delete_time_entries_workspaces_share_the_quota_of_their_organization(
    sandbox: Sandbox, clock: Clock
) -> None:
    for space in sandbox.state.workspaces.values():
        space["organization_id"] = 3_901_001
    places = [HARBOUR_STUDIO, NIGHT_SCHOOL] * 3
    rows = [
        add_entry(sandbox, f"2025-10-14T0{n}:00", f"2025-10-14T0{n}:30", "", place) for n, place in enumerate(places)
    ]
    async with Client(serve(sandbox, clock)) as client:
        host = Host(client)
        await host.call("get_account")
        sandbox.quota.spend(HARBOUR_STUDIO, remaining=5)
        await host.call("list_tags", refresh=True)
        error = await host.fail("delete_time_entries", ids=[row["id"] for row in rows])

    assert error["code"] == "quota_spent"
    assert list_changes(sandbox) == []


async def test_delete_time_entries_first_response_lost_names_the_unconfirmed_id(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    sandbox.fault = lambda call: Fault("lost after") if call.method == "DELETE" else None
    error = await host.fail("delete_time_entries", ids=[row["id"] for row in rows])

    assert error["code"] == "outcome_unknown"
    assert f"Unconfirmed: {rows[0]['id']}. Nothing else was sent." in error["message"]


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("edit_tag", {"tag": 17_300_301, "name": "dsgn"}, {"tags": ["dsgn", "meeting"], "project": "Web shop"}),
        ("delete_tag", {"tag": 17_300_301}, {"tags": ["meeting"], "project": "Web shop"}),
        ("delete_project", {"project": 201_500_302}, {"tags": ["design", "meeting"]}),
        ("delete_task", {"task": 80_400_301}, {"tags": ["design", "meeting"], "project": "Web shop"}),
    ],
)
async def test_cascade_of_a_change_reaches_cached_entries_on_a_spent_user_quota(
    sandbox: Sandbox, clock: Clock, tool: str, arguments: dict[str, object], expected: dict[str, object]
) -> None:
    row = running(sandbox, NINE)
    fields = {"project_id": 201_500_302, "task_id": 80_400_301, "tags": ["design", "meeting"]}
    sandbox.state.edit_entry(row["id"], **fields)
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        host = Host(client)
        await host.call("get_timer")
        sandbox.quota.spend(None)
        await host.call(tool, **arguments)
        entry = (await host.call("get_timer"))["entry"]
        await host.call("stop_timer")

    assert {field: entry[field] for field in ("tags", "project", "task") if field in entry} == expected | (
        {"task": "Checkout"} if tool.endswith("_tag") else {}
    )
    assert row["duration"] > 0
