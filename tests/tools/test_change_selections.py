"""Which entries an edit or a deletion means: by ids, by words, or by filters and their number."""

from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP = 201_500_302


@pytest.fixture
def rows(sandbox: Sandbox, six_in_the_evening: None) -> list[dict[str, Any]]:
    """Three entries of today, two of them without a project, and one of yesterday."""
    del six_in_the_evening  # It empties the diary first.
    return [
        add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:00", "Yesterday"),
        add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Cart", project_id=WEB_SHOP),
        add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00", "Mail"),
        add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Lesson", NIGHT_SCHOOL),
    ]


async def test_edit_time_entries_by_filters_changes_the_entries_that_the_dry_run_lists(
    host: Host, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    filters = {"period": "today", "missing": ["project"], "workspace": "Harbour Studio"}
    plan = await host.call("edit_time_entries", filters=filters, project="Web shop", dry_run=True)

    assert (plan["edited_ids"], list_changes(sandbox)) == ([], [])
    assert plan["matches"] == [f"entry {rows[2]['id']} “Mail”, 2025-10-14T10:00:00 to 2025-10-14T11:00:00"]
    count = plan["expected_count"]
    result = await host.call("edit_time_entries", filters=filters, project="Web shop", expected_count=count)
    assert result["edited_ids"] == [rows[2]["id"]]
    assert rows[2]["project_id"] == WEB_SHOP


async def test_edit_time_entries_by_filters_in_two_workspaces_says_how_to_leave_one_out(
    host: Host, rows: list[dict[str, Any]]
) -> None:
    filters: dict[str, object] = {"period": "today", "missing": ["project"]}
    error = await host.fail("edit_time_entries", filters=filters, project="Web shop", expected_count=2)

    assert f"Leave them out by filters.workspace: {HARBOUR_STUDIO};" in error["message"]
    filters["workspace"] = HARBOUR_STUDIO
    edited = await host.call("edit_time_entries", filters=filters, project="Web shop", expected_count=1)
    assert edited["edited_ids"] == [rows[2]["id"]]


async def test_edit_time_entries_by_filters_reads_the_entries_again_and_not_the_account(
    host: Host, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    await host.call("list_time_entries", period="today")
    rows[2]["project_id"] = WEB_SHOP
    count = len(sandbox.calls)

    filters = {"period": "today", "project": "Web shop"}
    result = await host.call("edit_time_entries", filters=filters, description="Cart", expected_count=2)

    assert {*result["edited_ids"]} == {rows[1]["id"], rows[2]["id"]}
    assert [call.method for call in sandbox.calls[count:]] == ["GET", "PATCH"]


async def test_delete_time_entries_dry_run_names_the_projects_of_the_entries(
    host: Host, rows: list[dict[str, Any]]
) -> None:
    plan = await host.call("delete_time_entries", filters={"period": "today", "project": "Web shop"}, dry_run=True)

    times = "2025-10-14T09:00:00 to 2025-10-14T10:00:00"
    assert plan["matches"] == [f"entry {rows[1]['id']} “Cart”, Web shop, {times}"]
    assert plan["expected_count"] == 1
    plan = await host.call("delete_time_entries", ids=[rows[1]["id"]], dry_run=True)
    assert "expected_count" not in plan


async def test_delete_time_entries_by_filters_answers_with_what_was_deleted(
    host: Host, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    result = await host.call(
        "delete_time_entries", filters={"period": "today", "project": "Web shop"}, expected_count=1
    )

    (deleted,) = result["deleted"]
    assert (deleted["id"], deleted["description"], deleted["project"]) == (rows[1]["id"], "Cart", "Web shop")
    assert list_changes(sandbox) == [f"DELETE /workspaces/{HARBOUR_STUDIO}/time_entries/{rows[1]['id']}"]


@pytest.mark.parametrize("tool", ["edit_time_entries", "delete_time_entries"])
@pytest.mark.parametrize(
    ("selection", "code", "message"),
    [
        ({"filters": {"period": "today"}}, "invalid_arguments", "filters need expected_count"),
        ({"filters": {"period": "today"}, "expected_count": 2}, "invalid_arguments", "filters match 3 entries, not 2."),
        (
            {"filters": {"period": "2025-10-01"}, "expected_count": 2},
            "not_found",
            "filters match none of your entries from 2025-10-01 to 2025-10-01; look with list_time_entries.",
        ),
        ({"filters": {"user": "all"}, "expected_count": 2}, "invalid_arguments", "filters: user: only your own"),
        (
            {"filters": {"project": "Web shop"}, "expected_count": 1},
            "invalid_arguments",
            "filters: give period, such as",
        ),
        ({"filters": {"projet": "x"}, "expected_count": 2}, "invalid_arguments", "filters.projet: is not an argument"),
        ({"filters": {"period": "today"}, "ids": ["last"]}, "invalid_arguments", "give exactly one of ids or filters"),
        ({}, "invalid_arguments", "give exactly one of ids or filters"),
        ({"ids": ["running"]}, "not_found", "No timer is running."),
    ],
)
@pytest.mark.usefixtures("rows")
async def test_change_of_entries_that_are_not_certain_is_refused(
    host: Host, sandbox: Sandbox, tool: str, selection: dict[str, object], code: str, message: str
) -> None:
    changes = {"description": "New"} if tool == "edit_time_entries" else {}
    error = await host.fail(tool, **selection, **changes)

    assert (error["code"], message in error["message"]) == (code, True)
    assert list_changes(sandbox) == []


@pytest.mark.usefixtures("rows")
async def test_delete_time_entries_by_filters_is_refused_on_a_stale_cache(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_time_entries")
    clock.now += 600
    sandbox.quota.spend(None)
    error = await host.fail("delete_time_entries", filters={"period": "today"}, expected_count=3)

    assert error["code"] == "quota_spent"
    assert list_changes(sandbox) == []


@pytest.mark.parametrize("dry_run", [False, True])
async def test_edit_time_entries_filters_that_match_over_a_hundred_are_refused(
    host: Host, sandbox: Sandbox, *, dry_run: bool
) -> None:
    for number in range(101):
        add_entry(
            sandbox, f"2025-10-14T{number // 60:02}:{number % 60:02}", f"2025-10-14T{number // 60:02}:{number % 60:02}"
        )
    arguments = {"dry_run": True} if dry_run else {"expected_count": 100}
    error = await host.fail("edit_time_entries", filters={"period": "today"}, description="New", **arguments)

    assert "match 101 entries; one call changes at most 100" in error["message"]


async def test_edit_and_delete_time_entries_running_and_last_mean_what_toggl_has_now(
    host: Host, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    await host.call("list_time_entries")
    timer = running(sandbox, "2025-10-14T17:00", "Now")
    edited = await host.call("edit_time_entries", ids=["running"], description="Still")
    deleted = await host.call("delete_time_entries", ids="last")

    assert (edited["edited_ids"], timer["description"]) == ([timer["id"]], "Still")
    assert deleted["deleted_ids"] == [rows[3]["id"]]


@pytest.mark.parametrize("tool", ["edit_time_entries", "delete_time_entries"])
@pytest.mark.parametrize("edited", [None, "it", "another"])
async def test_change_of_last_after_another_entry_was_logged_names_both(
    host: Host, sandbox: Sandbox, clock: Clock, rows: list[dict[str, Any]], tool: str, edited: str | None
) -> None:
    logged = await host.create_entry(start="yesterday 14:00", duration="1h", description="Visit")
    if edited is not None:
        await host.call("edit_time_entries", ids=[logged["id"] if edited == "it" else rows[0]["id"]], tags=["design"])
    changes = {"description": "New"} if tool == "edit_time_entries" else {}
    count = len(list_changes(sandbox))

    error = await host.fail(tool, ids=["last"], **changes)

    assert error["message"] == (
        f"last: the latest is entry {rows[3]['id']} “Lesson”, 2025-10-14T11:00:00 to 2025-10-14T12:00:00, but what was "
        f"logged just now is entry {logged['id']} “Visit”, 2025-10-13T14:00:00 to 2025-10-13T15:00:00. Give an id."
    )
    assert len(list_changes(sandbox)) == count
    clock.now += 601
    await host.call(tool, ids=["last"], **changes)
    assert len(list_changes(sandbox)) == count + 1


async def test_edit_time_entries_last_after_a_timer_was_stopped_before_the_end_of_another_names_both(
    host: Host, sandbox: Sandbox, rows: list[dict[str, Any]]
) -> None:
    timer = running(sandbox, "2025-10-14T11:30", "Call")
    await host.call("stop_timer", stop="11:45")

    error = await host.fail("edit_time_entries", ids=["last"], project="Web shop")

    assert error["message"].startswith(f"last: the latest is entry {rows[3]['id']} “Lesson”")
    assert f"logged just now is entry {timer['id']} “Call”" in error["message"]


async def test_delete_time_entries_ids_in_one_text_are_those_entries(host: Host, rows: list[dict[str, Any]]) -> None:
    result = await host.call("delete_time_entries", ids=f"{rows[1]['id']}, {rows[2]['id']}")

    assert result["deleted_ids"] == [rows[1]["id"], rows[2]["id"]]


async def test_delete_time_entries_last_after_the_timer_was_switched_is_the_stopped_one(
    host: Host, sandbox: Sandbox
) -> None:
    timer = running(sandbox, "2025-10-14T17:00", "Former")
    await host.call("start_timer", description="Next")

    result = await host.call("delete_time_entries", ids="last")

    assert result["deleted_ids"] == [timer["id"]]


async def test_delete_time_entries_of_many_reports_progress(host: Host, sandbox: Sandbox) -> None:
    for minute in range(12):
        add_entry(sandbox, f"2025-10-14T09:{minute:02}", f"2025-10-14T09:{minute + 1:02}")
    reports: list[float] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        del message
        assert total == 12
        reports.append(progress)

    arguments = {"filters": {"period": "today"}, "expected_count": 12}
    await host.client.call_tool("delete_time_entries", arguments, progress_callback=report)

    assert reports == [*range(1, 13)]
    assert all(row["server_deleted_at"] for row in sandbox.state.entries.values())


@pytest.mark.parametrize("arguments", [{"dry_run": True}, {"expected_count": 5}])
async def test_edit_time_entries_of_filters_that_match_older_ones_than_toggl_lists_is_refused(
    host: Host, sandbox: Sandbox, rows: list[dict[str, Any]], arguments: dict[str, object]
) -> None:
    add_entry(sandbox, "2025-06-02T09:00", "2025-06-02T10:00", "Old", workspace=rows[0]["wid"])
    filters = {"start": "2025-06-01", "end": "2025-10-14"}
    error = await host.fail("edit_time_entries", filters=filters, project="Web shop", **arguments)

    assert "entries that filters match are older than Toggl lists" in error["message"]
    assert "Nothing was changed. Begin the period at 2025-07-18." in error["message"]
    assert not [change for change in list_changes(sandbox) if "/reports" not in change]
