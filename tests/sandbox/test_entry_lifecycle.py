"""Tags, places and ends of time entries, and what becomes of them with the rest of the workspace."""

from typing import Any

import httpx
import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, running
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

BASE = f"/workspaces/{HARBOUR_STUDIO}"
ENTRIES = f"{BASE}/time_entries"
WEB_SHOP, CHECKOUT, BROCHURE = 201_500_302, 80_400_301, 201_500_304
DESIGN = 17_300_301


@pytest.fixture
def row(sandbox: Sandbox) -> dict[str, Any]:
    fields: dict[str, Any] = {"project_id": WEB_SHOP, "task_id": CHECKOUT, "tags": ["design", "meeting"]}
    return add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Cover", **fields)


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        ({"tags": ["urgent"], "tag_action": "add"}, ["design", "meeting", "urgent"]),
        ({"tags": ["design", "never seen"], "tag_action": "delete"}, ["meeting"]),
        ({"tag_ids": [DESIGN], "tag_action": "delete"}, ["meeting"]),
        ({"tags": ["urgent"]}, ["urgent"]),
        ({"tags": []}, []),
        ({"tag_action": "delete"}, ["design", "meeting"]),
    ],
)
async def test_update_time_entry_tag_action_adds_deletes_or_replaces_tags(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: dict[str, Any], body: dict[str, Any], tags: list[str]
) -> None:
    response = (await toggl.put(f"{ENTRIES}/{row['id']}", json=body)).json()
    assert response["tags"] == tags
    assert [sandbox.state.tags[tag_id]["name"] for tag_id in response["tag_ids"]] == tags
    assert "never seen" not in [tag["name"] for tag in sandbox.state.tags.values()]


@pytest.mark.parametrize(
    ("body", "project_id", "task_id"),
    [
        ({"project_id": None}, None, None),
        ({"task_id": None}, WEB_SHOP, None),
        ({"project_id": BROCHURE}, BROCHURE, None),
        ({"project_id": WEB_SHOP}, WEB_SHOP, CHECKOUT),
        ({"task_id": 80_400_304}, BROCHURE, 80_400_304),
        ({"description": None}, WEB_SHOP, CHECKOUT),
    ],
)
async def test_update_time_entry_null_or_new_project_clears_task(
    toggl: httpx.AsyncClient, row: dict[str, Any], body: dict[str, Any], project_id: int | None, task_id: int | None
) -> None:
    response = (await toggl.put(f"{ENTRIES}/{row['id']}", json=body)).json()
    assert (response["project_id"], response["task_id"], response["description"]) == (project_id, task_id, "Cover")
    assert (response.get("pid"), response.get("tid")) == (project_id, task_id)


async def test_update_time_entry_to_running_stops_the_timer(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    timer = running(sandbox, "2025-10-09T08:30")
    response = (await toggl.put(f"{ENTRIES}/{row['id']}", json={"duration": -1})).json()
    assert (response["stop"], response["duration"]) == (None, -1)
    assert timer["duration"] == 1800


async def test_stop_time_entry_second_stop_returns_409(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    path = f"{ENTRIES}/{running(sandbox, '2025-10-09T21:53')['id']}/stop"
    clock.now += 40.7
    first = await toggl.patch(path)
    second = await toggl.patch(path)
    assert (first.json()["stop"], first.json()["duration"]) == ("2025-10-09T08:54:00Z", 60)
    assert (first.json()["tags"], first.json()["tag_ids"]) == ([], [])
    assert (second.status_code, second.json()) == (409, "Time entry already stopped")


async def test_delete_time_entry_returns_no_body_then_404(toggl: httpx.AsyncClient, row: dict[str, Any]) -> None:
    response = await toggl.delete(f"{ENTRIES}/{row['id']}")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    for method, path in (("DELETE", ""), ("PUT", ""), ("PATCH", "/stop")):
        repeat = await toggl.request(method, f"{ENTRIES}/{row['id']}{path}", json={})
        assert (repeat.status_code, repeat.json()) == (404, "Time entry not found")


async def test_update_time_entry_foreign_entry_returns_404(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    foreign_row = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", user_id=7_301_002)
    night_school_row = add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", workspace=NIGHT_SCHOOL)
    for entry_id in (foreign_row["id"], night_school_row["id"], 1):
        response = await toggl.put(f"{ENTRIES}/{entry_id}", json={"description": "Mine"})
        assert (response.status_code, response.json()) == (404, "Time entry not found")


@pytest.mark.parametrize(("method", "path"), [("PATCH", "none/stop"), ("DELETE", "none"), ("PATCH", "1,none")])
async def test_time_entry_operations_invalid_id_returns_400(toggl: httpx.AsyncClient, method: str, path: str) -> None:
    response = await toggl.request(method, f"{ENTRIES}/{path}")
    assert (response.status_code, response.json()) == (400, "Invalid or missing time_entry_id")


async def test_patch_time_entries_is_charged_to_the_organization_quota(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    await toggl.patch(f"{ENTRIES}/1,2", json=[])
    assert sandbox.calls[-1].bucket == 3_901_001


async def test_delete_project_mode_unassigns_or_deletes_entries(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    await toggl.delete(f"{BASE}/projects/{WEB_SHOP}", params={"teDeletionMode": "unassign"})
    assert (row["project_id"], row["task_id"], row["server_deleted_at"]) == (None, None, None)
    sandbox.state.edit_entry(row["id"], project_id=BROCHURE)
    await toggl.delete(f"{BASE}/projects/{BROCHURE}", params={"teDeletionMode": "delete"})
    assert row["server_deleted_at"] == "2025-10-09T08:53:20+00:00"


async def test_update_tag_and_delete_task_update_entries(toggl: httpx.AsyncClient, row: dict[str, Any]) -> None:
    await toggl.put(f"{BASE}/tags/{DESIGN}", json={"name": "drawing"})
    assert row["tags"] == ["drawing", "meeting"]
    await toggl.delete(f"{BASE}/tags/{DESIGN}")
    assert (row["tags"], row["tag_ids"]) == (["meeting"], [17_300_302])
    await toggl.delete(f"{BASE}/projects/{WEB_SHOP}/tasks/{CHECKOUT}")
    assert (row["project_id"], row["task_id"]) == (WEB_SHOP, None)
