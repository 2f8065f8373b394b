"""Undoing where an item was created again under another id: what referred to the former one refers to the new one."""

from dataclasses import replace
from typing import Any, Literal

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
from tests.tools.host import Host, serve
from tests.tools.undo_rows import add_entries, live_entries
from toggl_mcp.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP = 201_500_302
CHECKOUT = 80_400_301
AROHA_BAKERY = 64_890_301
TANE = 7_301_002


def list_tasks(sandbox: Sandbox, project_id: int) -> list[dict[str, Any]]:
    rows = [row for row in sandbox.state.tasks.values() if row["project_id"] == project_id]
    return sorted(rows, key=lambda row: row["name"])


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
    assert project["warning"].startswith(
        "Tasks that are not among these rows are gone. Entries that are not among these rows, as those of"
    )


async def test_undo_of_a_deleted_task_gives_the_new_one_to_its_entries(sandbox: Sandbox, clock: Clock) -> None:
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP, task_id=CHECKOUT)
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        await Host(client).call("list_time_entries", period="today")
        await Host(client).call("delete_task", task=CHECKOUT)
        result = await Host(client).call("undo")

    task = next(row for row in result["rows"] if row["kind"] == "task")
    assert sandbox.state.tasks[task["new_id"]]["name"] == task["name"]
    assert sandbox.state.entries[entry["id"]]["task_id"] == task["new_id"]


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
