"""One row that cannot be read takes no others with it: it is left out, and the result says so."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import cast

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from tests.tools.host import Host, Result, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, Call, Fault, Sandbox
from toggl_mcp.sandbox.rows import Row

pytestmark = pytest.mark.anyio

SHOP_SIGN = 201_500_303
AROHA = 64_890_301
NINE, TEN, ELEVEN, NOON = (f"2025-10-14T{hour:02}:00" for hour in (9, 10, 11, 12))
ONE_ROW = "Rows that cannot be read, and are left out: 1. Look at them in Toggl's web app."
ONE_ENTRY = "Time entries that cannot be read, and are left out: 1. Look at them in Toggl's web app."
NAMED_PATHS = {
    "list_clients": "/clients",
    "list_projects": "/projects",
    "list_tags": "/tags",
    "list_tasks": "/tasks",
}
NAMELESS: list[object] = [{"name": None}, {"name": 7}, {"id": None}, {"id": "x"}, {"id": -3}, {"id": 10**30}, None, [7]]
TIMELESS: list[object] = [
    {"start": None},
    {"start": "0001-01-01T00:00:00Z"},
    {"start": "9999-12-31T23:59:59Z"},
    {"start": "2025-10-14T09:00:00"},
    {"start": "yesterday"},
    {"duration": None, "stop": None},
    {"duration": None, "stop": "2020-01-01T00:00:00Z"},
    {"duration": 10**15, "stop": None},
    {"workspace_id": None, "wid": None},
    {"id": None},
    None,
]
READABLE: list[tuple[Row, int]] = [
    ({"duration": -1}, 3600),
    ({"duration": -1_760_000_000}, 3600),
    ({"duration": None}, 3600),
    ({"duration": 10**15}, 3600),
    ({"duration": 1800}, 1800),
    ({"description": 7, "tags": [None], "tag_ids": "x", "project_id": {}, "at": "x", "billable": "perhaps"}, 3600),
    ({"at": "2025-10-14T10:00:00"}, 3600),
]
"""What a row says in other words, and the seconds that count."""


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Host]:
    """A host of a server with every tool."""
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        yield Host(client)


def odd(path_end: str, change: object) -> Callable[[Call], Fault | None]:
    """Let the first row of each list under a path be odd: with these fields or, if these are none, replaced."""

    def to_odd_row(row: Row) -> object:
        return row | cast("Row", change) if isinstance(change, dict) else change

    fault = Fault("odd row", to_odd_row=to_odd_row)
    return lambda call: fault if call.path.endswith(path_end) else None


def odd_report(change: Row) -> Callable[[Call], Fault | None]:
    """Let the first entry of the first row of each report have these fields."""

    def to_odd_row(row: Row) -> object:
        return row | {"time_entries": [row["time_entries"][0] | change]}

    fault = Fault("odd row", to_odd_row=to_odd_row)
    return lambda call: fault if call.path.endswith("/search/time_entries") else None


@pytest.mark.parametrize("change", NAMELESS, ids=repr)
@pytest.mark.parametrize("tool", NAMED_PATHS)
async def test_list_odd_row_is_left_out_and_counted(host: Host, sandbox: Sandbox, tool: str, change: object) -> None:
    arguments = {"limit": 200} | ({} if tool == "list_tags" else {"status": "both"})
    whole = await host.call(tool, **arguments)
    sandbox.fault = odd(NAMED_PATHS[tool], change)

    result = await host.call(tool, **arguments, refresh=True)
    cached = await host.call(tool, **arguments)

    assert "warnings" not in whole
    assert result["total"] == whole["total"] - 1
    assert result["warnings"] == cached["warnings"] == [ONE_ROW]
    assert (cached["source"], cached["total"]) == ("cache", result["total"])


async def test_list_row_with_half_a_character_in_its_name_is_listed_with_a_sign_for_it(
    host: Host, sandbox: Sandbox
) -> None:
    sandbox.fault = odd("/clients", {"name": "Half \ud83d of 😀", "notes": "C:\\ud800 \udc00\ud800"})
    clients = (await host.call("list_clients"))["clients"]

    (client,) = [client for client in clients if client["name"].startswith("Half")]
    assert (client["name"], client["notes"]) == ("Half \ufffd of 😀", "C:\\ud800 \ufffd\ufffd")


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("change", TIMELESS, ids=repr)
async def test_totals_odd_entry_is_left_out_and_counted(host: Host, sandbox: Sandbox, change: object) -> None:
    add_entry(sandbox, NINE, ELEVEN)
    add_entry(sandbox, ELEVEN, NOON)
    sandbox.fault = odd("/me/time_entries", change)

    for _ in range(2):  # From Toggl, and from the cache.
        total = await host.call("summarize_time")
        entries = await host.call("list_time_entries")
        timer = await host.call("get_timer")
        assert (total["total"]["seconds"], total["complete"], total["incomplete_reason"]) == (7200, False, ONE_ENTRY)
        assert (entries["total"], entries["complete"], entries["incomplete_reason"]) == (1, False, ONE_ENTRY)
        assert (timer["running"], timer["warnings"]) == (False, [ONE_ENTRY])


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(("change", "seconds"), READABLE, ids=repr)
async def test_totals_odd_entry_counts_for_what_it_says(
    host: Host, sandbox: Sandbox, change: Row, seconds: int
) -> None:
    add_entry(sandbox, NINE, TEN)
    sandbox.fault = odd("/me/time_entries", change)

    total = await host.call("summarize_time")

    assert (total["total"]["seconds"], total["complete"]) == (seconds, True)
    assert not (await host.call("get_timer"))["running"]


@pytest.mark.usefixtures("six_in_the_evening")
async def test_totals_entry_that_turns_odd_counts_again_when_it_is_mended(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    row = add_entry(sandbox, NINE, TEN)
    hours = [(await host.call("summarize_time"))["total"]["hours"]]
    sandbox.state.edit_entry(row["id"], description="Changed")
    for fault in (odd("/me/time_entries", {"start": None}), None):
        clock.now += 130
        sandbox.fault = fault
        result = await host.call("summarize_time")
        hours.append(result["total"]["hours"])
        assert result["complete"] is (fault is None)
    assert hours == [1.0, 0.0, 1.0]


@pytest.mark.usefixtures("six_in_the_evening")
async def test_totals_deleted_entry_that_says_nothing_else_is_gone(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, "2025-10-10T09:00", "2025-10-10T10:00")
    row = add_entry(sandbox, NINE, TEN)
    await host.call("summarize_time")
    clock.now += 130
    sandbox.state.remove_entry(row["id"])
    sandbox.fault = odd("/me/time_entries", {"start": None, "duration": None, "stop": None, "workspace_id": None})

    result = await host.call("summarize_time")

    assert (result["total"]["seconds"], result["complete"]) == (0, True)


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(
    ("change", "hours"),
    [
        ({"start": None}, 2.0),
        ({"start": "0001-01-01T00:00:00Z"}, 2.0),
        ({"seconds": None, "stop": None}, 2.0),
        ({"id": None}, 2.0),
        ({"seconds": None}, 3.0),
        ({"seconds": -1}, 3.0),
    ],
    ids=repr,
)
async def test_totals_odd_report_row_is_left_out_and_counted(
    host: Host, sandbox: Sandbox, change: Row, hours: float
) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    add_entry(sandbox, "2025-02-14T10:00", "2025-02-14T12:00")
    sandbox.fault = odd_report(change)

    result = await host.call("summarize_time", start="2025-02-14", end="2025-02-14")

    assert (result["total"]["hours"], result["complete"]) == (hours, hours == 3.0)
    assert result.get("incomplete_reason") == (None if hours == 3.0 else ONE_ENTRY)


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("change", [None, *({"time_entries": times} for times in (7, [None], []))], ids=repr)
async def test_totals_report_row_without_entries_is_counted(host: Host, sandbox: Sandbox, change: object) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    add_entry(sandbox, "2025-02-14T10:00", "2025-02-14T12:00")
    sandbox.fault = odd("/search/time_entries", change)

    result = await host.call("summarize_time", start="2025-02-14", end="2025-02-14")

    assert (result["total"]["hours"], result["incomplete_reason"]) == (2.0, ONE_ENTRY)


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("change", [*NAMELESS, {"workspace_id": None, "wid": None, "project_id": None}], ids=repr)
async def test_account_odd_rows_are_left_out_and_counted(host: Host, sandbox: Sandbox, change: object) -> None:
    add_entry(sandbox, NINE, TEN, project_id=SHOP_SIGN)
    sandbox.fault = odd("/me", change)

    account = await host.call("get_account")
    result = await host.call("summarize_time", group_by=["project"])

    kinds = {text.split(" ")[0] for text in account["warnings"]}
    assert kinds >= {"Clients", "Projects", "Tags", "Tasks"} or change in ({"name": None}, {"name": 7})
    assert result["total"]["hours"] == 1.0
    assert result["groups"][0]["by"] == {"project": "Shop sign"}
    assert result["complete"] is ("Workspaces" not in kinds)


async def test_account_workspace_without_a_name_stays(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = odd("/me", {"name": None})
    workspaces = (await host.call("get_account"))["workspaces"]
    assert [workspace["name"] for workspace in workspaces] == ["(workspace without a name)", "Night School"]


@pytest.mark.parametrize("tool", ["get_client", "delete_client"])
async def test_client_that_cannot_be_read_is_not_denied(host: Host, sandbox: Sandbox, tool: str) -> None:
    sandbox.fault = odd("/clients", {"name": None})
    await host.call("list_clients")

    error = await host.fail(tool, client=AROHA)

    assert error["code"] == "unreachable"
    assert error["message"].startswith(f"Toggl's row {AROHA} cannot be read.")
    assert AROHA in sandbox.state.clients


@pytest.mark.usefixtures("six_in_the_evening")
async def test_entry_that_cannot_be_read_is_not_denied(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, TEN)
    sandbox.fault = odd("/me/time_entries", {"start": None})

    deletion = await host.fail("delete_time_entries", ids=[row["id"]])
    stop = await host.fail("stop_timer")

    assert deletion["code"] == "unreachable"
    assert stop["message"].endswith(ONE_ENTRY)
    assert sandbox.state.entries[row["id"]]["server_deleted_at"] is None


@pytest.mark.parametrize("change", [{"name": None}, {"id": None}], ids=repr)
async def test_create_client_lost_response_and_unreadable_new_row_is_unknown(
    host: Host, sandbox: Sandbox, change: Row
) -> None:
    sandbox.state.clients.clear()
    sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" else odd("/clients", change)(call)

    error = await host.fail("create_client", name="Lighthouse")

    assert error["code"] == "outcome_unknown"
    assert [call.method for call in sandbox.calls].count("POST") == 1


@pytest.mark.usefixtures("six_in_the_evening")
async def test_create_time_entries_lost_response_takes_no_other_for_one_that_cannot_be_read(
    host: Host, sandbox: Sandbox
) -> None:
    def fault(call: Call) -> Fault | None:
        if call.method == "POST":
            add_entry(sandbox, NINE, TEN, description="Bread")  # The same work, from another program.
            return Fault("lost after")
        return odd("/me/time_entries", {"duration": None, "stop": None})(call) if sandbox.state.entries else None

    sandbox.fault = fault
    error = await host.fail_to_create_entry(start=NINE, stop=TEN, description="Bread", on_overlap="allow")

    assert error["code"] == "outcome_unknown"
    assert len(sandbox.state.entries) == 2


async def test_create_client_lost_response_beside_an_old_odd_row_is_settled(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" else odd("/clients", {"name": None})(call)
    assert (await host.call("create_client", name="Zoo"))["client"]["name"] == "Zoo"
    assert (await host.call("list_clients", workspace=HARBOUR_STUDIO))["warnings"] == [ONE_ROW]


@pytest.mark.usefixtures("six_in_the_evening")
async def test_totals_odd_entry_of_an_unknown_day_is_counted(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.add_entry(HARBOUR_STUDIO, at("2025-10-13T09:00"), stop=at("2025-10-13T10:00"))
    sandbox.fault = odd("/me/time_entries", {"start": None})
    assert (await host.call("summarize_time"))["incomplete_reason"] == ONE_ENTRY


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("seconds", [-1, 1])
async def test_timer_whose_duration_is_a_second_off_runs_since_its_start(
    host: Host, sandbox: Sandbox, seconds: int
) -> None:
    row = sandbox.state.add_entry(HARBOUR_STUDIO, at("2025-10-14T17:00"), running=True)
    row["duration"] += seconds

    timer = await host.call("get_timer")
    summary = await host.call("summarize_time")

    assert (timer["entry"]["seconds"], summary["total"]["seconds"]) == (3600, 3600)


@pytest.mark.parametrize(("count", "is_read"), [(1000, True), (1001, False)])
async def test_list_tags_with_more_unreadable_rows_than_are_left_out_fails(
    host: Host, sandbox: Sandbox, count: int, *, is_read: bool
) -> None:
    rows: list[object] = [
        *sandbox.state.tags.values(),
        *({"id": number, "name": None} for number in range(1, count + 1)),
    ]
    sandbox.fault = lambda call: Fault("garbage after", body=json.dumps(rows)) if call.path.endswith("/tags") else None
    result = await host.raw("list_tags", refresh=True)

    assert result.is_error is not is_read


@pytest.mark.usefixtures("six_in_the_evening")
async def test_summarize_time_report_row_of_negative_seconds_does_not_end_the_report(
    host: Host, sandbox: Sandbox
) -> None:
    start = at("2025-02-14T00:00")
    for number in range(600):
        sandbox.state.add_entry(HARBOUR_STUDIO, start + 60 * number, stop=start + 60 * (number + 1))
    sandbox.fault = odd_report({"seconds": -1, "stop": None})

    total = await host.call("summarize_time", start="2025-02-14", end="2025-02-14")

    assert total["total"]["seconds"] == 60 * (600 - 600 // 200)  # One of each page.
    assert (total["complete"], total["incomplete_reason"]) == (False, ONE_ENTRY.replace(": 1.", ": 3."))


def count_seconds(result: Result) -> int:
    """Return the seconds of all users on all days of a week."""
    return sum(sum(user["days"].values()) for user in result["users"])


@pytest.mark.parametrize(
    "change",
    [
        {"user_id": None},
        {"seconds": None},
        {"seconds": [1, 2, 3]},
        {"seconds": ["x"] * 7},
        {"seconds": [None] * 7},
        None,
    ],
    ids=repr,
)
async def test_get_team_activity_odd_row_of_the_week_is_left_out_and_counted(
    host: Host, sandbox: Sandbox, change: object
) -> None:
    whole = await host.call("get_team_activity", week="this week")
    sandbox.fault = odd("/weekly/time_entries", change)

    result = await host.call("get_team_activity", week="this week", refresh=True)

    assert ONE_ROW in result["warnings"]
    assert count_seconds(result) < count_seconds(whole)


@pytest.mark.parametrize("timezone", [None, 12, "", "Nowhere/Else"])
async def test_summarize_time_without_a_readable_time_zone_is_refused(
    host: Host, sandbox: Sandbox, timezone: object
) -> None:
    sandbox.state.me["timezone"] = timezone

    error = await host.fail("summarize_time")

    assert error["message"].startswith("This computer has no data of the account's time zone")
