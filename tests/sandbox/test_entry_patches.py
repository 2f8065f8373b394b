"""Many time entries changed at once."""

from typing import Any

import httpx
import pytest

from tests.sandbox.diary import add_entry
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

ENTRIES = f"/workspaces/{HARBOUR_STUDIO}/time_entries"
DESIGN, MEETING = 17_300_301, 17_300_302

Row = dict[str, Any]


@pytest.fixture
def row(sandbox: Sandbox) -> Row:
    fields: Row = {"project_id": 201_500_302, "task_id": 80_400_301, "tags": ["design"]}
    return add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Cover", **fields)


def step(op: str, path: str, value: object = None) -> Row:
    return {"op": op, "path": path, "value": value}


async def patch_entries(toggl: httpx.AsyncClient, ids: str | int, *steps: Row) -> Row:
    response = await toggl.patch(f"{ENTRIES}/{ids}", json=list(steps))
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize(
    ("steps", "changes"),
    [
        ([step("replace", "/description", "Back")], {"description": "Back"}),
        ([step("replace", "/billable", value=True)], {"billable": True}),
        ([step("replace", "/project_id")], {"project_id": None, "task_id": None}),
        ([step("replace", "/project_id", 201_500_304)], {"project_id": 201_500_304, "task_id": None}),
        ([step("replace", "/pid", 201_500_304)], {"project_id": 201_500_304, "task_id": None}),
        ([step("replace", "/task_id")], {"project_id": 201_500_302, "task_id": None}),
        ([step("replace", "/tags", ["meeting"])], {"tags": ["meeting"], "tag_ids": [MEETING]}),
        ([step("replace", "/tag_ids", [MEETING])], {"tags": ["meeting"], "tag_ids": [MEETING]}),
        ([step("add", "/tags", ["meeting"])], {"tags": ["design", "meeting"], "tag_ids": [DESIGN, MEETING]}),
        ([step("add", "/tag_ids", [MEETING]), step("remove", "/tags", ["design"])], {"tags": ["meeting"]}),
        ([step("replace", "/duration", 60)], {"stop": "2025-10-08T20:01:00+00:00", "duration": 60}),
        ([step("replace", "/start", "2025-10-07")], {"start": "2025-10-07T20:00:00+00:00", "duration": 90_000}),
        (
            [step("replace", "/start", "2025-10-08T19:00:00Z"), step("replace", "/stop", "2025-10-08T19:30:00Z")],
            {"start": "2025-10-08T19:00:00+00:00", "stop": "2025-10-08T19:30:00+00:00", "duration": 1800},
        ),
    ],
)
async def test_patch_time_entries_changes_the_fields_of_its_paths(
    toggl: httpx.AsyncClient, row: Row, steps: list[Row], changes: Row
) -> None:
    assert await patch_entries(toggl, row["id"], *steps) == {"success": [row["id"]], "failure": []}
    assert {field: row[field] for field in changes} == changes


async def test_patch_time_entries_missing_ids_are_reported_as_failures(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: Row
) -> None:
    foreign_id = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", user_id=7_301_002)["id"]
    night_school_id = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", workspace=NIGHT_SCHOOL)["id"]
    ids = f"1,{row['id']},{foreign_id},{night_school_id}"
    result = await patch_entries(toggl, ids, step("replace", "/description", "New"))
    assert result["success"] == [row["id"]]
    assert result["failure"] == [
        {"id": entry_id, "message": f"Time entry with ID: {entry_id} was not found/is not accessible"}
        for entry_id in (1, foreign_id, night_school_id)
    ]


async def test_patch_time_entries_invalid_entry_leaves_the_rest_patched(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: Row
) -> None:
    later = add_entry(sandbox, "2025-10-09T12:00", "2025-10-09T13:00")
    result = await patch_entries(toggl, f"{row['id']},{later['id']}", step("replace", "/stop", "2025-10-08T22:00:00Z"))
    assert result == {
        "success": [row["id"]],
        "failure": [{"id": later["id"], "message": "Stop time must be after start time"}],
    }
    assert (row["duration"], later["duration"]) == (7200, 3600)


async def test_patch_time_entries_deleted_entry_is_restored(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: Row
) -> None:
    sandbox.state.remove_entry(row["id"])
    assert (await patch_entries(toggl, row["id"], step("replace", "/description", "Back")))["success"] == [row["id"]]
    assert (await toggl.get(f"/me/time_entries/{row['id']}")).json()["description"] == "Back"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ([step("remove", "/project_id")], 500, "Invalid path"),
        ([step("replace", "/uid", 1)], 500, "Invalid path"),
        ([step("move", "/tags", [])], 500, "Invalid path"),
        ([{"op": "replace"}], 500, "Invalid path"),
        ([step("replace", "/description", 7)], 400, "Invalid value for description"),
        ([step("replace", "/start")], 400, "Invalid value for start"),
        ({"description": "New"}, 400, "JSON is not valid"),
        (["description"], 400, "JSON is not valid"),
    ],
)
async def test_patch_time_entries_invalid_body_changes_nothing(
    toggl: httpx.AsyncClient, row: Row, body: object, status: int, text: str
) -> None:
    before = dict(row)
    response = await toggl.patch(f"{ENTRIES}/{row['id']}", json=body)
    assert (response.status_code, response.json()) == (status, text)
    assert row == before


async def test_patch_time_entries_above_100_ids_is_refused(toggl: httpx.AsyncClient) -> None:
    ids = [str(number) for number in range(1, 102)]
    assert len((await patch_entries(toggl, ",".join(ids[:100])))["failure"]) == 100
    refusal = await toggl.patch(f"{ENTRIES}/{','.join(ids)}", json=[])
    assert (refusal.status_code, refusal.json()) == (400, "PATCH request is limited to 100 entries at once")
