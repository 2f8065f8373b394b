"""Undoing changes, by what Toggl has before and after."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running, timers
from tests.tools.host import Host, serve
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.sandbox import HARBOUR_STUDIO, Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, BREAD_LABELS = 201_500_302, 201_500_301
CHECKOUT = 80_400_301
AROHA_BAKERY = 64_890_301
TANE = 7_301_002
FIELDS = ("start", "stop", "duration", "description", "project_id", "task_id", "billable", "tags", "server_deleted_at")


def live_entries(sandbox: Sandbox) -> dict[int, dict[str, Any]]:
    """Return what a person sees of each entry."""
    rows = sandbox.state.entries.values()
    return {row["id"]: {field: row[field] for field in FIELDS} for row in rows if row["server_deleted_at"] is None}


def add_entries(sandbox: Sandbox, count: int) -> list[int]:
    """Add entries of half an hour each, and return their ids."""
    return [
        add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", f"No. {hour % 2}")["id"]
        for hour in range(count)
    ]


async def test_undo_of_a_created_entry_deletes_it(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_time_entries", entries=[{"start": "2025-10-14T09:00", "duration": 60}])
    result = await host.call("undo")

    assert (result["undone_change_id"], result["complete"]) == (created["change_id"], True)
    assert result["rows"] == [{"kind": "time_entry", "id": created["entries"][0]["id"], "effect": "delete"}]
    assert live_entries(sandbox) == {}


async def test_undo_of_an_edited_entry_puts_its_fields_back(host: Host, sandbox: Sandbox) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    before = live_entries(sandbox)
    edit = {"description": "Other", "project": "Web shop", "tags": ["meeting"], "stop": "2025-10-14T00:10"}
    await host.call("edit_time_entries", ids=[entry_id], **edit)
    assert live_entries(sandbox) != before
    result = await host.call("undo")

    assert result["complete"] is True
    assert live_entries(sandbox) == before


async def test_undo_of_a_bulk_edit_is_one_change_and_few_requests(host: Host, sandbox: Sandbox) -> None:
    ids = add_entries(sandbox, 6)
    before = live_entries(sandbox)
    await host.call("edit_time_entries", ids=ids, description="Same", tags=["meeting"])
    sandbox.calls.clear()
    result = await host.call("undo")

    assert (result["complete"], len(result["rows"])) == (True, 6)
    assert live_entries(sandbox) == before
    assert [call.method for call in sandbox.calls] == ["GET", "PATCH", "PATCH"]


async def test_undo_of_deleted_entries_restores_them_under_their_ids(host: Host, sandbox: Sandbox) -> None:
    ids = add_entries(sandbox, 3)
    before = live_entries(sandbox)
    await host.call("delete_time_entries", ids=ids)
    result = await host.call("undo")

    assert (result["complete"], {row["effect"] for row in result["rows"]}) == (True, {"undelete"})
    assert live_entries(sandbox) == before


@pytest.mark.parametrize("answer", ["refused", "ignored"])
async def test_undo_of_deleted_entries_that_toggl_does_not_restore_creates_them_again(
    host: Host, sandbox: Sandbox, answer: Literal["refused", "ignored"]
) -> None:
    sandbox.behaviors = replace(sandbox.behaviors, undelete_by_patch=answer)
    ids = add_entries(sandbox, 2)
    before = live_entries(sandbox)
    await host.call("delete_time_entries", ids=ids)
    result = await host.call("undo")
    again = await host.call("undo", change=result["undone_change_id"])

    new_ids = [row["new_id"] for row in result["rows"]]
    assert live_entries(sandbox) == dict(zip(new_ids, before.values(), strict=True))
    assert [row["new_id"] for row in again["rows"]] == new_ids


async def test_undo_of_a_started_timer_lets_the_former_one_run(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    running(sandbox, "2025-10-14T17:00", "First")
    await host.call("start_timer", description="Second")
    clock.now += 60
    assert timers(sandbox) == ["Second"]
    result = await host.call("undo")

    assert result["complete"] is True
    assert [row["description"] for row in live_entries(sandbox).values() if row["stop"] is None] == ["First"]


@pytest.mark.parametrize("method", ["DELETE", "PUT"])
async def test_undo_of_a_started_timer_that_is_cut_off_goes_on_with_the_same_call(
    host: Host, sandbox: Sandbox, clock: Clock, method: str
) -> None:
    running(sandbox, "2025-10-14T17:00", "First")
    before = live_entries(sandbox)
    await host.call("start_timer", description="Second")
    clock.now += 60
    sandbox.fault = lambda call: Fault("402", resets_in=5) if call.method == method else None
    partial_result = await host.call("undo")
    sandbox.fault = lambda _: None
    clock.now += 3700
    result = await host.call("undo")

    assert (partial_result["complete"], result["complete"]) == (False, True)
    assert live_entries(sandbox) == before


async def test_undo_of_a_stopped_timer_lets_it_run(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T17:00", "First")
    before = live_entries(sandbox)
    await host.call("stop_timer")
    assert timers(sandbox) == []
    await host.call("undo")

    assert live_entries(sandbox) == before


async def test_undo_of_a_stopped_timer_while_another_runs_names_it(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T17:00", "First")
    stopped = await host.call("stop_timer")
    other = running(sandbox, "2025-10-14T17:30", "In the web app")
    result = await host.call("undo", change=stopped["change_id"])

    assert result["complete"] is False
    assert str(other["id"]) in result["rows"][0]["reason"]
    assert timers(sandbox) == ["In the web app"]


async def test_undo_of_what_toggl_has_changed_since_changes_nothing(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    await host.call("edit_time_entries", ids=[entry_id], description="Ours")
    clock.now += 60
    sandbox.state.edit_entry(entry_id, billable=True)
    sandbox.calls.clear()
    result = await host.call("undo")

    assert result["complete"] is False
    assert "changed again since" in result["rows"][0]["reason"]
    assert list_changes(sandbox) == []


async def test_undo_of_one_change_after_another_goes_back_step_by_step(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    states = [live_entries(sandbox)]
    for description in ("One", "Two"):
        clock.now += 60
        await host.call("edit_time_entries", ids=[entry_id], description=description)
        states.append(live_entries(sandbox))
    clock.now += 60
    for state in (states[1], states[0]):
        await host.call("undo")
        assert live_entries(sandbox) == state
    error = await host.fail("undo")

    assert error["code"] == "not_found"


async def test_undo_of_an_undo_makes_the_change_again(host: Host, sandbox: Sandbox) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    await host.call("edit_time_entries", ids=[entry_id], description="Changed")
    changed = live_entries(sandbox)
    undone = await host.call("undo")
    await host.call("undo", change=undone["change_id"])

    assert live_entries(sandbox) == changed
    assert (await host.call("undo"))["complete"] is True


@pytest.mark.parametrize(
    ("create", "edit", "delete", "rows"),
    [
        ("create_client", ("edit_client", {"name": "New", "notes": "Text"}), "delete_client", "clients"),
        ("create_project", ("edit_project", {"name": "New", "client": "Aroha Bakery"}), "delete_project", "projects"),
        ("create_tag", ("edit_tag", {"name": "New"}), "delete_tag", "tags"),
    ],
)
async def test_undo_of_named_resources_puts_edits_back_and_creates_deleted_ones_again(
    host: Host, sandbox: Sandbox, create: str, edit: tuple[str, dict[str, str]], delete: str, rows: str
) -> None:
    kind = rows.removesuffix("s")
    created = await host.call(create, name="Fresh")
    item_id = created[kind]["id"]
    tool, changes = edit
    edited = await host.call(tool, **{kind: str(item_id)}, **changes)
    await host.call("undo", change=edited["change_id"])
    after_edit = await host.call(f"list_{rows}", name="Fresh", refresh=True)
    await host.call(delete, **{kind: str(item_id)})
    restored = await host.call("undo")
    (restored_item,) = (await host.call(f"list_{rows}", name="Fresh", refresh=True))[rows]
    again = await host.call("undo", change=restored["undone_change_id"])

    assert [item["name"] for item in after_edit[rows]] == ["Fresh"]
    assert after_edit[rows][0].get("client_id") is after_edit[rows][0].get("notes") is None
    assert restored["rows"][0]["new_id"] == restored_item["id"] != item_id
    assert (restored["complete"], restored["rows"][0]["effect"]) == (True, "recreate")
    assert "used the former id" in restored["rows"][0]["warning"]
    assert again["rows"][0]["new_id"] == restored_item["id"]
    assert [item["name"] for item in getattr(sandbox.state, rows).values()].count("Fresh") == 1


async def test_undo_of_a_deleted_project_gives_it_to_its_entries_again(host: Host, sandbox: Sandbox) -> None:
    entry_id = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", project_id=WEB_SHOP)["id"]
    theirs = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Rolls", project_id=WEB_SHOP, user_id=TANE)
    await host.call("list_time_entries", period="today")
    await host.call("delete_project", project=WEB_SHOP)
    lost_ids = [sandbox.state.entries[key]["project_id"] for key in (entry_id, theirs["id"])]
    result = await host.call("undo")
    project, *_ = (row for row in result["rows"] if row["kind"] == "project")

    assert lost_ids == [None, None]
    assert sandbox.state.entries[entry_id]["project_id"] == project["new_id"]
    assert sandbox.state.entries[theirs["id"]]["project_id"] is None
    assert result["complete"] is True
    assert "except the rows listed here" in project["warning"]


async def test_undo_of_a_deleted_tag_that_was_cut_off_goes_on_with_the_same_call(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    (tag_id,) = (row["id"] for row in sandbox.state.tags.values() if row["name"] == "réunion")
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", tags=["réunion"], tag_ids=[tag_id])
    await host.call("list_time_entries", period="today")
    clock.now += 60  # Toggl counts the entry as changed by the deletion.
    await host.call("delete_tag", tag=tag_id)
    sandbox.fault = lambda call: Fault("rejected") if call.method == "PUT" else None
    refused = await host.call("undo")
    sandbox.fault = lambda _: None
    await host.call("undo", change=refused["undone_change_id"])

    assert sandbox.state.entries[entry["id"]]["tags"] == ["réunion"]
    assert [row["name"] for row in sandbox.state.tags.values()].count("réunion") == 1


async def test_undo_of_a_deleted_task_gives_the_new_one_to_its_entries(sandbox: Sandbox, clock: Clock) -> None:
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP, task_id=CHECKOUT)
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        await Host(client).call("list_time_entries", period="today")
        await Host(client).call("delete_task", task=CHECKOUT)
        result = await Host(client).call("undo")

    task = next(row for row in result["rows"] if row["kind"] == "task")
    assert sandbox.state.tasks[task["new_id"]]["name"] == task["name"]
    assert sandbox.state.entries[entry["id"]]["task_id"] == task["new_id"]


async def test_undo_of_an_edited_task_puts_its_fields_back(sandbox: Sandbox, clock: Clock) -> None:
    fields = ("name", "active", "estimated_seconds")
    before = [sandbox.state.tasks[CHECKOUT][field] for field in fields]
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        await Host(client).call("edit_task", task=CHECKOUT, name="Payment", active=False, estimated_seconds=60)
        await Host(client).call("undo")
        await Host(client).call("edit_task", task=CHECKOUT, active=False)
        await Host(client).call("edit_task", task=CHECKOUT, active=True)
        await Host(client).call("undo")

    assert [sandbox.state.tasks[CHECKOUT][field] for field in fields] == [before[0], False, before[2]]


async def test_undo_of_an_entry_that_toggl_lists_no_longer_says_so(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    entry = add_entry(sandbox, "2025-07-19T09:00", "2025-07-19T10:00", "Old")
    await host.call("edit_time_entries", ids=[entry["id"]], description="Changed")
    clock.now += 3 * 86_400
    result = await host.call("undo")

    assert result["complete"] is False
    assert "older than the entries that Toggl lists" in result["rows"][0]["reason"]


async def test_undo_of_merged_tags_gives_each_entry_its_own_back(host: Host, sandbox: Sandbox) -> None:
    tags = {row["name"]: row["id"] for row in sandbox.state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO}
    for names in (["réunion"], ["design", "réunion"], ["meeting", "réunion"], ["meeting"]):
        ids = [tags[name] for name in names]
        add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", tags=names, tag_ids=ids)
    before = {key: sorted(row["tags"]) for key, row in live_entries(sandbox).items()}
    await host.call("edit_tag", tag="réunion", merge_into="meeting")
    result = await host.call("undo")

    assert {key: sorted(row["tags"]) for key, row in live_entries(sandbox).items()} == before
    assert [row["kind"] for row in result["rows"] if "warning" in row] == ["tag"]


async def test_undo_of_a_created_project_with_time_entries_keeps_it(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_project", name="Fresh")
    await host.call("create_time_entries", entries=[{"start": "2025-10-14T09:00", "duration": 60, "project": "Fresh"}])
    result = await host.call("undo", change=created["change_id"])

    assert "in use by now (time entries: 1)" in result["rows"][0]["reason"]
    assert created["project"]["id"] in sandbox.state.projects


async def test_undo_of_an_archived_client_restores_the_projects_that_were_archived_with_it(
    host: Host, sandbox: Sandbox
) -> None:
    before = {key: row["active"] for key, row in sandbox.state.projects.items()}
    await host.call("edit_client", client=str(AROHA_BAKERY), archived=True)
    assert {key: row["active"] for key, row in sandbox.state.projects.items()} != before
    result = await host.call("undo")

    assert result["complete"] is True
    assert {key: row["active"] for key, row in sandbox.state.projects.items()} == before
    assert sandbox.state.clients[AROHA_BAKERY]["archived"] is False


async def test_undo_dry_run_without_a_change_lists_none(host: Host) -> None:
    result = await host.call("undo", dry_run=True)

    assert (result["rows"], result["changes"]) == ([], [])


async def test_undo_of_a_deleted_client_gives_the_new_one_to_its_projects(host: Host, sandbox: Sandbox) -> None:
    project_ids = [key for key, row in sandbox.state.projects.items() if row["client_id"] == AROHA_BAKERY]
    await host.call("list_projects", refresh=True)
    await host.call("delete_client", client=str(AROHA_BAKERY))
    result = await host.call("undo")

    client = next(row for row in result["rows"] if row["kind"] == "client")
    assert result["complete"] is True
    assert {sandbox.state.projects[key]["client_id"] for key in project_ids} == {client["new_id"]}


async def test_undo_of_a_deleted_project_creates_its_tasks_again(sandbox: Sandbox, clock: Clock) -> None:
    fields = ("name", "active", "estimated_seconds")
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP, task_id=CHECKOUT)
    before = [[row[field] for field in fields] for row in list_tasks(sandbox, WEB_SHOP)]
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        await Host(client).call("list_tasks", refresh=True)
        await Host(client).call("list_time_entries", period="today")
        await Host(client).call("delete_project", project=WEB_SHOP)
        result = await Host(client).call("undo")

    new_ids = {(row["kind"], row["id"]): row["new_id"] for row in result["rows"] if "new_id" in row}
    tasks = list_tasks(sandbox, new_ids["project", WEB_SHOP])
    assert [[row[field] for field in fields] for row in tasks] == before
    assert sandbox.state.entries[entry["id"]]["task_id"] == new_ids["task", CHECKOUT]


def list_tasks(sandbox: Sandbox, project_id: int) -> list[dict[str, Any]]:
    rows = [row for row in sandbox.state.tasks.values() if row["project_id"] == project_id]
    return sorted(rows, key=lambda row: row["name"])


async def test_undo_of_a_creation_that_was_redone_deletes_what_there_is_now(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_client", name="Zed")
    undone = await host.call("undo")
    await host.call("undo", change=undone["change_id"])
    names_after_redo = [row["name"] for row in sandbox.state.clients.values()]
    result = await host.call("undo", change=created["change_id"])

    assert names_after_redo.count("Zed") == 1
    assert (result["complete"], result["rows"][0]["effect"]) == (True, "delete")
    assert "Zed" not in [row["name"] for row in sandbox.state.clients.values()]


async def test_undo_of_an_edit_after_the_item_was_created_again_edits_the_new_one(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_client", name="Zed")
    edited = await host.call("edit_client", client="Zed", notes="Later")
    await host.call("delete_client", client=str(created["client"]["id"]))
    await host.call("undo")
    result = await host.call("undo", change=edited["change_id"])

    (row,) = (row for row in sandbox.state.clients.values() if row["name"] == "Zed")
    assert (result["complete"], row["id"] == created["client"]["id"], row.get("notes")) == (True, False, None)


async def test_undo_of_a_split_whose_second_half_has_changed_keeps_both_halves(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T11:00", "Cart")
    split = await host.call("split_time_entry", entry=entry["id"], at="10:00")
    clock.now += 60
    sandbox.state.edit_entry(split["entries"][1]["id"], description="By hand")
    before = live_entries(sandbox)
    result = await host.call("undo", change=split["change_id"])

    assert result["complete"] is False
    assert live_entries(sandbox) == before


async def test_undo_of_a_split_whose_first_half_toggl_refuses_keeps_the_second(host: Host, sandbox: Sandbox) -> None:
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T11:00", "Cart")
    await host.call("split_time_entry", entry=entry["id"], at="10:00")
    before = live_entries(sandbox)
    sandbox.fault = lambda call: Fault("rejected") if call.method == "PUT" else None
    result = await host.call("undo")

    assert result["complete"] is False
    assert live_entries(sandbox) == before


async def test_undo_of_merged_tags_can_be_undone(host: Host, sandbox: Sandbox) -> None:
    (tag_id,) = (row["id"] for row in sandbox.state.tags.values() if row["name"] == "réunion")
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", tags=["réunion"], tag_ids=[tag_id])
    await host.call("edit_tag", tag="réunion", merge_into="meeting")
    undone = await host.call("undo")
    result = await host.call("undo", change=undone["change_id"])

    assert result["complete"] is True
    assert sandbox.state.entries[entry["id"]]["tags"] == ["meeting"]
    assert "réunion" not in [row["name"] for row in sandbox.state.tags.values()]


async def test_undo_twice_at_once_creates_deleted_entries_once(host: Host, sandbox: Sandbox) -> None:
    sandbox.behaviors = replace(sandbox.behaviors, undelete_by_patch="ignored")
    ids = add_entries(sandbox, 3)
    deleted = await host.call("delete_time_entries", ids=ids)
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(partial(host.call, "undo", change=deleted["change_id"]))

    assert len(live_entries(sandbox)) == len(ids)


async def test_undo_of_a_deletion_brings_back_what_was_changed_in_the_web_app_before(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    await host.call("list_time_entries", period="today")
    sandbox.state.edit_entry(entry_id, description="By hand")
    clock.now += 30
    await host.call("delete_time_entries", ids=[entry_id])
    result = await host.call("undo")

    assert (result["complete"], live_entries(sandbox)[entry_id]["description"]) == (True, "By hand")


async def test_undo_of_a_deletion_names_the_entries_that_are_there_by_now(host: Host, sandbox: Sandbox) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    await host.call("delete_time_entries", ids=[entry_id])
    later = add_entry(sandbox, "2025-10-14T00:15", "2025-10-14T00:45", "Later")
    result = await host.call("undo")

    assert result["complete"] is True
    assert str(later["id"]) in result["rows"][0]["warning"]


async def test_undo_of_a_project_that_has_a_task_by_now_keeps_it(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        created = await Host(client).call("create_project", name="Fresh")
        await Host(client).call("create_task", project="Fresh", name="First")
        result = await Host(client).call("undo", change=created["change_id"])

    assert "tasks: 1" in result["rows"][0]["reason"]
    assert "Fresh" in [row["name"] for row in sandbox.state.projects.values()]


async def test_undo_dry_run_lists_changes_and_changes_nothing(host: Host, sandbox: Sandbox) -> None:
    ids = add_entries(sandbox, 2)
    edited = await host.call("edit_time_entries", ids=ids, description="Same")
    deleted = await host.call("delete_time_entries", ids=ids[:1])
    sandbox.calls.clear()
    result = await host.call("undo", dry_run=True)

    assert [change["change_id"] for change in result["changes"]] == [deleted["change_id"], edited["change_id"]]
    assert result["changes"][0]["steps"] == [f"delete time_entry {ids[0]}"]
    assert [(row["id"], row["effect"]) for row in result["rows"]] == [(ids[0], "undelete")]
    assert list_changes(sandbox) == []
    assert "change_id" not in result


async def test_undo_where_the_quota_ends_goes_on_with_the_same_call(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    ids = add_entries(sandbox, 4)
    before = live_entries(sandbox)
    await host.call("edit_time_entries", ids=ids, description="Same")
    sent: list[str] = []

    def refuse_second(call: Call) -> Fault | None:
        sent.append(call.method)
        return Fault("402") if sent.count("PATCH") > 1 and call.method == "PATCH" else None

    sandbox.fault = refuse_second
    partial = await host.call("undo")
    sandbox.fault = lambda _: None
    clock.now += 3600

    after_failure = live_entries(sandbox)
    result = await host.call("undo")

    assert (partial["complete"], result["complete"]) == (False, True)
    assert [row["id"] for row in partial["rows"] if "reason" in row] == [ids[1], ids[3]]
    assert {key for key, row in after_failure.items() if row == before[key]} == {ids[0], ids[2]}
    assert live_entries(sandbox) == before


async def test_undo_survives_a_restart(sandbox: Sandbox, clock: Clock, tmp_path: Path) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    before = live_entries(sandbox)
    async with Client(serve(sandbox, clock, store=SqliteStore(tmp_path / "cache.db", clock=clock))) as client:
        await Host(client).call("edit_time_entries", ids=[entry_id], description="Changed")
    async with Client(serve(sandbox, clock, store=SqliteStore(tmp_path / "cache.db", clock=clock))) as client:
        result = await Host(client).call("undo")

    assert result["complete"] is True
    assert live_entries(sandbox) == before


async def test_undo_where_only_time_entries_may_be_changed_refuses_others(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, access="time-tracking")) as client:
        await Host(client).call("create_client", name="Fresh")
        error = await Host(client).fail("undo")

    assert error["code"] == "forbidden"


async def test_undo_of_a_change_that_was_never_confirmed_says_so(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: (
        Fault("lost after") if call.method == "POST" else Fault("500 before") if sandbox.calls[2:] else None
    )
    await host.fail("create_time_entries", entries=[{"start": "2025-10-14T09:00", "duration": 60}])
    sandbox.fault = lambda _: None
    result = await host.call("undo")

    assert result["complete"] is False
    assert "never confirmed" in result["rows"][0]["reason"]


async def test_undo_of_a_changed_estimate_puts_it_back(host: Host, sandbox: Sandbox) -> None:
    await host.call("edit_project", project=WEB_SHOP, estimated_hours=300, rate=120)
    await host.call("undo")

    row = sandbox.state.projects[WEB_SHOP]
    assert (row["estimated_hours"], row["rate"]) == (260, 95)


async def test_undo_of_a_first_estimate_says_where_to_empty_it(host: Host, sandbox: Sandbox) -> None:
    await host.call("edit_project", project=BREAD_LABELS, estimated_hours=40)

    result = await host.call("undo")

    assert result["complete"] is False
    assert "estimated_hours. Empty it in Toggl's web app." in result["rows"][0]["reason"]
    assert sandbox.state.projects[BREAD_LABELS]["estimated_hours"] == 40
