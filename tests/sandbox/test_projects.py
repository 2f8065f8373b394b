"""The project operations beyond what the contract says."""

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

PROJECTS = f"/workspaces/{HARBOUR_STUDIO}/projects"
NIGHT_PROJECTS = f"/workspaces/{NIGHT_SCHOOL}/projects"
BAKERY = 64_890_301
WEB_SHOP = 201_500_302
SHOP_SIGN = 201_500_303
KILN = 201_500_401


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 11),
        ({"active": "both"}, 11),
        ({"active": "true"}, 8),
        ({"active": "false"}, 3),
        ({"name": "ÉTÉ"}, 1),
        ({"search": "shop"}, 2),
        ({"search": "shop", "name": "sign"}, 1),
        ({"client_ids": f"{BAKERY},64890302"}, 4),
        ({"page": "2", "per_page": "8"}, 3),
    ],
)
async def test_list_projects_query_filters_and_pages(
    toggl: httpx.AsyncClient, query: dict[str, str], count: int
) -> None:
    assert len((await toggl.get(PROJECTS, params=query)).json()) == count


async def test_list_projects_page_holds_151_rows_and_ends_with_null(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for number in range(150):
        sandbox.state.add_project(HARBOUR_STUDIO, f"Project {number}")
    pages = [(await toggl.get(PROJECTS, params={"page": page})).json() for page in (1, 2, 3)]
    assert [page and len(page) for page in pages] == [151, 10, None]
    assert len((await toggl.get(PROJECTS, params={"per_page": "200"})).json()) == 161


async def test_list_projects_since_returns_changed_projects(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.rename_project(WEB_SHOP, "Web shop II")
    recent = (await toggl.get(PROJECTS, params={"since": str(int(clock.now))})).json()
    assert [row["name"] for row in recent] == ["Web shop II"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"active": "yes"}, "Invalid active"),
        ({"page": "0"}, "Invalid page"),
        ({"page": "two"}, "Invalid page"),
        ({"per_page": "201"}, "Invalid per_page"),
        ({"per_page": "0"}, "Invalid per_page"),
        ({"since": "9" * 5000}, "Invalid since"),
    ],
)
async def test_list_projects_invalid_query_is_refused(
    toggl: httpx.AsyncClient, query: dict[str, str], text: str
) -> None:
    response = await toggl.get(PROJECTS, params=query)
    assert (response.status_code, response.json()) == (400, text)


async def test_get_project_row_matches_recorded_rows(toggl: httpx.AsyncClient) -> None:
    row = (await toggl.get(f"{PROJECTS}/{SHOP_SIGN}")).json()
    assert (row["wid"], row["cid"]) == (row["workspace_id"], row["client_id"]) == (HARBOUR_STUDIO, BAKERY)
    assert (row["active"], row["status"], row["color"]) == (False, "archived", "#bf7000")
    assert row["at"] == row["created_at"] == "2025-07-31T08:53:20+00:00"
    assert (row["client_name"], row["total_count"], row["server_deleted_at"]) == ("Aroha Bakery", 0, None)
    assert "pinned" not in row
    assert len(row) == 31


async def test_create_project_without_active_is_archived(toggl: httpx.AsyncClient) -> None:
    archived = (await toggl.post(PROJECTS, json={"name": "  Acme "})).json()
    active = (await toggl.post(PROJECTS, json={"name": "Ajax", "active": True})).json()
    assert (archived["name"], archived["active"], archived["id"]) == ("Acme", False, 301_600_001)
    assert (active["active"], active["client_id"], active["is_private"], active["billable"]) == (True, None, True, True)
    assert not {"created_at", "status"} & active.keys()
    usual = {"status": "active", "created_at": "2025-10-09T08:53:20+00:00"}
    assert (await toggl.get(f"{PROJECTS}/{active['id']}")).json() == active | usual


async def test_create_project_client_name_finds_or_creates_client(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    with_client = (await toggl.post(PROJECTS, json={"name": "Cakes", "client_name": "Aroha Bakery"})).json()
    with_new_client = (await toggl.post(PROJECTS, json={"name": "Cakes", "client_name": " Zephyr "})).json()
    assert with_client["client_id"] == BAKERY
    assert sandbox.state.clients[with_new_client["client_id"]]["name"] == "Zephyr"
    assert with_new_client["cid"] == with_new_client["client_id"]


async def test_update_project_estimated_hours_sets_estimated_seconds(toggl: httpx.AsyncClient) -> None:
    response = await toggl.put(f"{PROJECTS}/{WEB_SHOP}", json={"estimated_hours": 3})
    assert response.json()["estimated_seconds"] == 10_800


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"name": " "}, "project name must not be empty"),
        ({"name": "Web shop", "client_id": BAKERY}, "Name has already been taken"),
        ({"name": " Shop sign", "client_name": "Aroha Bakery"}, "Name has already been taken"),
        ({"name": "Studio upkeep"}, "Name has already been taken"),
        ({"name": 7}, 'Unexpected "name" type number, offset=9'),
        ({"name": "New", "active": "yes"}, 'Unexpected "active" type string, offset=28'),
        ({"name": "New", "client_id": 64_890_401}, "Client with the ID 64890401 isn't present in workspace 4102001"),
        (
            {"name": "New", "color": "blue", "client_name": "Nobody yet"},
            "Error in validating color 'blue'. Project color must be a hex value in the form of #[0-9a-f]{6}.",
        ),
    ],
)
async def test_create_project_invalid_field_is_refused_without_new_client(
    toggl: httpx.AsyncClient, sandbox: Sandbox, body: dict[str, object], text: str
) -> None:
    response = await toggl.post(PROJECTS, json=body)
    assert (response.status_code, response.json()) == (400, text)
    assert len(sandbox.state.clients) == 12
    assert len(sandbox.state.projects) == 14


async def test_create_project_without_name_is_refused(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(PROJECTS, json={"active": True})).json() == "project name must not be empty"
    assert (await toggl.post(PROJECTS, content=b"{")).json() == "JSON is not valid"


async def test_create_project_name_is_unique_per_client(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(PROJECTS, json={"name": "Web shop"})).status_code == 200
    assert (await toggl.post(PROJECTS, json={"name": "Web shop", "client_name": "Zephyr"})).status_code == 200
    duplicate = await toggl.put(f"{PROJECTS}/{WEB_SHOP}", json={"client_id": None})
    assert (duplicate.status_code, duplicate.json()) == (400, "Name has already been taken")


async def test_update_project_changes_only_sent_fields_and_at(toggl: httpx.AsyncClient, clock: Clock) -> None:
    before = (await toggl.get(f"{PROJECTS}/{WEB_SHOP}")).json()
    clock.now = 1_800_000_000.0
    response = await toggl.put(f"{PROJECTS}/{WEB_SHOP}", json={"active": False, "name": None, "wid": 1})
    assert response.json() == before | {"active": False, "status": "archived", "at": "2027-01-15T08:00:00+00:00"}


async def test_get_project_counts_what_everybody_tracked_but_running_and_deleted_entries(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.state.entries = {}
    start = sandbox.state.now() - 7200
    sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 3600, project_id=WEB_SHOP)
    sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 1800, user_id=7_301_002, project_id=WEB_SHOP)
    sandbox.state.add_entry(HARBOUR_STUDIO, start, running=True, project_id=WEB_SHOP)
    deleted = sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 60, project_id=WEB_SHOP)
    sandbox.state.remove_entry(deleted["id"])

    row = (await toggl.get(f"{PROJECTS}/{WEB_SHOP}")).json()
    empty = (await toggl.get(f"{PROJECTS}/{SHOP_SIGN}")).json()

    assert (row["actual_seconds"], row["actual_hours"]) == (5400, 2)
    assert (empty["actual_seconds"], empty["actual_hours"]) == (None, None)


async def test_update_project_recurring_parameters_come_back_as_a_list(toggl: httpx.AsyncClient) -> None:
    body = {"recurring": True, "recurring_parameters": {"period": "monthly"}}
    row = (await toggl.put(f"{PROJECTS}/{WEB_SHOP}", json=body)).json()
    assert (row["recurring"], [item["period"] for item in row["recurring_parameters"]]) == (True, ["monthly"])


async def test_update_project_null_client_id_clears_client(toggl: httpx.AsyncClient) -> None:
    row = (await toggl.put(f"{PROJECTS}/{WEB_SHOP}", json={"client_id": None})).json()
    assert (row["client_id"], row["cid"]) == (None, None)


async def test_update_project_with_duplicate_name_accepts_other_fields(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    twin = sandbox.state.add_project(HARBOUR_STUDIO, "Web shop", BAKERY)
    assert (await toggl.put(f"{PROJECTS}/{twin['id']}", json={"color": "#000000"})).status_code == 200


@pytest.mark.parametrize(("color", "status"), [("#2da608", 200), ("#010203", 402), ("#FFFFFF", 402)])
async def test_create_and_update_project_own_color_on_the_free_plan_is_refused(
    toggl: httpx.AsyncClient, sandbox: Sandbox, color: str, status: int
) -> None:
    project = next(row for row in sandbox.state.projects.values() if row["workspace_id"] == NIGHT_SCHOOL)
    path = f"/workspaces/{NIGHT_SCHOOL}/projects/{project['id']}"
    assert (await toggl.put(path, json={"color": color})).status_code == status
    new = {"name": "Lamp", "color": color, "active": True}
    assert (await toggl.post(f"/workspaces/{NIGHT_SCHOOL}/projects", json=new)).status_code == status


@pytest.mark.parametrize("mode", ["delete", "unassign", None])
async def test_delete_project_returns_id_and_deletes_tasks(
    toggl: httpx.AsyncClient, sandbox: Sandbox, mode: str | None
) -> None:
    response = await toggl.delete(f"{PROJECTS}/{WEB_SHOP}", params={"teDeletionMode": mode} if mode else {})
    assert response.text == str(WEB_SHOP)
    assert len(sandbox.state.tasks) == 2


async def test_delete_project_unknown_mode_is_refused(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await toggl.delete(f"{PROJECTS}/{WEB_SHOP}", params={"teDeletionMode": "keep"})
    assert (response.status_code, response.json()) == (400, "Invalid teDeletionMode")
    assert WEB_SHOP in sandbox.state.projects


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [f"{PROJECTS}/1", f"{NIGHT_PROJECTS}/{WEB_SHOP}"])
async def test_project_operations_missing_or_foreign_project_return_404(
    toggl: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await toggl.request(method, path, json={"name": "New"})
    assert (response.status_code, response.json()) == (404, "Resource can not be found")


async def test_create_project_free_plan_above_five_active_returns_402(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    for number in range(3):
        sandbox.state.add_project(NIGHT_SCHOOL, f"Course {number}")
    creation = await toggl.post(NIGHT_PROJECTS, json={"name": "Sixth", "active": True})
    restoration = await toggl.put(f"{NIGHT_PROJECTS}/201500403", json={"active": True})
    text = "Active project limit is 5. Upgrade to add more active projects"
    assert (creation.status_code, creation.json()) == (restoration.status_code, restoration.json()) == (402, text)
    assert (await toggl.post(NIGHT_PROJECTS, json={"name": "Archived"})).status_code == 200
    assert (await toggl.put(f"{NIGHT_PROJECTS}/{KILN}", json={"active": True})).status_code == 200


@pytest.mark.parametrize(("field", "value"), [("billable", True), ("rate", 40.5), ("estimated_hours", 3)])
async def test_update_project_free_plan_premium_field_returns_402(
    toggl: httpx.AsyncClient, sandbox: Sandbox, field: str, value: object
) -> None:
    response = await toggl.put(f"{NIGHT_PROJECTS}/{KILN}", json={field: value})
    assert (response.status_code, response.json()) == (402, f"Must be a premium user to use {field}")
    assert not sandbox.state.projects[KILN][field]
    assert (await toggl.post(NIGHT_PROJECTS, json={"name": "New", "billable": False})).json()["billable"] is False


async def test_archive_client_and_restore_client_update_project_status(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    client = f"/workspaces/{HARBOUR_STUDIO}/clients/{BAKERY}"
    await toggl.post(f"{client}/archive")
    assert sandbox.state.projects[WEB_SHOP]["status"] == "archived"
    await toggl.post(f"{client}/restore", json={"projects": [WEB_SHOP]})
    assert sandbox.state.projects[WEB_SHOP]["status"] == "active"
    await toggl.delete(client)
    assert sandbox.state.projects[WEB_SHOP]["cid"] is None


async def test_list_projects_page_is_sorted_by_name_and_headers_hold_its_place(toggl: httpx.AsyncClient) -> None:
    response = await toggl.get(PROJECTS, params={"page": "2", "per_page": "2", "active": "true"})
    assert [row["name"] for row in response.json()] == ["Messestand", "Season brochure"]
    assert {row["total_count"] for row in response.json()} == {8}
    assert [response.headers[f"X-{name}"] for name in ("Page", "Page-Size", "Sort-Field", "Sort-Order")] == [
        "2",
        "2",
        "project_name",
        "asc",
    ]
    assert response.json()[0]["client_name"] == "Müller & Söhne"


async def test_patch_projects_changes_those_that_are_there(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    steps = [{"op": "replace", "path": "/color", "value": "#2da608"}]
    response = await toggl.patch(f"{PROJECTS}/{WEB_SHOP},1", json=steps)
    assert response.json() == {"success": [WEB_SHOP], "failure": [{"id": 1, "message": "Resource can not be found"}]}
    assert sandbox.state.projects[WEB_SHOP]["color"] == "#2da608"


@pytest.mark.parametrize(
    ("path", "value", "answer"),
    [
        ("/color", "#000000", {"success": [201_500_401], "failure": []}),
        ("/currency", "EUR", "User can not edit project billing info"),
    ],
)
async def test_patch_projects_on_free_plan_takes_an_own_color_and_no_currency(
    toggl: httpx.AsyncClient, path: str, value: str, answer: object
) -> None:
    steps = [{"op": "replace", "path": path, "value": value}]
    response = await toggl.patch(f"/workspaces/{NIGHT_SCHOOL}/projects/201500401", json=steps)
    assert (response.json(), response.status_code) == (answer, 400 if isinstance(answer, str) else 200)
