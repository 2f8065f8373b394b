"""Deleting time entries, and what other deletions do to them."""

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import done, running, sent
from tests.tools.driving import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

NINE = "2025-10-14T09:00"


async def test_an_entry_that_was_deleted_is_not_brought_back(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    await host.call("list_time_entries")
    clock.now += 121
    sandbox.state.remove_entry(rows[0]["id"])
    told = await host.call("edit_time_entries", ids=[row["id"] for row in rows], description="Live")

    assert told["not_found_ids"] == [rows[0]["id"]]
    assert rows[0]["server_deleted_at"] is not None


async def test_entries_are_deleted_by_one_request_each(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    told = await host.call("delete_time_entries", ids=[row["id"] for row in rows[:2]] + [7])

    assert (told["deleted_ids"], told["not_found_ids"]) == ([row["id"] for row in rows[:2]], [7])
    assert len(sent(sandbox)) == 2
    assert [row["id"] for row in (await host.call("list_time_entries"))["entries"]] == [rows[2]["id"]]


async def test_a_deletion_that_the_quota_cannot_cover_is_refused_as_a_whole(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=3)
    await host.call("create_time_entry", start=NINE, duration=60)
    told = await host.fail("delete_time_entries", ids=[row["id"] for row in rows])

    assert (told["code"], "Nothing was deleted" in told["message"]) == ("quota_spent", True)
    assert told["resets_in_seconds"] == 3600
    assert [call.method for call in sandbox.calls].count("DELETE") == 0


async def test_a_deletion_that_stops_half_way_says_what_is_gone(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    refused = str(rows[1]["id"])
    sandbox.fault = lambda call: Fault("402") if call.method == "DELETE" and call.path.endswith(refused) else None
    told = await host.call("delete_time_entries", ids=[row["id"] for row in rows])

    assert (told["deleted_ids"], told["unchanged_ids"]) == ([rows[0]["id"]], [row["id"] for row in rows[1:]])
    assert "used up" in told["incomplete_reason"]
    assert "unconfirmed_ids" not in told


async def test_a_deletion_that_was_not_confirmed_is_told_apart_from_what_was_not_sent(
    host: Host, sandbox: Sandbox
) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    lost = str(rows[1]["id"])
    sandbox.fault = lambda call: Fault("lost after") if call.method == "DELETE" and call.path.endswith(lost) else None
    told = await host.call("delete_time_entries", ids=[row["id"] for row in rows])

    assert told["deleted_ids"] == [rows[0]["id"]]
    assert (told["unconfirmed_ids"], told["unchanged_ids"]) == ([rows[1]["id"]], [rows[2]["id"]])


async def test_workspaces_of_one_organization_share_what_is_left_for_deletions(sandbox: Sandbox, clock: Clock) -> None:
    for space in sandbox.state.workspaces.values():
        space["organization_id"] = 3_901_001
    places = [HARBOUR_STUDIO, NIGHT_SCHOOL] * 3
    rows = [done(sandbox, f"2025-10-14T0{n}:00", f"2025-10-14T0{n}:30", "", place) for n, place in enumerate(places)]
    async with Client(serve(sandbox, clock)) as client:
        host = Host(client)
        await host.call("get_account")
        sandbox.quota.spend(HARBOUR_STUDIO, remaining=5)
        await host.call("list_tags", refresh=True)
        told = await host.fail("delete_time_entries", ids=[row["id"] for row in rows])

    assert told["code"] == "quota_spent"
    assert sent(sandbox) == []


async def test_a_deletion_whose_first_answer_was_lost_says_of_which_entry(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    sandbox.fault = lambda call: Fault("lost after") if call.method == "DELETE" else None
    told = await host.fail("delete_time_entries", ids=[row["id"] for row in rows])

    assert told["code"] == "outcome_unknown"
    assert f"Unconfirmed: {rows[0]['id']}. Nothing else was sent." in told["message"]


@pytest.mark.parametrize(
    ("tool", "arguments", "left"),
    [
        ("edit_tag", {"tag_id": 17_300_301, "name": "dsgn"}, {"tags": ["dsgn", "meeting"], "project": "Web shop"}),
        ("delete_tag", {"tag_id": 17_300_301}, {"tags": ["meeting"], "project": "Web shop"}),
        ("delete_project", {"project_id": 201_500_302}, {"tags": ["design", "meeting"]}),
        ("delete_task", {"task_id": 80_400_301}, {"tags": ["design", "meeting"], "project": "Web shop"}),
    ],
)
async def test_what_a_change_elsewhere_does_to_entries_is_known_though_the_users_requests_are_spent(
    sandbox: Sandbox, clock: Clock, tool: str, arguments: dict[str, object], left: dict[str, object]
) -> None:
    row = running(sandbox, NINE)
    more = {"project_id": 201_500_302, "task_id": 80_400_301, "tags": ["design", "meeting"]}
    sandbox.state.edit_entry(row["id"], **more)
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        host = Host(client)
        await host.call("get_timer")
        sandbox.quota.spend(None)
        await host.call(tool, **arguments)
        shown = (await host.call("get_timer"))["entry"]
        await host.call("stop_timer")

    assert {field: shown[field] for field in ("tags", "project", "task") if field in shown} == left | (
        {"task": "Checkout"} if tool.endswith("_tag") else {}
    )
    assert row["duration"] > 0
