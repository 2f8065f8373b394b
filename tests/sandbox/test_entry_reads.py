"""What the user reads of their time entries."""

from dataclasses import replace

import httpx
import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, running
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

MINE = "/me/time_entries"
CURRENT = f"{MINE}/current"
COLLEAGUE = 7_301_002


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    sandbox.state.entries = {}
    return sandbox


async def list_descriptions(toggl: httpx.AsyncClient, **query: str) -> list[str]:
    return [row["description"] for row in (await toggl.get(MINE, params=query)).json()]


async def get_refusal(toggl: httpx.AsyncClient, **query: str) -> str:
    response = await toggl.get(MINE, params=query)
    assert response.status_code == 400
    return response.json()


async def test_list_time_entries_row_matches_recorded_rows(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    row = add_entry(
        sandbox, "2025-10-09T09:00", "2025-10-09T10:01:40", "Cover", project_id=201_500_304, tags=["design"]
    )
    assert (await toggl.get(MINE)).json() == [
        {
            "id": row["id"],
            "workspace_id": HARBOUR_STUDIO,
            "project_id": 201_500_304,
            "task_id": None,
            "billable": False,
            "start": "2025-10-08T20:00:00+00:00",
            "stop": "2025-10-08T21:01:40+00:00",
            "duration": 3700,
            "description": "Cover",
            "tags": ["design"],
            "tag_ids": [17_300_301],
            "duronly": True,
            "at": "2025-10-09T08:53:20.000000Z",
            "server_deleted_at": None,
            "user_id": 7_301_001,
            "uid": 7_301_001,
            "wid": HARBOUR_STUDIO,
            "pid": 201_500_304,
        }
    ]


async def test_list_time_entries_without_task_omits_tid(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", project_id=201_500_302, task_id=80_400_301)
    add_entry(sandbox, "2025-10-09T08:00", "2025-10-09T09:00")
    with_task, without = (await toggl.get(MINE)).json()
    assert (with_task["tid"], without["task_id"]) == (80_400_301, None)
    assert not {"pid", "tid"} & without.keys()


async def test_list_time_entries_no_match_returns_empty_list(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(MINE)).text == "[]"


async def test_list_time_entries_without_range_returns_ten_days_newest_first(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    add_entry(sandbox, "2025-09-29T21:53", "2025-09-29T22:30", "Eleven days ago")
    add_entry(sandbox, "2025-09-29T21:54", "2025-09-29T22:30", "Ten days ago", NIGHT_SCHOOL)
    running(sandbox, "2025-10-09T21:00", "Now")
    add_entry(sandbox, "2025-10-08T09:00", "2025-10-08T10:00", "Yesterday")
    assert await list_descriptions(toggl) == ["Now", "Yesterday", "Ten days ago"]


async def test_list_time_entries_omits_foreign_and_deleted_entries(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Theirs", user_id=COLLEAGUE)
    sandbox.state.remove_entry(add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Gone")["id"])
    assert await list_descriptions(toggl) == []


@pytest.mark.parametrize(
    ("start", "end", "descriptions"),
    [
        ("2025-10-07", "2025-10-08", ["late", "early"]),
        ("2025-10-07", "2025-10-07", []),
        ("2025-10-07", "2025-10-09", ["next day", "late", "early"]),
        ("2025-10-06T11:00:00Z", "2025-10-07T00:00:00.5+13:00", ["early"]),
        ("2025-10-07T00:00:01+13:00", "2025-10-07T23:59:59+13:00", []),
    ],
)
async def test_list_time_entries_range_counts_starts_from_local_midnight_end_exclusive(
    toggl: httpx.AsyncClient, sandbox: Sandbox, start: str, end: str, descriptions: list[str]
) -> None:
    add_entry(sandbox, "2025-10-06T23:59:59", "2025-10-07T12:00", "day before")
    add_entry(sandbox, "2025-10-07T00:00", "2025-10-07T01:00", "early")
    add_entry(sandbox, "2025-10-07T23:59:59", "2025-10-08T03:00", "late")
    add_entry(sandbox, "2025-10-08T00:00", "2025-10-08T01:00", "next day")
    assert await list_descriptions(toggl, start_date=start, end_date=end) == descriptions


async def test_list_time_entries_before_reaches_beyond_ten_days(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-09-01T09:00", "2025-09-01T10:00", "Old")
    add_entry(sandbox, "2025-09-02T00:00", "2025-09-02T10:00", "Not so old")
    assert await list_descriptions(toggl, before="2025-09-02") == ["Old"]


async def test_list_time_entries_older_than_ninety_days_is_refused(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-07-11T00:00", "2025-07-11T10:00", "Ninety days ago")
    text = "start_date must not be earlier than 2025-07-11"
    assert await get_refusal(toggl, start_date="2025-07-10", end_date="2025-10-09") == text
    assert await get_refusal(toggl, start_date="2025-07-10T11:59:59Z", end_date="2025-10-09") == text
    assert await list_descriptions(toggl, start_date="2025-07-11", end_date="2025-10-09") == ["Ninety days ago"]


async def test_list_time_entries_since_returns_edited_and_deleted_of_any_age(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    old = add_entry(sandbox, "2025-06-01T09:00", "2025-06-01T10:00", "Old")
    deleted_row = add_entry(sandbox, "2025-10-01T09:00", "2025-10-01T10:00", "Gone")
    add_entry(sandbox, "2025-10-02T09:00", "2025-10-02T10:00", "Untouched")
    clock.now += 60
    sandbox.state.edit_entry(old["id"], description="Old, edited")
    sandbox.state.remove_entry(deleted_row["id"])
    rows = (await toggl.get(MINE, params={"since": str(int(clock.now))})).json()
    assert [(row["description"], row["server_deleted_at"], row["at"]) for row in rows] == [
        ("Gone", "2025-10-09T08:54:20+00:00", "2025-10-09T08:54:20.000000Z"),
        ("Old, edited", None, "2025-10-09T08:54:20.000000Z"),
    ]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"since": "1760000000", "before": "2025-10-01"}, "'since' and 'before' can not be present simultaneously"),
        ({"since": "1760000000", "start_date": "x"}, "'since' and 'start_date' can not be present simultaneously"),
        ({"since": "1760000000", "end_date": "x"}, "'since' and 'end_date' can not be present simultaneously"),
        ({"since": "2025-10-01"}, "Since is expected to be an unix timestamp, integer value"),
        ({"since": "1752223999"}, "Invalid since"),
        ({"start_date": "2025-10-01"}, "The endpoint requires start_date and end_date to be specified"),
        ({"end_date": "2025-10-01"}, "The endpoint requires start_date and end_date to be specified"),
        ({"start_date": "2025-10-32", "end_date": "2025-10-09"}, "Invalid start_date"),
        ({"start_date": "2025-10-01", "end_date": "2025-10-09T10:00Z"}, "Invalid end_date"),
        ({"start_date": "2025-10-01", "end_date": "2025-10-09T25:00:00Z"}, "Invalid end_date"),
        ({"before": "20251001"}, "Invalid before"),
    ],
)
async def test_list_time_entries_invalid_query_is_refused(
    toggl: httpx.AsyncClient, query: dict[str, str], text: str
) -> None:
    assert await get_refusal(toggl, **query) == text


async def test_list_time_entries_above_max_rows_is_truncated_silently(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    assert sandbox.behaviors.most_entries == 1000
    sandbox.behaviors = replace(sandbox.behaviors, most_entries=2)
    for hour in (9, 10, 11):
        add_entry(sandbox, f"2025-10-09T{hour:02}:00", "2025-10-09T12:00", f"{hour} o'clock")
    assert await list_descriptions(toggl) == ["11 o'clock", "10 o'clock"]
    assert await list_descriptions(toggl, since="1760000000") == ["11 o'clock", "10 o'clock"]


async def test_list_time_entries_meta_adds_names(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", project_id=201_500_302, task_id=80_400_301)
    add_entry(sandbox, "2025-10-09T08:00", "2025-10-09T09:00", project_id=201_500_307)
    add_entry(sandbox, "2025-10-09T07:00", "2025-10-09T08:00")
    plain = (await toggl.get(MINE)).json()
    user = {"user_name": "Marama Quayle", "user_avatar_url": sandbox.state.me["image_url"]}
    full, no_client, no_project = (await toggl.get(MINE, params={"meta": "true"})).json()
    assert {field: value for field, value in full.items() if field not in plain[0]} == user | {
        "client_id": 64_890_301,
        "client_name": "Aroha Bakery",
        "project_name": "Web shop",
        "project_color": "#0b83d9",
        "project_active": True,
        "project_billable": True,
        "task_name": "Checkout",
    }
    assert no_client["project_name"] == "Studio upkeep"
    assert not {"client_id", "client_name", "task_name"} & no_client.keys()
    assert no_project == plain[2] | user


async def test_get_current_time_entry_returns_running_entry_or_null(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await toggl.get(CURRENT)).text == "null"
    row = running(sandbox, "2025-10-09T21:00", "Now", NIGHT_SCHOOL)
    add_entry(sandbox, "2025-10-09T21:30", "2025-10-09T21:40", "Then")
    current = (await toggl.get(CURRENT)).json()
    assert (current["id"], current["stop"], current["duration"]) == (row["id"], None, -int(at("2025-10-09T21:00")))
    sandbox.state.remove_entry(row["id"])
    assert (await toggl.get(CURRENT)).text == "null"


async def test_add_entry_running_stops_the_timer_of_another_workspace(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    theirs = sandbox.state.add_entry(HARBOUR_STUDIO, at("2025-10-09T20:00"), running=True, user_id=COLLEAGUE)
    first = running(sandbox, "2025-10-09T20:00", "First")
    second = running(sandbox, "2025-10-09T21:00", "Second", NIGHT_SCHOOL)
    assert (first["stop"], first["duration"]) == ("2025-10-09T08:00:00+00:00", 3600)
    assert theirs["duration"] < 0
    assert (await toggl.get(CURRENT)).json()["id"] == second["id"]


def test_stop_entry_before_its_start_gives_zero_duration(sandbox: Sandbox) -> None:
    row = running(sandbox, "2025-10-09T21:00")
    sandbox.state.stop_entry(row["id"], at("2025-10-09T20:00"))
    assert (row["duration"], row["stop"]) == (0, row["start"])


async def test_get_time_entry_foreign_or_deleted_returns_404(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Mine")
    theirs = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Theirs", user_id=COLLEAGUE)
    alone = {field: value for field, value in row.items() if field not in ("uid", "wid")}
    assert (await toggl.get(f"{MINE}/{row['id']}")).json() == alone
    sandbox.state.remove_entry(row["id"])
    for entry_id in (row["id"], theirs["id"], 1):
        response = await toggl.get(f"{MINE}/{entry_id}")
        assert (response.status_code, response.json()) == (404, "Resource can not be found")


async def test_get_me_related_data_holds_recent_entries_or_no_field(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert "time_entries" not in (await toggl.get("/me", params={"with_related_data": "true"})).json()
    add_entry(sandbox, "2025-09-01T09:00", "2025-09-01T10:00", "Old")
    add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "New")
    me = (await toggl.get("/me", params={"with_related_data": "true"})).json()
    assert [row["description"] for row in me["time_entries"]] == ["New"]


async def test_list_time_entries_is_charged_to_the_user_quota(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await toggl.get(MINE)
    assert sandbox.calls[-1].bucket is None
