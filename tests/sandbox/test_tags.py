"""The tag operations beyond what the contract says."""

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

TAGS = f"/workspaces/{HARBOUR_STUDIO}/tags"
NIGHT_TAGS = f"/workspaces/{NIGHT_SCHOOL}/tags"
DESIGN = 17_300_301


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["design", "meeting", "on site", "réunion", "to be invoiced"]),
        ({"search": "SI"}, ["design", "on site"]),
        ({"page": "2", "per_page": "2"}, ["on site", "réunion"]),
        ({"per_page": "1"}, ["design"]),
    ],
)
async def test_list_tags_query_searches_and_pages(
    toggl: httpx.AsyncClient, query: dict[str, str], names: list[str]
) -> None:
    response = await toggl.get(TAGS, params=query)
    assert [row["name"] for row in response.json()] == names
    assert response.headers["X-Total-Count"] == ("2" if "search" in query else "5")


async def test_list_tags_are_sorted_by_name(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.state.add_tag(HARBOUR_STUDIO, "Admin")
    assert [row["name"] for row in (await toggl.get(TAGS)).json()][:2] == ["Admin", "design"]


@pytest.mark.parametrize("query", [{"search": "nothing"}, {"page": "2"}])
async def test_list_tags_no_match_returns_null(toggl: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await toggl.get(TAGS, params=query)).text == "null"


async def test_list_tags_without_page_returns_all_tags(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for number in range(300):
        sandbox.state.add_tag(HARBOUR_STUDIO, f"Tag {number}")
    assert len((await toggl.get(TAGS)).json()) == 305
    assert len((await toggl.get(TAGS, params={"page": "2"})).json()) == 105


async def test_create_tag_returns_one_object_with_microseconds(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now = 1_577_934_245.5
    response = await toggl.post(TAGS, json={"name": "  urgent "})
    assert response.text == (
        '{"id":301600001,"workspace_id":4102001,"name":"urgent","at":"2020-01-02T03:04:05.500000Z","creator_id":7301001}'
    )


async def test_update_tag_same_or_new_name_succeeds(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await toggl.put(f"{TAGS}/{DESIGN}", json={"name": "design"})).status_code == 200
    assert (await toggl.put(f"{TAGS}/{DESIGN}", json={"name": "drawing"})).json()["name"] == "drawing"
    assert sandbox.state.tags[DESIGN]["name"] == "drawing"


async def test_create_tag_duplicate_name_is_quoted_stripped(toggl: httpx.AsyncClient) -> None:
    response = await toggl.post(TAGS, json={"name": " meeting "})
    assert (response.status_code, response.json()) == (400, "a tag with the name 'meeting' already exists")
    assert (await toggl.post(NIGHT_TAGS, json={"name": "design"})).status_code == 200


async def test_delete_tag_returns_no_body(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await toggl.delete(f"{TAGS}/{DESIGN}")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert DESIGN not in sandbox.state.tags
    assert (await toggl.delete(f"{TAGS}/{DESIGN}")).json() == "Tag was not found"


async def test_get_tag_by_id_returns_404(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(f"{TAGS}/{DESIGN}")).json() == "Not Found"


async def test_update_tag_of_another_workspace_returns_404(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.put(f"{NIGHT_TAGS}/{DESIGN}", json={"name": "New"})).status_code == 404
