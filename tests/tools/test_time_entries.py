"""Logging and listing time entries."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, list_changes, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP = 201_500_302
NINE = "2025-10-14T09:00"


@pytest.mark.parametrize(
    "times",
    [
        {"start": NINE, "stop": "2025-10-14T10:30"},
        {"start": NINE, "duration": 5400},
        {"start": "2025-10-13T20:00:00Z", "stop": "2025-10-14T10:30+13:00"},
    ],
)
async def test_create_time_entries_accepts_stop_duration_and_utc_offset(
    host: Host, sandbox: Sandbox, times: dict[str, object]
) -> None:
    entry = await host.create_entry(description="Call", project="web shop", tags=["meeting"], **times)

    assert (entry["start"], entry["stop"]) == (
        "2025-10-14T09:00:00+13:00",
        "2025-10-14T10:30:00+13:00",
    )
    assert (entry["seconds"], entry["client"], entry["status"]) == (5400, "Aroha Bakery", "created")
    row = sandbox.state.entries[entry["id"]]
    assert (row["project_id"], row["duration"], row["tags"]) == (WEB_SHOP, 5400, ["meeting"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": NINE}, "two of start, stop and duration, or duration alone; start_timer starts a timer"),
        ({"stop": NINE}, "two of start, stop and duration"),
        ({"start": NINE, "stop": NINE, "duration": 5}, "two of start, stop and duration"),
        ({"start": NINE, "stop": "2025-10-14T08:59"}, "stop: 2025-10-14T08:59:00 is before start, 2025-10-14T09:00:00"),
        ({"start": NINE, "duration": 999 * 3600 + 1}, "999 hours"),
        ({"start": "nine", "duration": 60}, "start: 'nine' is not a time"),
        ({"start": "2025-10-14", "duration": 60}, "start: needs a time of day"),
        ({"start": "2025-09-28T02:30", "duration": 60}, "does not happen that night"),
        ({"start": NINE, "duration": 60, "description": "x" * 3001}, "description"),
        ({"start": NINE, "duration": 60, "tags": ["x"] * 51}, "tags"),
        ({"start": NINE, "duration": -60}, "duration"),
        ({"start": "2025-01-01T09:00", "stop": "2025-03-01T09:00"}, "999 hours"),
        ({"start": "0001-01-01T00:00", "duration": 60}, "2006 to 2030"),
        ({"start": "9999-12-31T23:59", "duration": 60}, "2006 to 2030"),
        ({"start": NINE, "duration": 10**13}, "duration"),
        (
            {"start": NINE, "duration": 60, "task": "80400301", "project": "Bread labels"},
            "belongs to project 201500302",
        ),
        ({"start": NINE, "duration": 60, "project": "Web\u202eshop"}, "project"),
    ],
)
async def test_create_time_entries_invalid_arguments_change_nothing(
    host: Host, sandbox: Sandbox, arguments: dict[str, object], message: str
) -> None:
    error = await host.fail_to_create_entry(**arguments)

    assert (error["code"], message in error["message"]) == ("invalid_arguments", True)
    assert list_changes(sandbox) == []


async def test_create_time_entries_overlap_is_refused_unless_allowed(host: Host, sandbox: Sandbox) -> None:
    lesson = add_entry(sandbox, NINE, "2025-10-14T10:00", "Lesson", NIGHT_SCHOOL)
    error = await host.fail_to_create_entry(start="2025-10-14T09:59", duration=120)

    assert error["code"] == "overlap"
    assert f"entry {lesson['id']} “Lesson”, 2025-10-14T09:00:00 to 2025-10-14T10:00:00" in error["message"]
    assert list_changes(sandbox) == []
    allowed = await host.create_entry(start="2025-10-14T09:59", duration=120, on_overlap="allow")
    assert allowed["seconds"] == 120


async def test_create_time_entries_duplicate_is_an_overlap(host: Host, sandbox: Sandbox) -> None:
    for duration in (3600, 0):
        entry = {"start": f"2025-10-14T{12 if duration else 15}:00", "duration": duration, "description": "Report"}
        await host.create_entry(**entry)
        other = entry | {"description": "Another"}
        assert (await host.fail_to_create_entry(**other))["code"] == "overlap"
    assert len(sandbox.state.entries) == 2


async def test_create_time_entries_adjacent_entry_is_no_overlap(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00")
    for start in ("2025-10-14T08:00", "2025-10-14T10:00"):
        await host.create_entry(start=start, duration=3600)


async def test_create_time_entries_overlaps_a_running_timer_until_now(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-14T17:00", "Now")

    assert (await host.fail_to_create_entry(start="2025-10-14T17:30", duration=60))["code"] == "overlap"
    await host.create_entry(start="2025-10-14T16:00", duration=3600)


async def test_create_time_entries_lost_response_is_reconciled(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" else None
    result = await host.create_entry(start=NINE, duration=60, description="Once")

    assert [row["id"] for row in sandbox.state.entries.values()] == [result["id"]]
    assert list_changes(sandbox) == [f"POST /workspaces/{HARBOUR_STUDIO}/time_entries"]


async def test_create_time_entries_unconfirmed_is_outcome_unknown(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("lost before") if call.method == "POST" else None

    assert (await host.fail_to_create_entry(start=NINE, duration=60))["code"] == "outcome_unknown"
    assert len(list_changes(sandbox)) == 1


async def test_list_time_entries_is_newest_first_with_one_group_a_project(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart", project_id=WEB_SHOP, billable=True, tags=["design"])
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T10:05", project_id=WEB_SHOP, billable=True)
    add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Clay", NIGHT_SCHOOL)
    add_entry(sandbox, "2025-10-13T23:00", "2025-10-14T01:00", "Yesterday's")
    result = await host.call("list_time_entries")

    assert [{key: row[key] for key in row.keys() - {"id", "stop"}} for row in result["entries"]] == [
        {"start": "2025-10-14T11:00:00", "seconds": 3600, "group": 1, "description": "Clay"},
        {"start": "2025-10-14T10:00:00", "seconds": 300, "group": 2},
        {"start": "2025-10-14T09:00:00", "seconds": 3600, "group": 2, "description": "Cart", "tags": ["design"]},
    ]
    assert result["groups"] == [
        {"group": 1, "workspace_id": NIGHT_SCHOOL},
        {
            "group": 2,
            "workspace_id": HARBOUR_STUDIO,
            "project": "Web shop",
            "project_id": WEB_SHOP,
            "client": "Aroha Bakery",
            "billable": True,
        },
    ]
    assert (result["timezone"], result["total"], result["remaining"]) == ("Pacific/Auckland", 3, 0)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"project": "Web shop"}, ["Cart"]),
        ({"project": WEB_SHOP}, ["Cart"]),
        ({"project": "0"}, ["Clay", "Mail"]),
        ({"client": "aroha bakery"}, ["Cart"]),
        ({"client": "0"}, ["Clay", "Mail"]),
        ({"tag": "DESIGN"}, ["Cart"]),
        ({"tag": "0"}, ["Clay", "Mail"]),
        ({"billable": True}, ["Cart"]),
        ({"billable": False}, ["Clay", "Mail"]),
        ({"description": "A"}, ["Cart", "Clay", "Mail"]),
        ({"description": "cl"}, ["Clay"]),
        ({"workspace": NIGHT_SCHOOL}, ["Clay"]),
        ({"start": "2025-10-13", "end": "2025-10-13"}, ["Before"]),
        ({"period": "yesterday"}, ["Before"]),
    ],
)
async def test_list_time_entries_filter_returns_the_matches(
    host: Host, sandbox: Sandbox, filters: dict[str, object], expected: list[str]
) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", "Cart", project_id=WEB_SHOP, billable=True, tags=["design"])
    add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Clay", NIGHT_SCHOOL)
    add_entry(sandbox, "2025-10-14T13:00", "2025-10-14T14:00", "Mail")
    add_entry(sandbox, "2025-10-13T10:00", "2025-10-13T11:00", "Before")
    result = await host.call("list_time_entries", **filters)

    assert sorted(row["description"] for row in result["entries"]) == expected


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"project": "Web shopp"}, "not_found"),
        ({"client": "Nobody"}, "not_found"),
        ({"workspace": 7}, "not_found"),
        ({"period": "today", "start": "2025-10-13", "end": "2025-10-13"}, "invalid_arguments"),
        ({"start": "2025-10-13"}, "invalid_arguments"),
        ({"start": "2025-10-14", "end": "2025-10-13"}, "invalid_arguments"),
        ({"period": "fortnight"}, "invalid_arguments"),
        ({"cursor": "nonsense"}, "invalid_arguments"),
    ],
)
async def test_list_time_entries_invalid_filter_is_refused(host: Host, filters: dict[str, object], code: str) -> None:
    assert (await host.fail("list_time_entries", **filters))["code"] == code


async def test_list_time_entries_pages_hold_each_entry_once_after_a_change(host: Host, sandbox: Sandbox) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", str(hour)) for hour in range(8)]
    first = await host.call("list_time_entries", limit=3)
    add_entry(sandbox, "2025-10-14T12:00", "2025-10-14T13:00", "New")
    sandbox.state.remove_entry(rows[5]["id"])
    second = await host.call("list_time_entries", limit=3, cursor=first["next_cursor"], refresh=True)
    third = await host.call("list_time_entries", limit=3, cursor=second["next_cursor"])

    pages = [[row["description"] for row in page["entries"]] for page in (first, second, third)]
    assert pages == [["7", "6", "5"], ["4", "3", "2"], ["1", "0"]]
    assert "next_cursor" not in third


async def test_list_time_entries_cursor_keeps_the_days_of_a_word_after_midnight(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    for hour in range(4):
        add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", str(hour))
    first = await host.call("list_time_entries", period="today", limit=2)
    clock.now = at("2025-10-15T00:05")
    add_entry(sandbox, "2025-10-15T00:00", "2025-10-15T00:05", "Tomorrow")
    second = await host.call("list_time_entries", period="today", limit=2, cursor=first["next_cursor"])
    other = await host.fail("list_time_entries", period="yesterday", limit=2, cursor=first["next_cursor"])

    assert [row["description"] for row in second["entries"]] == ["1", "0"]
    assert (second["first_day"], second["last_day"], second["total"]) == ("2025-10-14", "2025-10-14", 4)
    assert "Repeat the other arguments of that call" in other["message"]


async def test_create_time_entries_in_the_future_is_named_as_such_in_every_result(host: Host) -> None:
    future = {"start": "2025-10-14T20:00", "duration": 3600}
    result = await host.call("create_time_entries", entries=[future])
    await host.create_entry(start=NINE, duration=60)
    rows = (await host.call("list_time_entries"))["entries"]
    summary = await host.call("summarize_time", compare="previous")

    assert result["warnings"][0].startswith("entries[0]: The entry begins in the future.")
    assert [row.get("future") for row in rows] == [True, None]
    assert (summary["total"]["seconds"], summary["future_seconds"]) == (3660, 3600)
    assert summary["previous"]["change_seconds"] == 60 - summary["previous"]["seconds"]


async def test_list_time_entries_strips_invisible_characters(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, "2025-10-14T10:00", "Pay\u202e now\u200b")

    assert (await host.call("list_time_entries"))["entries"][0]["description"] == "Pay now"
