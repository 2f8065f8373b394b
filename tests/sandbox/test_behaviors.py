"""Each unknown about Toggl, at its other setting."""

from typing import Literal

import httpx
import pytest

from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

CLIENTS = f"/workspaces/{HARBOUR_STUDIO}/clients"
BAKERY = f"{CLIENTS}/64890301"
PROJECTS = f"/workspaces/{HARBOUR_STUDIO}/projects"
WEB_SHOP = f"{PROJECTS}/201500302"
THEATRE = f"{CLIENTS}/64890306"


async def test_behaviors_empty_list_as_list(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(empty_list="[]")
    assert (await toggl.get(CLIENTS, params={"name": "nobody"})).text == "[]"
    assert (await toggl.post(f"{THEATRE}/archive")).text == "[]"


@pytest.mark.parametrize("total", [30, 600])
async def test_behaviors_requests_of_the_user(
    toggl: httpx.AsyncClient, sandbox: Sandbox, total: Literal[30, 600]
) -> None:
    sandbox.behaviors = Behaviors(user_requests_per_hour=total)
    response = await toggl.get("/me")
    assert response.headers["X-Toggl-Quota-Remaining"] == str(total - 1)


async def test_behaviors_archive_client_returns_items(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(archive_answer="items")
    assert (await toggl.post(f"{BAKERY}/archive")).text == '{"items":[201500301,201500302]}'
    assert (await toggl.post(f"{BAKERY}/archive")).text == '{"items":null}'


async def test_behaviors_foreign_workspace_refused_without_body(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(foreign_workspace_body="empty")
    response = await toggl.get("/workspaces/1/clients")
    assert (response.status_code, response.content) == (403, b"")


async def test_behaviors_duplicate_name_text(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(duplicate_text="exists")
    assert (await toggl.post(CLIENTS, json={"name": "Aroha Bakery"})).json() == "Client name already exists"
    assert (await toggl.post(PROJECTS, json={"name": "Studio upkeep"})).json() == "Project name already exists"
    assert (await toggl.post(f"{WEB_SHOP}/tasks", json={"name": "Checkout"})).json() == "Task name already exists"


@pytest.mark.parametrize(("ignores_case", "status"), [(False, 200), (True, 400)])
async def test_behaviors_duplicate_name_ignores_case(
    toggl: httpx.AsyncClient, sandbox: Sandbox, *, ignores_case: bool, status: int
) -> None:
    sandbox.behaviors = Behaviors(duplicate_ignores_case=ignores_case)
    assert (await toggl.post(CLIENTS, json={"name": "AROHA bakery"})).status_code == status


async def test_behaviors_max_client_name(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(max_client_name=3)
    assert (await toggl.post(CLIENTS, json={"name": "abc"})).status_code == 200
    assert (await toggl.post(CLIENTS, json={"name": "abcd"})).json() == "Client name maximum length is 3"


async def test_behaviors_update_project_null_keeps_client(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(null_clears_client=False)
    assert (await toggl.put(WEB_SHOP, json={"client_id": None})).json()["client_id"] == 64_890_301


@pytest.mark.parametrize("status", [400, 402, 403])
async def test_behaviors_project_limit_status(
    toggl: httpx.AsyncClient, sandbox: Sandbox, status: Literal[400, 402, 403]
) -> None:
    sandbox.behaviors = Behaviors(project_limit_status=status)
    for number in range(3):
        sandbox.state.add_project(NIGHT_SCHOOL, f"Course {number}")
    refusal = await toggl.post(f"/workspaces/{NIGHT_SCHOOL}/projects", json={"name": "Sixth", "active": True})
    assert refusal.status_code == status


async def test_behaviors_missing_task_returns_invalid_id(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(missing_task_status=400)
    without_task, without_project = await toggl.get(f"{WEB_SHOP}/tasks/1"), await toggl.get(f"{PROJECTS}/1/tasks")
    assert (without_task.status_code, without_task.json()) == (400, "Invalid task_id")
    assert (without_project.status_code, without_project.json()) == (400, "Invalid project_id")


async def test_behaviors_tasks_on_free_plan_status(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(tasks_on_free_status=403)
    response = await toggl.get(f"/workspaces/{NIGHT_SCHOOL}/tasks")
    assert (response.status_code, response.json()) == (403, "User does not have access to this resource.")
