"""Undoing changes of clients, projects, tasks and tags, by what Toggl has before and after."""

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
from tests.tools.host import Host, serve
from tests.tools.undo_rows import live_entries
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP = 201_500_302
BREAD_LABELS = 201_500_301
CHECKOUT = 80_400_301
AROHA_BAKERY = 64_890_301


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
    preview = await host.call("undo", dry_run=True)
    restored = await host.call("undo")
    (restored_item,) = (await host.call(f"list_{rows}", name="Fresh", refresh=True))[rows]
    again = await host.call("undo", change=restored["undone_change_id"])

    assert [item["name"] for item in after_edit[rows]] == ["Fresh"]
    assert after_edit[rows][0].get("client_id") is after_edit[rows][0].get("notes") is None
    assert restored["rows"][0]["new_id"] == restored_item["id"] != item_id
    assert (restored["complete"], restored["rows"][0]["effect"]) == (True, "recreate")
    assert [{**row, "new_id": restored_item["id"]} for row in preview["rows"]] == restored["rows"]
    lost_by = {
        "client": "Projects",
        "project": "Tasks that are not among these rows are gone. Entries",
        "tag": "Entries",
    }[kind]
    assert restored["rows"][0]["warning"].startswith(f"{lost_by} that are not among these rows")
    assert again["rows"][0]["new_id"] == restored_item["id"]
    assert [item["name"] for item in getattr(sandbox.state, rows).values()].count("Fresh") == 1


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


async def test_undo_of_merged_tags_can_be_undone(host: Host, sandbox: Sandbox) -> None:
    (tag_id,) = (row["id"] for row in sandbox.state.tags.values() if row["name"] == "réunion")
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", tags=["réunion"], tag_ids=[tag_id])
    await host.call("edit_tag", tag="réunion", merge_into="meeting")
    undone = await host.call("undo")
    result = await host.call("undo", change=undone["change_id"])

    assert result["complete"] is True
    assert sandbox.state.entries[entry["id"]]["tags"] == ["meeting"]
    assert "réunion" not in [row["name"] for row in sandbox.state.tags.values()]


async def test_undo_of_a_created_project_with_time_entries_keeps_it(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_project", name="Fresh")
    await host.call("create_time_entries", entries=[{"start": "2025-10-14T09:00", "duration": 60, "project": "Fresh"}])
    result = await host.call("undo", change=created["change_id"])

    assert "in use by now (time entries: 1)" in result["rows"][0]["reason"]
    assert created["project"]["id"] in sandbox.state.projects


async def test_undo_of_a_project_that_has_a_task_by_now_keeps_it(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        created = await Host(client).call("create_project", name="Fresh")
        await Host(client).call("create_task", project="Fresh", name="First")
        result = await Host(client).call("undo", change=created["change_id"])

    assert "tasks: 1" in result["rows"][0]["reason"]
    assert "Fresh" in [row["name"] for row in sandbox.state.projects.values()]


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


async def test_undo_of_a_changed_estimate_puts_it_back(host: Host, sandbox: Sandbox) -> None:
    await host.call("edit_project", project=WEB_SHOP, estimated_hours=300, rate=120)
    await host.call("undo")

    row = sandbox.state.projects[WEB_SHOP]
    assert (row["estimated_hours"], row["rate"]) == (440, 95)


async def test_undo_of_a_first_estimate_says_where_to_empty_it(host: Host, sandbox: Sandbox) -> None:
    await host.call("edit_project", project=BREAD_LABELS, estimated_hours=40)

    result = await host.call("undo")

    assert result["complete"] is False
    assert "estimated_hours. Empty it in Toggl's web app." in result["rows"][0]["reason"]
    assert sandbox.state.projects[BREAD_LABELS]["estimated_hours"] == 40
