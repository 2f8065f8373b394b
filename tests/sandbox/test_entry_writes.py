"""What the user does to their time entries, one at a time."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, running
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

ENTRIES = f"/workspaces/{HARBOUR_STUDIO}/time_entries"
NIGHT_ENTRIES = f"/workspaces/{NIGHT_SCHOOL}/time_entries"
NINE, TEN = "2025-10-09T09:00:00+13:00", "2025-10-09T10:00:00+13:00"
WEB_SHOP, CHECKOUT, BROCHURE = 201_500_302, 80_400_301, 201_500_304
DESIGN, MEETING = 17_300_301, 17_300_302
LESSON = 17_300_401


def entry_body(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    return {"created_with": "a test", "workspace_id": HARBOUR_STUDIO, "start": NINE} | fields


async def create_entry(toggl: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a body
    response = await toggl.post(ENTRIES, json=entry_body(**fields))
    assert response.status_code == 200
    return response.json()


async def test_create_time_entry_start_alone_has_zero_duration(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    row = await create_entry(toggl, start="2025-10-09T09:00:00.593648+13:00")
    changes = {"start": "2025-10-08T20:00:00Z", "stop": None, "tags": None, "tag_ids": None}
    assert row == sandbox.state.entries[row["id"]] | changes
    assert (row["id"], row["stop"], row["duration"]) == (3_740_000_001, None, 0)
    assert (await toggl.get("/me/time_entries/current")).json()["id"] != row["id"]
    assert (await toggl.get(f"/me/time_entries/{row['id']}")).json()["stop"] == "2025-10-08T20:00:00+00:00"


@pytest.mark.parametrize("fields", [{"stop": TEN}, {"duration": 3600}, {"stop": TEN, "duration": 3600}])
async def test_create_time_entry_derives_stop_from_duration_and_back(
    toggl: httpx.AsyncClient, fields: dict[str, Any]
) -> None:
    row = await create_entry(toggl, **fields)
    assert (row["start"], row["stop"], row["duration"]) == ("2025-10-08T20:00:00Z", "2025-10-08T21:00:00Z", 3600)


async def test_create_time_entry_running_returns_minus_one_lists_minus_start(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    before = (await toggl.get("/me/time_entries/current")).json()["id"]
    row = await create_entry(toggl, start="2025-10-09T21:45:00+13:00", duration=-1, tags=["design"])
    assert (row["duration"], row["stop"], row["tags"], row["tag_ids"]) == (-1, None, ["design"], [DESIGN])
    current = (await toggl.get("/me/time_entries/current")).json()
    assert (current["id"], current["duration"]) == (row["id"], -int(at("2025-10-09T21:45")))
    assert sandbox.state.entries[before]["stop"] == "2025-10-09T08:45:00+00:00"


async def test_create_time_entry_accepts_legacy_field_names(toggl: httpx.AsyncClient) -> None:
    body = {"created_with": "a test", "wid": HARBOUR_STUDIO, "pid": WEB_SHOP, "tid": CHECKOUT, "start": NINE}
    row = (await toggl.post(ENTRIES, json=body)).json()
    assert (row["project_id"], row["task_id"]) == (WEB_SHOP, CHECKOUT)


async def test_create_time_entry_start_date_overrides_day_of_start(toggl: httpx.AsyncClient) -> None:
    assert (await create_entry(toggl, start_date="2025-10-03"))["start"] == "2025-10-02T20:00:00Z"


async def test_create_time_entry_creates_unknown_tags_and_resolves_ids(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    row = await create_entry(toggl, tags=["design", " urgent "], tag_ids=[MEETING, DESIGN])
    assert row["tags"] == ["design", "urgent", "meeting"]
    assert [sandbox.state.tags[tag_id]["name"] for tag_id in row["tag_ids"]] == row["tags"]


async def test_create_time_entry_task_sets_project_and_archived_is_allowed(toggl: httpx.AsyncClient) -> None:
    assert (await create_entry(toggl, task_id=CHECKOUT))["project_id"] == WEB_SHOP
    assert (await create_entry(toggl, project_id=201_500_303))["project_id"] == 201_500_303


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"created_with": ""}, "created_with needs to be provided an a valid string"),
        ({"workspace_id": None}, "wid is required for time entry creation"),
        ({"start": None}, "start is required for time entry creation"),
        ({"start": "2025-10-09T09:00Z"}, "Invalid start"),
        ({"start": "2025-10-09"}, "Invalid start"),
        ({"stop": "noon"}, "Invalid stop"),
        ({"start": "2005-12-31T09:00:00Z"}, "Start time year must be between 2006 and 2030"),
        ({"stop": "2031-01-01T09:00:00Z"}, "Stop time year must be between 2006 and 2030"),
        ({"stop": "2025-10-08T19:59:59Z"}, "Stop time must be after start time"),
        ({"duration": 999 * 3600 + 1}, "Max allowed duration per 1 time entry is 999 hours"),
        ({"stop": TEN, "duration": 3599}, "Start, stop and duration do not agree"),
        ({"stop": TEN, "duration": -1}, "Start, stop and duration do not agree"),
        ({"description": "d" * 3001}, "Maximum length for description (3000 chars) exceeded"),
        ({"tags": [f"t{number}" for number in range(51)]}, "Maximum number of tags (50) exceeded"),
        ({"tags": ["design", " "]}, "tag name can't be blank"),
        ({"tags": [7]}, "tag name can't be blank"),
        ({"tag_ids": [LESSON]}, "Tag was not found"),
        ({"tag_ids": ["design"]}, "Bad Request"),
        ({"tags": ["design"], "tag_action": "paint"}, "Invalid tag_action"),
        ({"project_id": 201_500_401}, "User cannot access the selected project"),
        ({"project_id": 1}, "User cannot access the selected project"),
        ({"task_id": 1}, "User cannot access selected task"),
        ({"task_id": CHECKOUT, "project_id": BROCHURE}, "User cannot access selected task"),
    ],
)
async def test_create_time_entry_invalid_field_is_refused_without_new_tag(
    toggl: httpx.AsyncClient, sandbox: Sandbox, fields: dict[str, Any], text: str
) -> None:
    entries, tags = len(sandbox.state.entries), len(sandbox.state.tags)
    response = await toggl.post(ENTRIES, json=entry_body(**fields))
    assert (response.status_code, response.json()) == (400, text)
    assert (len(sandbox.state.entries), len(sandbox.state.tags)) == (entries, tags)


async def test_create_time_entry_invalid_json_is_refused(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(ENTRIES, content=b"{")).json() == "JSON is not valid"
    body = json.dumps({"workspace_id": str(HARBOUR_STUDIO)})
    response = await toggl.post(ENTRIES, content=body.encode())
    assert response.json() == f'Unexpected "workspace_id" type string, offset={len(body) - 1}'


async def test_create_time_entry_at_the_limits_is_accepted(toggl: httpx.AsyncClient) -> None:
    tags = [f"t{number}" for number in range(50)]
    row = await create_entry(toggl, duration=999 * 3600, description="d" * 3000, tags=tags)
    assert (row["duration"], len(row["description"]), row["tags"]) == (3_596_400, 3000, tags)


@pytest.mark.parametrize("status", [400, 402])
async def test_create_time_entry_free_plan_billable_is_refused(
    toggl: httpx.AsyncClient,
    sandbox: Sandbox,
    status: Any,  # noqa: ANN401 - a literal
) -> None:
    sandbox.behaviors = Behaviors(billable_on_free_status=status)
    response = await toggl.post(NIGHT_ENTRIES, json=entry_body(workspace_id=NIGHT_SCHOOL, billable=True))
    assert (response.status_code, response.json()) == (status, "Billable is a premium feature")
    free = await toggl.post(NIGHT_ENTRIES, json=entry_body(workspace_id=NIGHT_SCHOOL, billable=False))
    assert free.json()["billable"] is False
    assert (await create_entry(toggl, billable=True))["billable"] is True


async def test_update_time_entry_changes_only_sent_fields(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    row = dict(
        add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Cover", project_id=WEB_SHOP, tags=["design"])
    )
    clock.now += 60
    response = await toggl.put(f"{ENTRIES}/{row['id']}", json={"description": ""})
    times = {"start": "2025-10-08T20:00:00Z", "stop": "2025-10-08T21:00:00Z", "at": "2025-10-09T08:54:20.000000Z"}
    assert response.json() == row | times | {"description": ""}


@pytest.mark.parametrize(
    ("body", "start", "stop", "duration"),
    [
        ({"start": "2025-10-09T08:30:00+13:00"}, "19:30", "21:00", 5400),
        ({"stop": "2025-10-09T10:30:00+13:00"}, "20:00", "21:30", 5400),
        ({"duration": 1800}, "20:00", "20:30", 1800),
        ({"start": TEN, "duration": 60}, "21:00", "21:01", 60),
        ({"start": TEN, "stop": "2025-10-09T11:00:00+13:00"}, "21:00", "22:00", 3600),
    ],
)
async def test_update_time_entry_keeps_start_stop_and_duration_consistent(
    toggl: httpx.AsyncClient, sandbox: Sandbox, body: dict[str, Any], start: str, stop: str, duration: int
) -> None:
    row = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00")
    response = (await toggl.put(f"{ENTRIES}/{row['id']}", json=body)).json()
    assert (response["start"], response["stop"]) == (f"2025-10-08T{start}:00Z", f"2025-10-08T{stop}:00Z")
    assert response["duration"] == duration


@pytest.mark.parametrize(
    "body", [{"start": "2025-10-09T11:00:00+13:00"}, {"stop": "2025-10-09T08:00:00+13:00"}, {"duration": 3_596_401}]
)
async def test_update_time_entry_invalid_times_are_refused(
    toggl: httpx.AsyncClient, sandbox: Sandbox, body: dict[str, Any]
) -> None:
    row = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00")
    before = dict(row)
    assert (await toggl.put(f"{ENTRIES}/{row['id']}", json=body)).status_code == 400
    assert row == before


async def test_update_time_entry_running_moves_and_stops_rejects_null_stop(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    path = f"{ENTRIES}/{running(sandbox, '2025-10-09T21:00')['id']}"
    row = (await toggl.put(path, json={"start": "2025-10-09T20:30:00+13:00"})).json()
    assert (row["stop"], row["duration"]) == (None, -1)
    assert (await toggl.get("/me/time_entries/current")).json()["duration"] == -int(at("2025-10-09T20:30"))
    refusal = await toggl.put(path, json={"duration": -1, "stop": None})
    assert (refusal.status_code, refusal.json()) == (400, "Start, stop and duration do not agree")
    assert (await toggl.put(path, json={"stop": "2025-10-09T21:30:00+13:00"})).json()["duration"] == 3600
