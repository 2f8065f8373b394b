"""Undoing changes of time entries and timers, by what Toggl has before and after."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, running, timers
from tests.tools.host import Host
from tests.tools.undo_rows import add_entries, live_entries
from toggl_mcp.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]


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


async def test_undo_of_a_started_timer_lets_the_former_one_run(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    running(sandbox, "2025-10-14T17:00", "First")
    await host.call("start_timer", description="Second")
    clock.now += 60
    assert timers(sandbox) == ["Second"]
    result = await host.call("undo")

    assert result["complete"] is True
    assert [row["description"] for row in live_entries(sandbox).values() if row["stop"] is None] == ["First"]


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


async def test_undo_of_an_entry_that_toggl_lists_no_longer_says_so(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    entry = add_entry(sandbox, "2025-07-19T09:00", "2025-07-19T10:00", "Old")
    await host.call("edit_time_entries", ids=[entry["id"]], description="Changed")
    clock.now += 3 * 86_400
    result = await host.call("undo")

    assert result["complete"] is False
    assert "older than the entries that Toggl lists" in result["rows"][0]["reason"]


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
