"""Undoing where requests fail: it says what is left, and the same call goes on there."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, running
from tests.tools.host import Host
from tests.tools.undo_rows import add_entries, live_entries
from toggl_mcp.sandbox import Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]


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


async def test_undo_of_a_split_whose_first_half_toggl_refuses_keeps_the_second(host: Host, sandbox: Sandbox) -> None:
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T11:00", "Cart")
    await host.call("split_time_entry", entry=entry["id"], at="10:00")
    before = live_entries(sandbox)
    sandbox.fault = lambda call: Fault("rejected") if call.method == "PUT" else None
    result = await host.call("undo")

    assert result["complete"] is False
    assert live_entries(sandbox) == before


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


async def test_undo_of_a_change_that_was_never_confirmed_says_so(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: (
        Fault("lost after") if call.method == "POST" else Fault("500 before") if sandbox.calls[2:] else None
    )
    await host.fail("create_time_entries", entries=[{"start": "2025-10-14T09:00", "duration": 60}])
    sandbox.fault = lambda _: None
    result = await host.call("undo")

    assert result["complete"] is False
    assert "never confirmed" in result["rows"][0]["reason"]


async def test_undo_of_a_split_whose_first_half_was_never_confirmed_keeps_the_second(
    host: Host, sandbox: Sandbox
) -> None:
    entry = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T11:00", "Cart")
    sandbox.fault = lambda call: Fault("lost after") if call.method == "PUT" else None
    await host.fail("split_time_entry", entry=entry["id"], at="10:00")
    sandbox.fault = lambda _: None
    before = live_entries(sandbox)
    result = await host.call("undo")

    assert len(before) == 2
    assert result["complete"] is False
    assert live_entries(sandbox) == before


async def test_undo_of_an_edit_after_the_undo_of_a_later_one_was_never_confirmed_puts_it_back(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    (entry_id,) = add_entries(sandbox, 1)
    before = live_entries(sandbox)
    await host.call("edit_time_entries", ids=[entry_id], stop="2025-10-14T00:10")
    clock.now += 60
    await host.call("edit_time_entries", ids=[entry_id], stop="2025-10-14T00:20")
    clock.now += 60
    sandbox.fault = lambda call: Fault("lost after") if call.method == "PUT" else None
    unconfirmed = await host.call("undo")
    sandbox.fault = lambda _: None
    await host.call("undo", change=unconfirmed["undone_change_id"])
    result = await host.call("undo")

    assert (unconfirmed["complete"], result["complete"]) == (False, True)
    assert live_entries(sandbox) == before


async def test_undo_of_a_creation_whose_second_one_was_never_confirmed_deletes_what_there_is_now(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    created = await host.call("create_client", name="Zed")
    deleted = await host.call("delete_client", client=str(created["client"]["id"]))
    sandbox.calls.clear()

    def lose_creation(call: Call) -> Fault | None:
        is_sent = any(call.method == "POST" for call in sandbox.calls)
        return Fault("lost after") if call.method == "POST" else Fault("500 before") if is_sent else None

    sandbox.fault = lose_creation
    unconfirmed = await host.call("undo", change=deleted["change_id"])
    sandbox.fault = lambda _: None
    clock.now += 3600
    repeated = await host.call("undo", change=deleted["change_id"])
    result = await host.call("undo", change=created["change_id"])

    assert [undone["complete"] for undone in (unconfirmed, repeated, result)] == [False, True, True]
    assert "Zed" not in [row["name"] for row in sandbox.state.clients.values()]
