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
async def test_a_list_is_searched_and_paged(toggl: httpx.AsyncClient, query: dict[str, str], names: list[str]) -> None:
    assert [row["name"] for row in (await toggl.get(TAGS, params=query)).json()] == names


@pytest.mark.parametrize("query", [{"search": "nothing"}, {"page": "2"}])
async def test_an_empty_list_is_null(toggl: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await toggl.get(TAGS, params=query)).text == "null"


async def test_without_a_page_every_tag_is_listed(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for number in range(300):
        sandbox.state.add_tag(HARBOUR_STUDIO, f"Tag {number}")
    assert len((await toggl.get(TAGS)).json()) == 305
    assert len((await toggl.get(TAGS, params={"page": "2"})).json()) == 105


async def test_a_new_tag_is_one_object_with_its_time_in_microseconds(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now = 1_577_934_245.5
    answer = await toggl.post(TAGS, json={"name": "  urgent "})
    assert answer.text == (
        '{"id":65000001,"workspace_id":4102001,"name":"urgent","at":"2020-01-02T03:04:05.500000Z","creator_id":7301001}'
    )


async def test_a_tag_may_keep_its_name_or_take_a_new_one(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await toggl.put(f"{TAGS}/{DESIGN}", json={"name": "design"})).status_code == 200
    assert (await toggl.put(f"{TAGS}/{DESIGN}", json={"name": "drawing"})).json()["name"] == "drawing"
    assert sandbox.state.tags[DESIGN]["name"] == "drawing"


async def test_a_name_that_is_in_use_is_quoted_without_the_spaces_around_it(toggl: httpx.AsyncClient) -> None:
    answer = await toggl.post(TAGS, json={"name": " meeting "})
    assert (answer.status_code, answer.json()) == (400, "a tag with the name 'meeting' already exists")
    assert (await toggl.post(NIGHT_TAGS, json={"name": "design"})).status_code == 200


async def test_a_delete_answers_nothing(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await toggl.delete(f"{TAGS}/{DESIGN}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert DESIGN not in sandbox.state.tags
    assert (await toggl.delete(f"{TAGS}/{DESIGN}")).json() == "Tag was not found"


async def test_a_tag_cannot_be_asked_for_by_its_id(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.get(f"{TAGS}/{DESIGN}")).json() == "Not Found"


async def test_a_tag_of_another_workspace_is_not_found(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.put(f"{NIGHT_TAGS}/{DESIGN}", json={"name": "New"})).status_code == 404
