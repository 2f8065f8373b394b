"""Undo as a whole: which change it takes, what it lists, undoing an undo, and who may."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes
from tests.tools.host import Host, serve
from tests.tools.undo_rows import add_entries, live_entries
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.models.journal import ChangeRecord, RowChange
from toggl_mcp.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]


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


async def test_undo_dry_run_without_a_change_lists_none(host: Host) -> None:
    result = await host.call("undo", dry_run=True)

    assert (result["rows"], result["changes"]) == ([], [])


async def test_undo_dry_run_lists_changes_and_changes_nothing(host: Host, sandbox: Sandbox) -> None:
    ids = add_entries(sandbox, 2)
    edited = await host.call("edit_time_entries", ids=ids, description="Same")
    deleted = await host.call("delete_time_entries", ids=ids[:1])
    sandbox.calls.clear()
    result = await host.call("undo", dry_run=True)

    assert [change["change_id"] for change in result["changes"]] == [deleted["change_id"], edited["change_id"]]
    assert result["changes"][0]["steps"] == [f"delete time_entry {ids[0]} “Same”"]
    assert [(row["id"], row["effect"]) for row in result["rows"]] == [(ids[0], "undelete")]
    assert list_changes(sandbox) == []
    assert "change_id" not in result


async def test_undo_dry_run_names_what_each_change_was_about(host: Host, sandbox: Sandbox) -> None:
    names = enumerate(["Mail", "Mail", "", "Bread", "Rolls", "Cake"])
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", name) for hour, name in names]
    ids = [row["id"] for row in rows]
    await host.call("delete_time_entries", ids=ids[:1])
    await host.call("edit_time_entries", ids=ids[1:], tags=["design"])
    await host.call("edit_tag", tag="design", name="drawing")
    await host.call("edit_project", project="Web shop", rate=90, estimated_hours=450)

    result = await host.call("undo", dry_run=True)
    changes = result["changes"]

    ids_text = " ".join(map(str, ids[1:]))
    assert [change["steps"] for change in reversed(changes)] == [
        [f"delete time_entry {ids[0]} “Mail”"],
        [f"edit time_entry {ids_text} “Mail”, “Bread”, “Rolls” and others: tags"],
        ["edit tag 17300301 “design”: name"],
        ["edit project 201500302 “Web shop”: estimated_hours, rate"],
    ]
    assert [row["fields"] for row in result["rows"]] == [["estimated_hours", "rate"]]


class ForeignJournalStore(MemoryStore):
    """A store whose journal has rows of another form, as another version of this program may write them."""

    async def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        texts = ['{"title": "Mail"}', '{"title": "Mail", "project": {}}']
        return [
            record.model_copy(update={"rows": [RowChange(row.row_id, *texts) for row in record.rows]})
            for record in await super().list_records(scope)
        ]


async def test_undo_of_rows_in_another_form_is_refused_and_changes_nothing(sandbox: Sandbox, clock: Clock) -> None:
    ids = add_entries(sandbox, 2)
    async with Client(serve(sandbox, clock, store=ForeignJournalStore(clock=clock))) as client:
        host = Host(client)
        await host.call("edit_time_entries", ids=ids[:1], description="Other")
        await host.call("delete_time_entries", ids=ids[1:])
        await host.call("start_timer", description="Now")
        before = live_entries(sandbox)
        listed = await host.call("undo", dry_run=True)
        results = [await host.call("undo", change=change["change_id"]) for change in listed["changes"]]

    assert len(results) == 3
    assert [result["complete"] for result in results] == [False] * 3
    assert all(row["reason"] for result in results for row in result["rows"])
    assert live_entries(sandbox) == before


async def test_undo_without_a_change_says_so(host: Host, sandbox: Sandbox) -> None:
    error = await host.fail("undo")
    assert error["message"] == "Nothing was changed through this server in the last 7 days, so nothing can be undone."

    (entry_id,) = add_entries(sandbox, 1)
    await host.call("edit_time_entries", ids=[entry_id], description="Other")
    await host.call("undo")
    error = await host.fail("undo")
    assert error["message"].startswith("Each is an undo, or undone, among the last 2 changes.")


async def test_undo_reaches_back_seven_days(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    before = live_entries(sandbox)
    await host.call("edit_time_entries", ids=[entry_id], description="Other")
    clock.now += 7 * 86_400 - 1
    undone = await host.call("undo")
    clock.now += 2
    error = await host.fail("undo", change=undone["undone_change_id"])

    assert (undone["complete"], error["code"]) == (True, "not_found")
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
