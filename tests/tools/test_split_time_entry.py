"""Splitting an entry in two."""

from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, CHECKOUT = 201_500_302, 80_400_301


@pytest.fixture
def row(sandbox: Sandbox) -> dict[str, Any]:
    work: dict[str, Any] = {"project_id": WEB_SHOP, "task_id": CHECKOUT, "billable": True, "tags": ["design"]}
    return add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T12:00", "Cart", **work)


def times(sandbox: Sandbox) -> list[tuple[str, int]]:
    rows = [row for row in sandbox.state.entries.values() if row["server_deleted_at"] is None]
    return sorted((row["start"], row["duration"]) for row in rows)


async def test_split_time_entry_makes_two_adjoining_entries_of_the_same_work(
    host: Host, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    result = await host.call("split_time_entry", entry=row["id"], at="11:00")

    first, second = result["entries"]
    assert (first["id"], first["stop"], first["seconds"]) == (row["id"], second["start"], 7200)
    assert (second["seconds"], second["stop"]) == (3600, "2025-10-13T12:00:00+13:00")
    other = sandbox.state.entries[second["id"]]
    assert {field: other[field] for field in ("description", "project_id", "task_id", "billable", "tags")} == {
        field: row[field] for field in ("description", "project_id", "task_id", "billable", "tags")
    }


async def test_split_time_entry_second_takes_its_changes(host: Host, row: dict[str, Any]) -> None:
    second = {"description": "Labels", "project": "Bread labels"}
    result = await host.call("split_time_entry", entry="last", at="2025-10-13T10:00", second=second)

    assert [(part["description"], part["project"]) for part in result["entries"]] == [
        ("Cart", "Web shop"),
        ("Labels", "Bread labels"),
    ]
    assert result["entries"][0]["id"] == row["id"]


@pytest.mark.parametrize("at", ["12:00", "09:00", "2025-10-14T10:00", "noonish"])
async def test_split_time_entry_outside_of_the_entry_is_refused(
    host: Host, sandbox: Sandbox, row: dict[str, Any], at: str
) -> None:
    error = await host.fail("split_time_entry", entry=row["id"], at=at)

    assert (error["code"], error["message"][:4]) == ("invalid_arguments", "at: ")
    assert list_changes(sandbox) == []


async def test_split_time_entry_running_timer_is_refused(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T09:00")
    error = await host.fail("split_time_entry", entry="running", at="12:00")

    assert (error["code"], "stop_timer takes a stop" in error["message"]) == ("invalid_arguments", True)


@pytest.mark.parametrize(
    ("at", "stop"),
    [("2", "14:00"), ("half past one", "13:30"), ("1:45", "13:45"), ("2:15 pm", "14:15"), ("14:30", "14:30")],
)
async def test_split_time_entry_hour_of_either_half_of_the_day_is_the_one_within_the_entry(
    host: Host, sandbox: Sandbox, at: str, stop: str
) -> None:
    entry = add_entry(sandbox, "2025-10-13T13:00", "2025-10-13T15:00", "Cart")
    first, _ = (await host.call("split_time_entry", entry=entry["id"], at=at))["entries"]

    assert first["stop"] == f"2025-10-13T{stop}:00+13:00"


async def test_split_time_entry_time_with_a_date_is_of_24_hours(host: Host, sandbox: Sandbox) -> None:
    entry = add_entry(sandbox, "2025-10-13T19:00", "2025-10-13T21:00", "Cart")
    error = await host.fail("split_time_entry", entry=entry["id"], at="2025-10-13 8:00")

    assert "at: must be within the entry" in error["message"]


async def test_split_time_entry_at_midnight_is_the_one_within_the_entry(host: Host, sandbox: Sandbox) -> None:
    entry = add_entry(sandbox, "2025-10-12T22:00", "2025-10-13T01:00", "Cart")
    first, _ = (await host.call("split_time_entry", entry=entry["id"], at="midnight"))["entries"]

    assert first["stop"] == "2025-10-13T00:00:00+13:00"


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_split_time_entry_failure_of_a_half_leaves_the_entry_whole(
    host: Host, sandbox: Sandbox, row: dict[str, Any], method: str
) -> None:
    before = times(sandbox)
    sandbox.fault = lambda call: Fault("rejected") if call.method == method else None
    error = await host.fail("split_time_entry", entry=row["id"], at="11:00")

    assert times(sandbox) == before
    assert ("deleted again, so that nothing is changed" in error["message"]) is (method == "PUT")


async def test_split_time_entry_that_cannot_be_undone_says_how_to_complete_it(
    host: Host, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    def fault(call: Call) -> Fault | None:
        return Fault("rejected") if call.method in ("PUT", "DELETE") else None

    sandbox.fault = fault
    error = await host.fail("split_time_entry", entry=row["id"], at="11:00")

    assert error["code"] == "outcome_unknown"
    assert f"edit_time_entries(ids: [{row['id']}], stop: 2025-10-13T11:00:00)" in error["message"]


async def test_split_time_entry_beyond_the_quota_sends_nothing(
    host: Host, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    await host.call("list_projects")
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=2)
    await host.call("list_tags", refresh=True)
    error = await host.fail("split_time_entry", entry=row["id"], at="11:00")

    assert (error["code"], "needs 2 requests" in error["message"]) == ("quota_spent", True)
    assert list_changes(sandbox) == []


async def test_split_time_entry_again_after_it_was_cut_off_creates_no_second_half(
    host: Host, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    def fault(call: Call) -> Fault | None:
        return Fault("rejected") if call.method in ("PUT", "DELETE") else None

    sandbox.fault = fault
    await host.fail("split_time_entry", entry=row["id"], at="11:00")
    sandbox.fault = lambda _: None
    result = await host.call("split_time_entry", entry=row["id"], at="11:00")

    assert [part["seconds"] for part in result["entries"]] == [7200, 3600]
    assert [seconds for _, seconds in times(sandbox)] == [7200, 3600]


@pytest.mark.parametrize(
    ("at", "stop"), [("01:00", "2025-10-13T01:00:00+13:00"), ("23:00", "2025-10-12T23:00:00+13:00")]
)
async def test_split_time_entry_time_of_day_is_on_the_day_within_the_entry(
    host: Host, sandbox: Sandbox, at: str, stop: str
) -> None:
    entry = add_entry(sandbox, "2025-10-12T22:00", "2025-10-13T03:00", "Night")
    result = await host.call("split_time_entry", entry=entry["id"], at=at)

    assert result["entries"][0]["stop"] == stop


async def test_split_time_entry_time_of_day_on_two_days_is_refused_with_both(host: Host, sandbox: Sandbox) -> None:
    entry = add_entry(sandbox, "2025-10-12T09:00", "2025-10-13T12:00", "Long")
    error = await host.fail("split_time_entry", entry=entry["id"], at="10:00")

    assert "2025-10-12T10:00:00 or 2025-10-13T10:00:00" in error["message"]


async def test_split_time_entry_keeps_what_was_changed_in_the_web_app(
    host: Host, sandbox: Sandbox, clock: Clock, row: dict[str, Any]
) -> None:
    await host.call("list_time_entries", period="yesterday")
    sandbox.state.edit_entry(row["id"], stop=clock() - 28 * 3600)
    clock.now += 30
    result = await host.call("split_time_entry", entry=row["id"], at="11:00")

    assert [part["seconds"] for part in result["entries"]] == [7200, 3 * 3600]
