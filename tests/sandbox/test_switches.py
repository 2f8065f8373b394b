"""Each unknown about Toggl, at its other setting."""

import httpx
import pytest

from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox, Switches

pytestmark = pytest.mark.anyio

CLIENTS = f"/workspaces/{HARBOUR_STUDIO}/clients"
BAKERY = f"{CLIENTS}/64890301"
THEATRE = f"{CLIENTS}/64890306"


async def test_empty_lists_may_be_lists(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switches = Switches(empty_list="[]")
    assert (await toggl.get(CLIENTS, params={"name": "nobody"})).text == "[]"
    assert (await toggl.post(f"{THEATRE}/archive")).text == "[]"


async def test_archived_projects_may_come_as_items(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switches = Switches(archive_answer="items")
    assert (await toggl.post(f"{BAKERY}/archive")).text == '{"items":[201500301,201500302]}'
    assert (await toggl.post(f"{BAKERY}/archive")).text == '{"items":null}'


async def test_a_foreign_workspace_may_be_refused_without_a_word(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switches = Switches(foreign_workspace_body="empty")
    answer = await toggl.get("/workspaces/1/clients")
    assert (answer.status_code, answer.content) == (403, b"")


async def test_a_duplicate_may_be_told_in_other_words(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switches = Switches(duplicate_text="exists")
    assert (await toggl.post(CLIENTS, json={"name": "Aroha Bakery"})).json() == "Client name already exists"


@pytest.mark.parametrize(("ignores_case", "status"), [(False, 200), (True, 400)])
async def test_a_duplicate_may_be_one_in_any_case(
    toggl: httpx.AsyncClient, sandbox: Sandbox, *, ignores_case: bool, status: int
) -> None:
    sandbox.switches = Switches(duplicate_ignores_case=ignores_case)
    assert (await toggl.post(CLIENTS, json={"name": "AROHA bakery"})).status_code == status


async def test_names_may_have_to_be_shorter(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switches = Switches(max_client_name=3)
    assert (await toggl.post(CLIENTS, json={"name": "abc"})).status_code == 200
    assert (await toggl.post(CLIENTS, json={"name": "abcd"})).json() == "Client name maximum length is 3"


async def test_an_update_may_have_to_name_the_client(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.switches = Switches(put_requires_name=True)
    assert (await toggl.put(BAKERY, json={"notes": "New"})).json() == "Client name cannot be empty"
    assert (await toggl.put(BAKERY, json={"notes": "New", "name": "Aroha Bakery"})).status_code == 200
