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
async def test_a_list_is_filtered_by_status_and_part_of_the_name(
    toggl: httpx.AsyncClient, query: dict[str, str], count: int
) -> None:
    assert len((await toggl.get(CLIENTS, params=query)).json()) == count


async def test_an_empty_list_is_null(toggl: httpx.AsyncClient) -> None:
    answer = await toggl.get(CLIENTS, params={"name": "nobody"})
    assert (answer.status_code, answer.text) == (200, "null")


async def test_a_new_client_is_sent_with_what_it_has_and_nothing_else(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now = 1_577_934_245.9
    answer = await toggl.post(CLIENTS, json={"name": "  Acme ", "notes": "", "archived": True, "wid": "ignored"})
    assert answer.status_code == 200
    assert answer.text == (
        '{"id":65000001,"wid":4102001,"archived":false,"name":"Acme",'
        '"at":"2020-01-02T03:04:05+00:00","creator_id":7301001}'
    )


async def test_notes_and_reference_are_sent_once_they_are_given(toggl: httpx.AsyncClient) -> None:
    created = (await toggl.post(CLIENTS, json={"name": "Acme", "notes": "n", "external_reference": "r"})).json()
    assert (created["notes"], created["external_reference"]) == ("n", "r")
    assert (await toggl.get(f"{CLIENTS}/{created['id']}")).json() == created


@pytest.mark.parametrize("name", ["Aroha Bakery", " Aroha Bakery ", "Northwind Theatre"])
async def test_a_name_that_is_in_use_is_refused_archived_clients_included(toggl: httpx.AsyncClient, name: str) -> None:
    answer = await toggl.post(CLIENTS, json={"name": name})
    assert (answer.status_code, answer.json()) == (400, "Name has already been taken")


async def test_a_name_is_free_in_another_workspace_and_after_a_delete(toggl: httpx.AsyncClient) -> None:
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
async def test_a_body_that_is_no_client_is_refused(toggl: httpx.AsyncClient, method: str, body: str, text: str) -> None:
    path = CLIENTS if method == "POST" else f"{CLIENTS}/{BAKERY}"
    answer = await toggl.request(method, path, content=body.encode())
    assert (answer.status_code, answer.json()) == (400, text)


async def test_an_update_changes_only_what_it_names_and_moves_its_time(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    before = dict(sandbox.state.clients[BAKERY])
    clock.now = 1_800_000_000.0
    answer = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"notes": "New", "name": None, "archived": True})
    assert answer.json() == before | {"notes": "New", "at": "2027-01-15T08:00:00+00:00"}


async def test_an_empty_text_clears_notes_and_reference(toggl: httpx.AsyncClient) -> None:
    answer = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"notes": "", "external_reference": ""})
    assert not {"notes", "external_reference"} & set(answer.json())


async def test_a_client_may_keep_its_name_but_not_take_anothers(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.put(f"{CLIENTS}/{BAKERY}", json={"name": "Aroha Bakery"})).status_code == 200
    taken = await toggl.put(f"{CLIENTS}/{BAKERY}", json={"name": "Café Miró"})
    assert (taken.status_code, taken.json()) == (400, "Name has already been taken")


async def test_a_client_of_another_workspace_is_not_found(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(f"{NIGHT_CLIENTS}/{BAKERY}")).status_code == 404


async def test_a_delete_answers_the_id_and_leaves_the_projects_without_a_client(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    answer = await toggl.delete(f"{CLIENTS}/{BAKERY}")
    assert answer.text == str(BAKERY)
    assert sandbox.state.projects[201_500_301]["client_id"] is None
    assert (await toggl.delete(f"{CLIENTS}/{BAKERY}")).json() == f"No client with ID {BAKERY} was found"


async def test_an_archive_takes_the_active_projects_along_and_names_them(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    assert (await toggl.post(f"{CLIENTS}/{BAKERY}/archive")).json() == [201_500_301, 201_500_302]
    assert sandbox.state.clients[BAKERY]["archived"]
    assert not sandbox.state.projects[201_500_301]["active"]
    assert sandbox.state.projects[201_500_304]["active"]


async def test_an_archive_without_projects_answers_as_an_empty_list_does(toggl: httpx.AsyncClient) -> None:
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
async def test_a_restore_brings_back_the_projects_that_it_names(
    toggl: httpx.AsyncClient, sandbox: Sandbox, body: object, active: list[int]
) -> None:
    answer = await toggl.post(f"{CLIENTS}/{THEATRE}/restore", json=body)
    assert answer.json()["archived"] is False
    rows = sandbox.state.projects.values()
    assert [row["id"] for row in rows if row["client_id"] == THEATRE and row["active"]] == active


@pytest.mark.parametrize(("default", "active"), [(False, 0), (True, 2)])
async def test_a_restore_that_names_no_projects_does_as_its_switch_says(
    toggl: httpx.AsyncClient, sandbox: Sandbox, *, default: bool, active: int
) -> None:
    sandbox.behaviors = Behaviors(restore_all_by_default=default)
    await toggl.post(f"{CLIENTS}/{THEATRE}/restore")
    rows = sandbox.state.projects.values()
    assert len([row for row in rows if row["client_id"] == THEATRE and row["active"]]) == active


async def test_many_are_archived_fetched_and_deleted_at_once(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    wanted = [64_890_302, BAKERY, BAKERY]
    archived = (await toggl.post(f"{CLIENTS}/archive", json=wanted)).json()
    assert archived == [
        {"client_ids": [64_890_302, BAKERY], "project_ids": [201_500_304, 201_500_301, 201_500_302]},
    ]
    fetched = (await toggl.post(f"{CLIENTS}/data", json=[*wanted, 1, 64_890_401])).json()
    assert [row["id"] for row in fetched] == [BAKERY, 64_890_302]
    assert isinstance((await toggl.post(f"{CLIENTS}/delete", json=wanted)).json(), str)
    assert not {BAKERY, 64_890_302} & set(sandbox.state.clients)


@pytest.mark.parametrize("path", ["archive", "delete", "data"])
async def test_a_list_of_ids_that_is_none_is_refused(toggl: httpx.AsyncClient, path: str) -> None:
    assert (await toggl.post(f"{CLIENTS}/{path}", content=b"[")).json() == "JSON is not valid"
    assert (await toggl.post(f"{CLIENTS}/{path}", content=b"[true]")).json() == "Bad Request"


@pytest.mark.parametrize(("status", "text"), [(402, "Must be a premium user to archive clients"), (403, "Forbidden")])
@pytest.mark.parametrize(("path", "body"), [("64890402/archive", None), ("archive", [64_890_402])])
async def test_a_free_workspace_may_not_archive(
    toggl: httpx.AsyncClient, sandbox: Sandbox, status: int, text: str, path: str, body: object
) -> None:
    sandbox.behaviors = Behaviors(archive_on_free_status=402 if status == 402 else 403)
    answer = await toggl.post(f"{NIGHT_CLIENTS}/{path}", json=body)
    assert (answer.status_code, answer.json()) == (status, text)
    assert answer.headers["X-Toggl-Quota-Remaining"] == "29"
    assert not sandbox.state.clients[64_890_402]["archived"]
