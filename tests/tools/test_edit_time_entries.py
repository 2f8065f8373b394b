"""Changing time entries."""

import json
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running
from tests.tools.host import Host
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox
from toggl_mcp.tools.time_entries.edit import split_by_task

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

NINE = "2025-10-14T09:00"


async def test_edit_time_entries_one_id_sends_one_put(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart", tags=["design"])
    result = await host.call("edit_time_entries", ids=[row["id"]], project="Web shop", stop="2025-10-14T10:30")

    assert (result["entry"]["project"], result["entry"]["seconds"], result["entry"]["tags"]) == (
        "Web shop",
        5400,
        ["design"],
    )
    assert list_changes(sandbox) == [f"PUT /workspaces/{HARBOUR_STUDIO}/time_entries/{row['id']}"]
    cleared = await host.call("edit_time_entries", ids=[row["id"]], clear=["project", "description", "tags"])
    assert {"project", "description", "tags"}.isdisjoint(cleared["entry"])


@pytest.mark.parametrize(
    ("times", "start", "stop"),
    [
        ({"duration": "45m"}, "09:00", "09:45"),
        ({"duration": "1h30", "start": "8:15"}, "08:15", "09:45"),
        ({"duration": "20m", "stop": "9:50"}, "09:30", "09:50"),
    ],
)
async def test_edit_time_entries_duration_moves_the_stop_or_the_start_if_a_stop_is_given(
    host: Host, sandbox: Sandbox, times: dict[str, str], start: str, stop: str
) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart")
    planned = await host.call("edit_time_entries", ids=["last"], **times, dry_run=True)
    edited = await host.call("edit_time_entries", ids=["last"], **times)

    assert edited["edited_ids"] == [row["id"]]
    for entry in (planned["entry"], edited["entry"]):
        assert (entry["start"][11:16], entry["stop"][11:16]) == (start, stop)


async def test_edit_time_entries_duration_that_leaves_the_times_in_doubt_is_refused(
    host: Host, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart")
    timer = running(sandbox, "2025-10-14T17:00")
    three = await host.fail("edit_time_entries", ids=[row["id"]], start="9:00", stop="10:00", duration="2h")
    two = await host.fail("edit_time_entries", ids=[row["id"], timer["id"]], duration="2h")
    endless = await host.fail("edit_time_entries", ids=["running"], duration="30m")
    odd = await host.fail("edit_time_entries", ids=[row["id"]], duration="a while")

    assert three["message"] == "start, stop and duration are one too many; give two of them, or one."
    assert two["message"] == "start, stop and duration need exactly one id in ids."
    assert endless["message"].startswith("duration: the timer is running.")
    assert odd["message"].startswith("duration: 'a while' is not a duration")
    assert list_changes(sandbox) == []


async def test_edit_time_entries_project_of_another_workspace_is_refused_with_how_to_move_the_time(
    host: Host, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00")

    error = await host.fail("edit_time_entries", ids=[row["id"]], project="Kiln course")

    assert error["message"].startswith(
        f"“Kiln course” (201500401) is in workspace {NIGHT_SCHOOL}, and entries of workspace {HARBOUR_STUDIO} stay"
    )
    assert [candidate["id"] for candidate in error["candidates"]] == [201_500_401]
    near = await host.fail("edit_time_entries", ids=[row["id"]], project="Web shp")
    assert near["message"].startswith("There is no project of exactly the name “Web shp”")
    none = await host.fail("edit_time_entries", ids=[row["id"]], project="None")
    assert none["message"].endswith("To have none, omit it; an edit empties what it names in clear.")


async def test_edit_time_entries_tags_in_one_text_are_those_that_exist(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00")

    edited = await host.call("edit_time_entries", ids=[row["id"]], tags="Design, meeting")
    error = await host.fail("edit_time_entries", ids=[row["id"]], tags="design, meetin")

    assert edited["entry"]["tags"] == ["design", "meeting"]
    assert error["message"].startswith("There is no tag of exactly the name “design, meetin”")


async def test_edit_time_entries_overlap_is_refused(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00")
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00")

    assert (await host.fail("edit_time_entries", ids=[row["id"]], stop="2025-10-14T10:01"))["code"] == "overlap"
    await host.call("edit_time_entries", ids=[row["id"]], start="2025-10-14T09:30")


async def test_edit_time_entries_overlap_that_does_not_grow_is_allowed(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T11:00")
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T12:00", "Next")
    edit = partial(host.call, "edit_time_entries", ids=[row["id"]])

    assert (await edit(stop="2025-10-14T10:30"))["entry"]["seconds"] == 90 * 60
    assert (await edit(start="2025-10-14T08:00"))["entry"]["seconds"] == 150 * 60
    error = await host.fail("edit_time_entries", ids=[row["id"]], stop="2025-10-14T10:31")
    assert (error["code"], "“Next”" in error["message"]) == ("overlap", True)


async def test_edit_time_entries_many_ids_send_one_request_a_workspace(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(8)]
    rows.append(add_entry(sandbox, NINE, "2025-10-14T10:00", "", NIGHT_SCHOOL))
    ids = [row["id"] for row in rows]
    result = await host.call("edit_time_entries", ids=[*ids, 7], description="Sorted")

    assert (result["edited_ids"], result["not_found_ids"]) == (ids, [7])
    assert len(list_changes(sandbox)) == 2
    assert {row["description"] for row in sandbox.state.entries.values()} == {"Sorted"}
    sandbox.calls.clear()
    list_result = await host.call("list_time_entries")
    assert {row["description"] for row in list_result["entries"]} == {"Sorted"}
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ids": []}, "ids"),
        ({"ids": [1] * 101, "description": "x"}, "ids"),
        (
            {"ids": [1]},
            "give at least one of description, project, task, tags, billable, start, stop, duration or clear",
        ),
        ({"ids": [1, 2], "start": NINE}, "start, stop and duration need exactly one id in ids"),
        ({"ids": [1], "description": "x", "status": "y"}, "status"),
    ],
)
async def test_edit_time_entries_invalid_arguments_are_refused(
    host: Host, arguments: dict[str, object], message: str
) -> None:
    error = await host.fail("edit_time_entries", **arguments)

    assert (error["code"], message in error["message"]) == ("invalid_arguments", True)


async def test_edit_time_entries_unknown_project_changes_nothing(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, NINE, "2025-10-14T10:00", "", workspace) for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL)]
    error = await host.fail("edit_time_entries", ids=[row["id"] for row in rows], project="Web shop")

    assert (error["code"], f"workspace {NIGHT_SCHOOL}" in error["message"]) == ("not_found", True)
    assert list_changes(sandbox) == []


async def test_edit_time_entries_refusal_of_one_workspace_lists_unchanged_ids(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, NINE, "2025-10-14T10:00", "", workspace) for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL)]
    await host.call("list_time_entries")

    def refuse_night_school(call: Call) -> Fault | None:
        return Fault("402") if call.method == "PATCH" and str(NIGHT_SCHOOL) in call.path else None

    sandbox.fault = refuse_night_school
    result = await host.call("edit_time_entries", ids=[row["id"] for row in rows], description="New")

    assert (result["edited_ids"], result["unchanged_ids"]) == ([rows[0]["id"]], [rows[1]["id"]])
    assert "unconfirmed_ids" not in result
    assert "used up" in result["incomplete_reason"]


async def test_edit_time_entries_new_project_clears_the_task(host: Host, sandbox: Sandbox) -> None:
    rows = [
        add_entry(
            sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", project_id=201_500_302, task_id=80_400_301
        )
        for hour in range(3)
    ]
    await host.call("edit_time_entries", ids=[rows[0]["id"]], project="Bread labels")
    await host.call("edit_time_entries", ids=[row["id"] for row in rows[1:]], project="Bread labels")

    assert {(row["project_id"], row["task_id"]) for row in rows} == {(201_500_301, None)}


async def test_edit_time_entries_creates_missing_tags_and_list_tags_has_them(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", tags=["design"])
    await host.call("list_tags")
    addition = {"tags": ["neu", "Neu"], "tag_action": "add", "create_missing_tags": True}
    result = await host.call("edit_time_entries", ids=[row["id"]], **addition)

    assert result["entry"]["tags"] == ["design", "neu"]
    assert [tag["name"] for tag in (await host.call("list_tags", name="neu"))["tags"]] == ["neu"]
    removal = {"tags": ["alt"], "tag_action": "remove", "create_missing_tags": True}
    assert (await host.fail("edit_time_entries", ids=[row["id"]], **removal))["code"] == "invalid_arguments"


async def test_create_time_entries_refusal_creates_no_tag(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("402") if call.method == "POST" else None
    entry = {"start": NINE, "duration": 60, "tags": ["neu"], "create_missing_tags": True}

    assert (await host.fail_to_create_entry(**entry))["code"] == "quota_spent"
    assert "neu" not in {row["name"] for row in sandbox.state.tags.values()}


async def test_edit_time_entries_same_project_keeps_the_task(host: Host, sandbox: Sandbox) -> None:
    same_project = add_entry(sandbox, NINE, "2025-10-14T09:30", project_id=201_500_302, task_id=80_400_301)
    other_project = add_entry(
        sandbox, "2025-10-14T10:00", "2025-10-14T10:30", project_id=201_500_309, task_id=80_400_305
    )
    without_task = add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T11:30", project_id=201_500_301)
    ids = [row["id"] for row in (same_project, other_project, without_task)]
    result = await host.call("edit_time_entries", ids=ids, project="Web shop")
    await host.call("edit_time_entries", ids=ids[:1], project="Web shop", description="Alone")

    assert set(result["edited_ids"]) == set(ids)
    assert [row["task_id"] for row in (same_project, other_project, without_task)] == [80_400_301, None, None]
    assert {row["project_id"] for row in (same_project, other_project, without_task)} == {201_500_302}
    assert [call.split()[0] for call in list_changes(sandbox)] == ["PATCH", "PATCH", "PUT"]


async def test_edit_time_entries_many_ids_are_refused_on_a_stale_cache(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    await host.call("list_time_entries")
    clock.now += 600
    sandbox.state.remove_entry(rows[0]["id"])
    sandbox.quota.spend(None)
    error = await host.fail("edit_time_entries", ids=[row["id"] for row in rows], description="New")

    assert error["code"] == "quota_spent"
    assert rows[0]["server_deleted_at"] is not None
    assert list_changes(sandbox) == []
    assert (await host.call("edit_time_entries", ids=[rows[1]["id"]], description="New"))["edited_ids"]


async def test_edit_time_entries_refusal_of_all_fails_and_of_some_lists_unchanged_ids(
    host: Host, sandbox: Sandbox
) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in range(3)]
    ids = [row["id"] for row in rows]
    await host.call("list_time_entries")

    def partial_failure(*refused_ids: int) -> Fault:
        body = {
            "success": [key for key in ids if key not in refused_ids],
            "failure": [{"id": key} for key in refused_ids],
        }
        return Fault("garbage before", body=json.dumps(body))

    sandbox.fault = lambda call: partial_failure(ids[1]) if call.method == "PATCH" else None
    result = await host.call("edit_time_entries", ids=ids, description="New")
    sandbox.fault = lambda call: partial_failure(*ids) if call.method == "PATCH" else None
    error = await host.fail("edit_time_entries", ids=ids, description="New")

    assert (result["unchanged_ids"], "Toggl refused" in result["incomplete_reason"]) == ([ids[1]], True)
    assert (error["code"], "Toggl refused" in error["message"]) == ("invalid_arguments", True)


async def test_edit_time_entries_future_start_of_a_timer_is_refused(host: Host, sandbox: Sandbox) -> None:
    row = running(sandbox, NINE)
    error = await host.fail("edit_time_entries", ids=[row["id"]], start="2025-10-14T19:00")

    assert error["message"].startswith("start: is in the future")


async def test_edit_time_entries_removal_of_an_unknown_tag_suggests_no_creation(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", tags=["design"])
    error = await host.fail("edit_time_entries", ids=[row["id"]], tags=["desing"], tag_action="remove")

    assert "Near: “design”" in error["message"]
    assert "create_missing_tags" not in error["message"]


async def test_create_time_entries_unreadable_period_is_refused_as_overlap(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00", "Old")
    entry = {"start": "2025-02-14T09:00", "duration": 3600, "description": "Old"}
    sandbox.fault = lambda call: Fault("500 before") if "/search/" in call.path else None
    error = await host.fail_to_create_entry(**entry)

    assert (error["code"], "could not be checked" in error["message"]) == ("overlap", True)
    assert len(sandbox.state.entries) == 1
    await host.create_entry(**entry, on_overlap="allow")


def test_bodies_for_another_project_clears_the_task() -> None:
    def entry(number: int, project_id: int | None, task_id: int | None) -> TimeEntry:
        start = datetime(2025, 10, 14, 9, 0, tzinfo=UTC)
        return TimeEntry(id=number, workspace_id=1, start=start, duration=60, project_id=project_id, task_id=task_id)

    stays, moves, without_task = entry(1, 7, 70), entry(2, 8, 80), entry(3, 8, None)
    to_project, no_task = TimeEntryBody(project_id=7), TimeEntryBody(project_id=7, task_id=0)

    assert split_by_task([stays, moves, without_task], to_project) == [
        ([stays], to_project),
        ([moves, without_task], no_task),
    ]
    assert split_by_task([stays, without_task], to_project) == [([stays, without_task], to_project)]
    assert split_by_task([moves], to_project) == [([moves], no_task)]
    for body in (no_task, TimeEntryBody(description="x")):
        assert split_by_task([stays, moves], body) == [([stays, moves], body)]


@pytest.mark.parametrize(
    ("changes", "start", "stop"),
    [
        ({"stop": "17:00"}, "2025-10-13T14:00:00+13:00", "2025-10-13T17:00:00+13:00"),
        ({"start": "13:30"}, "2025-10-13T13:30:00+13:00", "2025-10-13T16:00:00+13:00"),
        ({"start": "08:30", "stop": "11:30"}, "2025-10-13T08:30:00+13:00", "2025-10-13T11:30:00+13:00"),
        ({"start": "22:00", "stop": "01:00"}, "2025-10-13T22:00:00+13:00", "2025-10-14T01:00:00+13:00"),
        ({"start": "today 8am", "stop": "9am"}, "2025-10-14T08:00:00+13:00", "2025-10-14T09:00:00+13:00"),
    ],
)
async def test_edit_time_entries_time_of_day_alone_is_of_the_day_of_the_entry(
    host: Host, sandbox: Sandbox, changes: dict[str, str], start: str, stop: str
) -> None:
    row = add_entry(sandbox, "2025-10-13T14:00", "2025-10-13T16:00", "Cart")
    result = await host.call("edit_time_entries", ids=[row["id"]], **changes)

    assert (result["entry"]["start"], result["entry"]["stop"]) == (start, stop)


async def test_edit_time_entries_times_keep_what_was_changed_in_the_web_app(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart")
    await host.call("list_time_entries")
    sandbox.state.edit_entry(row["id"], stop=clock() - 6 * 3600)
    clock.now += 30
    result = await host.call("edit_time_entries", ids=[row["id"]], start="08:45")

    assert (result["entry"]["start"], result["entry"]["stop"]) == (
        "2025-10-14T08:45:00+13:00",
        "2025-10-14T12:00:00+13:00",
    )


async def test_edit_time_entries_dry_run_of_one_shows_it_as_it_would_be(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart")
    result = await host.call("edit_time_entries", ids=[row["id"]], stop="11:00", description="Checkout", dry_run=True)

    assert (result["entry"]["stop"], result["entry"]["description"]) == ("2025-10-14T11:00:00+13:00", "Checkout")
    assert list_changes(sandbox) == []


@pytest.mark.parametrize("count", [1, 2])
async def test_edit_time_entries_dry_run_warns_as_the_edit_does(host: Host, sandbox: Sandbox, count: int) -> None:
    hours = [f"2025-10-13T{hour:02}:00" for hour in range(9, 12)]
    ids = [add_entry(sandbox, start, stop)["id"] for start, stop in pairwise(hours)][:count]
    plan = await host.call("edit_time_entries", ids=ids, project="Shop sign", dry_run=True)
    result = await host.call("edit_time_entries", ids=ids, project="Shop sign")

    assert "“Shop sign” is archived" in plan["warnings"][0]
    assert plan["warnings"] == result["warnings"]


async def test_edit_time_entries_dry_run_of_a_doubtful_duration_warns_as_the_edit_does(
    host: Host, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart")
    plan = await host.call("edit_time_entries", ids=[row["id"]], duration="90", dry_run=True)
    result = await host.call("edit_time_entries", ids=[row["id"]], duration="90")

    assert "90 are seconds" in plan["warnings"][0]
    assert plan["warnings"] == result["warnings"]


@pytest.mark.parametrize(
    ("stop", "code"), [("banana", "invalid_arguments"), ("08:00", "invalid_arguments"), ("10:30", "overlap")]
)
async def test_edit_time_entries_dry_run_refuses_what_the_edit_would(
    host: Host, sandbox: Sandbox, stop: str, code: str
) -> None:
    row = add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart")
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00", "Next")
    error = await host.fail("edit_time_entries", ids=[row["id"]], stop=stop, dry_run=True)

    assert error["code"] == code


async def test_edit_time_entries_of_several_warns_of_time_that_nobody_bills(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-13T{hour}:00", f"2025-10-13T{hour}:30", "Cart") for hour in (14, 15)]
    ids = [row["id"] for row in rows]
    result = await host.call("edit_time_entries", ids=ids, project="Web shop")

    (warning,) = result["warnings"]
    assert warning.startswith(f"{ids[0]}, {ids[1]}: Project “Web shop” is billable, this entry is not.")
    assert "warnings" not in await host.call("edit_time_entries", ids=ids, billable=True, project="Web shop")
