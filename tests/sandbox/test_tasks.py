"""The task operations beyond what the contract says."""

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

ALL_TASKS = f"/workspaces/{HARBOUR_STUDIO}/tasks"
TASKS = f"/workspaces/{HARBOUR_STUDIO}/projects/201500302/tasks"
CHECKOUT = 80_400_301


async def test_list_workspace_tasks_returns_an_envelope(toggl: httpx.AsyncClient) -> None:
    envelope = (await toggl.get(ALL_TASKS, params={"per_page": "2"})).json()
    assert [row["name"] for row in envelope.pop("data")] == ["Checkout", "Cover"]
    assert envelope == {"page": 1, "per_page": 2, "sort_field": "name", "sort_order": "ASC", "total_count": 5}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"active": "false"}, [80_400_302]),
        ({"active": "true", "pid": "201500302"}, [CHECKOUT, 80_400_303]),
        ({"search": "ENTWÜRFE"}, [80_400_305]),
        ({"page": "2", "per_page": "3"}, [80_400_303, 80_400_302]),
        ({"sort_field": "created_at", "sort_order": "DESC", "per_page": "1"}, [80_400_305]),
    ],
)
async def test_list_workspace_tasks_query_filters_sorts_and_pages(
    toggl: httpx.AsyncClient, query: dict[str, str], ids: list[int]
) -> None:
    assert [row["id"] for row in (await toggl.get(ALL_TASKS, params=query)).json()["data"]] == ids


async def test_list_workspace_tasks_no_match_has_null_data(toggl: httpx.AsyncClient) -> None:
    envelope = (await toggl.get(ALL_TASKS, params={"search": "nothing"})).json()
    assert (envelope["data"], envelope["per_page"], envelope["total_count"]) == (None, 50, 0)


async def test_list_workspace_tasks_invalid_sort_field_is_refused(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(ALL_TASKS, params={"sort_field": "user"})).json() == "Invalid sort_field"


@pytest.mark.parametrize(("query", "count"), [({}, 3), ({"active": "true"}, 2), ({"active": "false"}, 3)])
async def test_list_project_tasks_returns_a_list(toggl: httpx.AsyncClient, query: dict[str, str], count: int) -> None:
    assert len((await toggl.get(TASKS, params=query)).json()) == count


async def test_list_project_tasks_no_tasks_returns_null(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(f"/workspaces/{HARBOUR_STUDIO}/projects/201500301/tasks")).text == "null"


async def test_create_task_is_active_and_nobodys(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now = 1_577_934_245.5
    response = await toggl.post(TASKS, json={"name": "  Search ", "external_reference": ""})
    assert response.json() == {
        "id": 301_600_001,
        "name": "Search",
        "workspace_id": HARBOUR_STUDIO,
        "project_id": 201_500_302,
        "user_id": None,
        "recurring": False,
        "active": True,
        "at": "2020-01-02T03:04:05+00:00",
        "server_deleted_at": None,
        "estimated_seconds": None,
        "tracked_seconds": 0,
        "project_is_private": False,
    }
    (listed,) = (await toggl.get(TASKS, params={"active": "true"})).json()[-1:]
    assert (listed["name"], "project_is_private" in listed) == ("Search", False)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"name": ""}, "Task name cannot be empty"),
        ({"name": "Opening hours"}, "Name has already been taken"),
        ({"estimated_seconds": "60"}, 'Unexpected "estimated_seconds" type string, offset=25'),
    ],
)
async def test_create_task_and_update_task_invalid_body_is_refused(
    toggl: httpx.AsyncClient, body: dict[str, object], text: str
) -> None:
    for response in (await toggl.post(TASKS, json=body), await toggl.put(f"{TASKS}/{CHECKOUT}", json=body)):
        assert (response.status_code, response.json()) == (400, text)


async def test_update_task_changes_only_sent_fields(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    before = dict(sandbox.state.tasks[CHECKOUT])
    response = await toggl.put(f"{TASKS}/{CHECKOUT}", json={"active": False})
    assert response.json() == before | {"active": False, "at": "2025-10-09T08:53:20+00:00", "project_is_private": False}
    assert (await toggl.put(f"{TASKS}/{CHECKOUT}", json={"name": "Till"})).json()["name"] == "Till"


async def test_delete_task_returns_its_id(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await toggl.delete(f"{TASKS}/{CHECKOUT}")
    assert (response.status_code, response.json()) == (200, CHECKOUT)
    assert CHECKOUT not in sandbox.state.tasks


@pytest.mark.parametrize("path", [f"{TASKS}/80400305", f"/workspaces/{HARBOUR_STUDIO}/projects/1/tasks/{CHECKOUT}"])
async def test_get_task_of_another_project_returns_404(toggl: httpx.AsyncClient, path: str) -> None:
    response = await toggl.get(path)
    assert (response.status_code, response.json()) == (404, "Resource can not be found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "tasks"),
        ("GET", "projects/201500401/tasks"),
        ("POST", "projects/201500401/tasks"),
        ("GET", "projects/201500401/tasks/1"),
        ("PUT", "projects/201500401/tasks/1"),
        ("DELETE", "projects/201500401/tasks/1"),
    ],
)
async def test_task_operations_free_plan_return_402(toggl: httpx.AsyncClient, method: str, path: str) -> None:
    response = await toggl.request(method, f"/workspaces/{NIGHT_SCHOOL}/{path}", json={"name": "New"})
    assert (response.status_code, response.json()) == (402, "Tasks are a premium feature")
