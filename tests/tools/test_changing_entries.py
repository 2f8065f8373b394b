"""Changing time entries."""

import json
from datetime import UTC, datetime

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import done, running, sent
from tests.tools.driving import Host
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox
from toggl_mcp.tools.time_entries.edit import bodies_for

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

NINE = "2025-10-14T09:00"


async def test_one_entry_is_edited_by_itself(host: Host, sandbox: Sandbox) -> None:
    row = done(sandbox, NINE, "2025-10-14T10:00", "Cart", tags=["design"])
    told = await host.call("edit_time_entries", ids=[row["id"]], project="Web shop", stop="2025-10-14T10:30")

    assert (told["entry"]["project"], told["entry"]["seconds"], told["entry"]["tags"]) == ("Web shop", 5400, ["design"])
    assert sent(sandbox) == [f"PUT /workspaces/{HARBOUR_STUDIO}/time_entries/{row['id']}"]
    cleared = await host.call("edit_time_entries", ids=[row["id"]], project="0", description="", tags=[])
    assert {"project", "description", "tags"}.isdisjoint(cleared["entry"])


async def test_a_new_time_must_not_lie_over_others_either(host: Host, sandbox: Sandbox) -> None:
    row = done(sandbox, NINE, "2025-10-14T10:00")
    done(sandbox, "2025-10-14T10:00", "2025-10-14T11:00")

    assert (await host.fail("edit_time_entries", ids=[row["id"]], stop="2025-10-14T10:01"))["code"] == "overlap"
    await host.call("edit_time_entries", ids=[row["id"]], start="2025-10-14T09:30")


async def test_many_entries_are_edited_by_one_request_a_workspace(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(8)]
    rows.append(done(sandbox, NINE, "2025-10-14T10:00", "", NIGHT_SCHOOL))
    ids = [row["id"] for row in rows]
    told = await host.call("edit_time_entries", ids=[*ids, 7], description="Sorted")

    assert (told["edited_ids"], told["not_found_ids"]) == (ids, [7])
    assert len(sent(sandbox)) == 2
    assert {row["description"] for row in sandbox.state.entries.values()} == {"Sorted"}
    sandbox.calls.clear()
    listed = await host.call("list_time_entries")
    assert {row["description"] for row in listed["entries"]} == {"Sorted"}
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"ids": []}, "ids"),
        ({"ids": [1] * 101, "description": "x"}, "ids"),
        ({"ids": [1]}, "give at least one of description, project, task, tags, billable, start and stop"),
        ({"ids": [1, 2], "start": NINE}, "start and stop need exactly one id in ids"),
        ({"ids": [1], "description": "x", "status": "y"}, "status"),
    ],
)
async def test_a_change_that_cannot_be_meant_is_refused(host: Host, arguments: dict[str, object], said: str) -> None:
    told = await host.fail("edit_time_entries", **arguments)

    assert (told["code"], said in told["message"]) == ("invalid_arguments", True)


async def test_a_name_that_means_nothing_changes_nothing(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, NINE, "2025-10-14T10:00", "", workspace) for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL)]
    told = await host.fail("edit_time_entries", ids=[row["id"] for row in rows], project="Web shop")

    assert (told["code"], f"workspace {NIGHT_SCHOOL}" in told["message"]) == ("not_found", True)
    assert sent(sandbox) == []


async def test_what_one_workspace_refused_is_told_beside_what_the_other_did(host: Host, sandbox: Sandbox) -> None:
    rows = [done(sandbox, NINE, "2025-10-14T10:00", "", workspace) for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL)]
    await host.call("list_time_entries")

    def refuses(call: Call) -> Fault | None:
        return Fault("402") if call.method == "PATCH" and str(NIGHT_SCHOOL) in call.path else None

    sandbox.fault = refuses
    told = await host.call("edit_time_entries", ids=[row["id"] for row in rows], description="New")

    assert (told["edited_ids"], told["unchanged_ids"]) == ([rows[0]["id"]], [rows[1]["id"]])
    assert "unconfirmed_ids" not in told
    assert "used up" in told["incomplete_reason"]


async def test_a_task_does_not_follow_its_entry_to_another_project(host: Host, sandbox: Sandbox) -> None:
    rows = [
        done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", project_id=201_500_302, task_id=80_400_301)
        for hour in range(3)
    ]
    await host.call("edit_time_entries", ids=[rows[0]["id"]], project="Bread labels")
    await host.call("edit_time_entries", ids=[row["id"] for row in rows[1:]], project="Bread labels")

    assert {(row["project_id"], row["task_id"]) for row in rows} == {(201_500_301, None)}


async def test_a_tag_that_does_not_exist_is_made_by_a_change_and_known_after_it(host: Host, sandbox: Sandbox) -> None:
    row = done(sandbox, NINE, "2025-10-14T10:00", tags=["design"])
    await host.call("list_tags")
    more = {"tags": ["neu", "Neu"], "tag_action": "add", "create_missing_tags": True}
    told = await host.call("edit_time_entries", ids=[row["id"]], **more)

    assert told["entry"]["tags"] == ["design", "neu"]
    assert [tag["name"] for tag in (await host.call("list_tags", name="neu"))["tags"]] == ["neu"]
    gone = {"tags": ["alt"], "tag_action": "remove", "create_missing_tags": True}
    assert (await host.fail("edit_time_entries", ids=[row["id"]], **gone))["code"] == "invalid_arguments"


async def test_no_tag_is_left_behind_by_an_entry_that_was_refused(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("402") if call.method == "POST" else None
    entry = {"start": NINE, "duration": 60, "tags": ["neu"], "create_missing_tags": True}

    assert (await host.fail("create_time_entry", **entry))["code"] == "quota_spent"
    assert "neu" not in {row["name"] for row in sandbox.state.tags.values()}


async def test_a_task_stays_with_an_entry_whose_project_stays(host: Host, sandbox: Sandbox) -> None:
    at_home = done(sandbox, NINE, "2025-10-14T09:30", project_id=201_500_302, task_id=80_400_301)
    moved = done(sandbox, "2025-10-14T10:00", "2025-10-14T10:30", project_id=201_500_309, task_id=80_400_305)
    plain = done(sandbox, "2025-10-14T11:00", "2025-10-14T11:30", project_id=201_500_301)
    ids = [row["id"] for row in (at_home, moved, plain)]
    told = await host.call("edit_time_entries", ids=ids, project="Web shop")
    await host.call("edit_time_entries", ids=ids[:1], project="Web shop", description="Alone")

    assert set(told["edited_ids"]) == set(ids)
    assert [row["task_id"] for row in (at_home, moved, plain)] == [80_400_301, None, None]
    assert {row["project_id"] for row in (at_home, moved, plain)} == {201_500_302}
    assert [call.split()[0] for call in sent(sandbox)] == ["PATCH", "PATCH", "PUT"]


async def test_many_are_not_changed_while_nobody_can_say_which_are_still_there(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    await host.call("list_time_entries")
    clock.now += 600
    sandbox.state.remove_entry(rows[0]["id"])
    sandbox.quota.spend(None)
    told = await host.fail("edit_time_entries", ids=[row["id"] for row in rows], description="New")

    assert told["code"] == "quota_spent"
    assert rows[0]["server_deleted_at"] is not None
    assert sent(sandbox) == []
    assert (await host.call("edit_time_entries", ids=[rows[1]["id"]], description="New"))["edited_ids"]


async def test_a_change_that_toggl_refuses_for_all_is_a_failure_and_for_some_is_explained(
    host: Host, sandbox: Sandbox
) -> None:
    rows = [done(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    ids = [row["id"] for row in rows]
    await host.call("list_time_entries")

    def refusing(*refused: int) -> Fault:
        told = {"success": [key for key in ids if key not in refused], "failure": [{"id": key} for key in refused]}
        return Fault("garbage before", body=json.dumps(told))

    sandbox.fault = lambda call: refusing(ids[1]) if call.method == "PATCH" else None
    some = await host.call("edit_time_entries", ids=ids, description="New")
    sandbox.fault = lambda call: refusing(*ids) if call.method == "PATCH" else None
    none = await host.fail("edit_time_entries", ids=ids, description="New")

    assert (some["unchanged_ids"], "Toggl refused" in some["incomplete_reason"]) == ([ids[1]], True)
    assert (none["code"], "Toggl refused" in none["message"]) == ("invalid_arguments", True)


async def test_a_running_timer_does_not_begin_later_than_now(host: Host, sandbox: Sandbox) -> None:
    row = running(sandbox, NINE)
    told = await host.fail("edit_time_entries", ids=[row["id"]], start="2025-10-14T19:00")

    assert told["message"].startswith("start: is in the future")


async def test_a_tag_that_is_not_there_to_be_taken_off_is_not_offered_to_be_made(host: Host, sandbox: Sandbox) -> None:
    row = done(sandbox, NINE, "2025-10-14T10:00", tags=["design"])
    told = await host.fail("edit_time_entries", ids=[row["id"]], tags=["desing"], tag_action="remove")

    assert "Near: “design”" in told["message"]
    assert "create_missing_tags" not in told["message"]


async def test_nothing_is_written_over_what_could_not_be_looked_at(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2025-02-14T09:00", "2025-02-14T10:00", "Old")
    old = {"start": "2025-02-14T09:00", "duration": 3600, "description": "Old"}
    sandbox.fault = lambda call: Fault("500 before") if "/search/" in call.path else None
    told = await host.fail("create_time_entry", **old)

    assert (told["code"], "could not be checked" in told["message"]) == ("overlap", True)
    assert len(sandbox.state.entries) == 1
    await host.call("create_time_entry", **old, allow_overlap=True)


def test_an_entry_that_moves_to_another_project_leaves_its_task_behind() -> None:
    def entry(number: int, project_id: int | None, task_id: int | None) -> TimeEntry:
        start = datetime(2025, 10, 14, 9, 0, tzinfo=UTC)
        return TimeEntry(id=number, workspace_id=1, start=start, duration=60, project_id=project_id, task_id=task_id)

    stays, moves, without_task = entry(1, 7, 70), entry(2, 8, 80), entry(3, 8, None)
    to_project, no_task = TimeEntryBody(project_id=7), TimeEntryBody(project_id=7, task_id=0)

    assert bodies_for([stays, moves, without_task], to_project) == [
        ([stays], to_project),
        ([moves, without_task], no_task),
    ]
    assert bodies_for([stays, without_task], to_project) == [([stays, without_task], to_project)]
    assert bodies_for([moves], to_project) == [([moves], no_task)]
    for body in (no_task, TimeEntryBody(description="x")):
        assert bodies_for([stays, moves], body) == [([stays, moves], body)]
