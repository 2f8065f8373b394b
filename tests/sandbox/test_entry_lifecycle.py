"""Tags, places and ends of time entries, and what becomes of them with the rest of the workspace."""

from typing import Any

import httpx
import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import at, done, running
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

BASE = f"/workspaces/{HARBOUR_STUDIO}"
ENTRIES = f"{BASE}/time_entries"
WEB_SHOP, CHECKOUT, BROCHURE = 201_500_302, 80_400_301, 201_500_304
DESIGN = 17_300_301


@pytest.fixture
def row(sandbox: Sandbox) -> dict[str, Any]:
    more: dict[str, Any] = {"project_id": WEB_SHOP, "task_id": CHECKOUT, "tags": ["design", "meeting"]}
    return done(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", "Cover", **more)


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
async def test_tags_are_replaced_added_or_taken_off(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: dict[str, Any], body: dict[str, Any], tags: list[str]
) -> None:
    answer = (await toggl.put(f"{ENTRIES}/{row['id']}", json=body)).json()
    assert answer["tags"] == tags
    assert [sandbox.state.tags[tag_id]["name"] for tag_id in answer["tag_ids"]] == tags
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
async def test_a_null_clears_a_project_or_a_task_and_no_task_outlives_its_project(
    toggl: httpx.AsyncClient, row: dict[str, Any], body: dict[str, Any], project_id: int | None, task_id: int | None
) -> None:
    answer = (await toggl.put(f"{ENTRIES}/{row['id']}", json=body)).json()
    assert (answer["project_id"], answer["task_id"], answer["description"]) == (project_id, task_id, "Cover")
    assert (answer.get("pid"), answer.get("tid")) == (project_id, task_id)


async def test_a_stopped_entry_that_is_set_running_ends_the_timer(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    timer = running(sandbox, "2025-10-09T08:30")
    answer = (await toggl.put(f"{ENTRIES}/{row['id']}", json={"duration": -1})).json()
    assert (answer["stop"], answer["duration"]) == (None, -int(at("2025-10-09T09:00")))
    assert timer["duration"] == 1800


async def test_a_timer_is_stopped_once(toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock) -> None:
    path = f"{ENTRIES}/{running(sandbox, '2025-10-09T21:53')['id']}/stop"
    clock.now += 40.7
    stopped = await toggl.patch(path)
    again = await toggl.patch(path)
    assert (stopped.json()["stop"], stopped.json()["duration"]) == ("2025-10-09T08:54:00Z", 60)
    assert (stopped.json()["tags"], stopped.json()["tag_ids"]) == ([], [])
    assert (again.status_code, again.json()) == (409, "Time entry already stopped")


async def test_a_delete_answers_nothing_and_can_be_done_once(toggl: httpx.AsyncClient, row: dict[str, Any]) -> None:
    answer = await toggl.delete(f"{ENTRIES}/{row['id']}")
    assert (answer.status_code, answer.content) == (200, b"")
    for method, path in (("DELETE", ""), ("PUT", ""), ("PATCH", "/stop")):
        again = await toggl.request(method, f"{ENTRIES}/{row['id']}{path}", json={})
        assert (again.status_code, again.json()) == (404, "Time entry not found")


async def test_the_entries_of_others_and_of_other_workspaces_are_not_found(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    theirs = done(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", user_id=7_301_002)
    elsewhere = done(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", workspace=NIGHT_SCHOOL)
    for entry_id in (theirs["id"], elsewhere["id"], 1):
        answer = await toggl.put(f"{ENTRIES}/{entry_id}", json={"description": "Mine"})
        assert (answer.status_code, answer.json()) == (404, "Time entry not found")


@pytest.mark.parametrize(("method", "path"), [("PATCH", "none/stop"), ("DELETE", "none"), ("PATCH", "1,none")])
async def test_an_id_that_is_no_number_is_refused(toggl: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await toggl.request(method, f"{ENTRIES}/{path}")
    assert (answer.status_code, answer.json()) == (400, "Invalid or missing time_entry_id")


async def test_changing_entries_is_charged_to_the_organization(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await toggl.patch(f"{ENTRIES}/1,2", json=[])
    assert sandbox.calls[-1].bucket == 3_901_001


async def test_entries_outlive_their_project_unless_they_are_to_go_with_it(
    toggl: httpx.AsyncClient, sandbox: Sandbox, row: dict[str, Any]
) -> None:
    await toggl.delete(f"{BASE}/projects/{WEB_SHOP}", params={"teDeletionMode": "unassign"})
    assert (row["project_id"], row["task_id"], row["server_deleted_at"]) == (None, None, None)
    sandbox.state.edit_entry(row["id"], project_id=BROCHURE)
    await toggl.delete(f"{BASE}/projects/{BROCHURE}", params={"teDeletionMode": "delete"})
    assert row["server_deleted_at"] == "2025-10-09T08:53:20+00:00"


async def test_entries_follow_their_tags_and_outlive_their_task(toggl: httpx.AsyncClient, row: dict[str, Any]) -> None:
    await toggl.put(f"{BASE}/tags/{DESIGN}", json={"name": "drawing"})
    assert row["tags"] == ["drawing", "meeting"]
    await toggl.delete(f"{BASE}/tags/{DESIGN}")
    assert (row["tags"], row["tag_ids"]) == (["meeting"], [17_300_302])
    await toggl.delete(f"{BASE}/projects/{WEB_SHOP}/tasks/{CHECKOUT}")
    assert (row["project_id"], row["task_id"]) == (WEB_SHOP, None)
