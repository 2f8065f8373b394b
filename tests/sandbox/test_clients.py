"""The client operations beyond what the contract says."""

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

CLIENTS = f"/workspaces/{HARBOUR_STUDIO}/clients"
NIGHT_CLIENTS = f"/workspaces/{NIGHT_SCHOOL}/clients"
BAKERY = 64_890_301
THEATRE = 64_890_306


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 6),
        ({"status": "active"}, 6),
        ({"status": "archived"}, 2),
        ({"status": "both"}, 8),
        ({"name": "CAFÉ"}, 1),
        ({"status": "both", "name": "th"}, 1),
    ],
)
async def test_list_clients_filters_by_status_and_name_part(
    toggl: httpx.AsyncClient, query: dict[str, str], count: int
) -> None:
    assert len((await toggl.get(CLIENTS, params=query)).json()) == count


async def test_list_clients_no_match_returns_null(toggl: httpx.AsyncClient) -> None:
    response = await toggl.get(CLIENTS, params={"name": "nobody"})
    assert (response.status_code, response.text) == (200, "null")


async def test_create_client_returns_only_set_fields(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now = 1_577_934_245.9
    response = await toggl.post(CLIENTS, json={"name": "  Acme ", "notes": "", "archived": True, "wid": "ignored"})
    assert response.status_code == 200
    assert response.text == (
        '{"id":301600001,"wid":4102001,"archived":false,"name":"Acme",'
        '"at":"2020-01-02T03:04:05+00:00","creator_id":7301001,"total_count":0}'
    )


async def test_create_client_returns_notes_and_reference_if_set(toggl: httpx.AsyncClient) -> None:
    created = (await toggl.post(CLIENTS, json={"name": "Acme", "notes": "n", "external_reference": "r"})).json()
    assert (created["notes"], created["external_reference"]) == ("n", "r")
    assert (await toggl.get(f"{CLIENTS}/{created['id']}")).json() == created


@pytest.mark.parametrize("name", ["Aroha Bakery", " Aroha Bakery ", "Northwind Theatre"])
async def test_create_client_duplicate_name_is_refused_even_if_archived(toggl: httpx.AsyncClient, name: str) -> None:
    response = await toggl.post(CLIENTS, json={"name": name})
    assert (response.status_code, response.json()) == (400, "Name has already been taken")


async def test_create_client_name_is_free_in_another_workspace_and_after_delete(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(NIGHT_CLIENTS, json={"name": "Blue Gull Charters"})).status_code == 200
    await toggl.delete(f"{CLIENTS}/{BAKERY}")
    assert (await toggl.post(CLIENTS, json={"name": "Aroha Bakery"})).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{", "JSON is not valid"),
        ("", "JSON is not valid"),
        ("[]", "JSON is not valid"),
        ("\xff", "JSON is not valid"),
        ('{"name": 7, "notes": "x"}', 'Unexpected "name" type number, offset=10'),
        ('{"name":"é","notes":[1]}', 'Unexpected "notes" type array, offset=24'),
        ('{"name":true}', 'Unexpected "name" type bool, offset=12'),
    ],
)
async def test_create_client_and_update_client_invalid_body_is_refused(
    toggl: httpx.AsyncClient, method: str, body: str, text: str
) -> None:
    path = CLIENTS if method == "POST" else f"{CLIENTS}/{BAKERY}"
    response = await toggl.request(method, path, content=body.encode())
    assert (response.status_code, response.json()) == (400, text)


async def test_update_client_replaces_notes_and_reference_and_changes_at(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    before = dict(sandbox.state.clients[BAKERY])
    clock.now = 1_800_000_000.0
    response = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"name": "Bakehouse", "notes": None, "archived": True})
    before = {field: value for field, value in before.items() if field not in ("notes", "external_reference")}
    after = {"name": "Bakehouse", "at": "2027-01-15T08:00:00+00:00", "total_count": 0}
    assert response.json() == before | after


async def test_update_client_empty_text_clears_notes_and_reference(toggl: httpx.AsyncClient) -> None:
    response = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"name": "x", "notes": "", "external_reference": ""})
    assert not {"notes", "external_reference"} & set(response.json())


async def test_update_client_without_name_is_refused(toggl: httpx.AsyncClient) -> None:
    response = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"notes": "New"})
    assert (response.status_code, response.json()) == (400, "Client name cannot be empty")


async def test_update_client_duplicate_name_is_refused(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.put(f"{CLIENTS}/{BAKERY}", json={"name": "Aroha Bakery"})).status_code == 200
    duplicate = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"name": "Café Miró"})
    assert (duplicate.status_code, duplicate.json()) == (400, "Name has already been taken")


async def test_get_client_of_another_workspace_returns_404(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(f"{NIGHT_CLIENTS}/{BAKERY}")).status_code == 404


async def test_delete_client_returns_id_and_clears_it_from_projects(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await toggl.delete(f"{CLIENTS}/{BAKERY}")
    assert response.text == str(BAKERY)
    assert sandbox.state.projects[201_500_301]["client_id"] is None
    assert (await toggl.delete(f"{CLIENTS}/{BAKERY}")).json() == f"No client with ID {BAKERY} was found"


async def test_archive_client_archives_active_projects_and_returns_ids(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    assert (await toggl.post(f"{CLIENTS}/{BAKERY}/archive")).json() == [201_500_301, 201_500_302]
    assert sandbox.state.clients[BAKERY]["archived"]
    assert not sandbox.state.projects[201_500_301]["active"]
    assert sandbox.state.projects[201_500_304]["active"]


async def test_archive_client_without_projects_returns_null(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.post(f"{CLIENTS}/{THEATRE}/archive")).text == "null"


@pytest.mark.parametrize(
    ("body", "active"),
    [
        (None, []),
        ({}, []),
        ({"projects": [201_500_305, 201_500_307, 1]}, [201_500_305]),
        ({"restore_all_projects": True}, [201_500_305, 201_500_306]),
        ({"restore_all_projects": False}, []),
    ],
)
async def test_restore_client_restores_listed_projects(
    toggl: httpx.AsyncClient, sandbox: Sandbox, body: object, active: list[int]
) -> None:
    response = await toggl.post(f"{CLIENTS}/{THEATRE}/restore", json=body)
    assert response.json()["archived"] is False
    rows = sandbox.state.projects.values()
    assert [row["id"] for row in rows if row["client_id"] == THEATRE and row["active"]] == active


@pytest.mark.parametrize(("default", "active"), [(False, 0), (True, 2)])
async def test_restore_client_without_projects_follows_behaviors(
    toggl: httpx.AsyncClient, sandbox: Sandbox, *, default: bool, active: int
) -> None:
    sandbox.behaviors = Behaviors(restore_all_by_default=default)
    await toggl.post(f"{CLIENTS}/{THEATRE}/restore")
    rows = sandbox.state.projects.values()
    assert len([row for row in rows if row["client_id"] == THEATRE and row["active"]]) == active


async def test_bulk_clients_archive_get_and_delete(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    ids = [64_890_302, BAKERY, BAKERY]
    archived = (await toggl.post(f"{CLIENTS}/archive", json=ids)).json()
    assert archived == [
        {"client_ids": [64_890_302, BAKERY], "project_ids": [201_500_304, 201_500_301, 201_500_302]},
    ]
    fetched = (await toggl.post(f"{CLIENTS}/data", json=[*ids, 1, 64_890_401])).json()
    assert [row["id"] for row in fetched] == [BAKERY, 64_890_302]
    assert isinstance((await toggl.post(f"{CLIENTS}/delete", json=ids)).json(), str)
    assert not {BAKERY, 64_890_302} & set(sandbox.state.clients)


@pytest.mark.parametrize("path", ["archive", "delete", "data"])
async def test_bulk_clients_invalid_ids_are_refused(toggl: httpx.AsyncClient, path: str) -> None:
    assert (await toggl.post(f"{CLIENTS}/{path}", content=b"[")).json() == "JSON is not valid"
    assert (await toggl.post(f"{CLIENTS}/{path}", content=b"[true]")).json() == "Bad Request"


@pytest.mark.parametrize(("status", "text"), [(402, "Must be a premium user to archive clients"), (403, "Forbidden")])
@pytest.mark.parametrize(("path", "body"), [("64890402/archive", None), ("archive", [64_890_402])])
async def test_archive_client_free_plan_is_refused(
    toggl: httpx.AsyncClient, sandbox: Sandbox, status: int, text: str, path: str, body: object
) -> None:
    sandbox.behaviors = Behaviors(archive_on_free_status=402 if status == 402 else 403)
    response = await toggl.post(f"{NIGHT_CLIENTS}/{path}", json=body)
    assert (response.status_code, response.json()) == (status, text)
    assert response.headers["X-Toggl-Quota-Remaining"] == "29"
    assert not sandbox.state.clients[64_890_402]["archived"]


async def test_list_clients_are_sorted_by_name_and_counted(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for name in ("zebra", "Abacus"):
        sandbox.state.add_client(HARBOUR_STUDIO, name)
    rows = (await toggl.get(CLIENTS, params={"name": "a"})).json()
    names = [row["name"] for row in rows]
    assert (names[0], names[1], "zebra" in names) == ("Abacus", "Aroha Bakery", True)
    assert names == sorted(names, key=str.casefold)
    assert {row["total_count"] for row in rows} == {len(rows)}
