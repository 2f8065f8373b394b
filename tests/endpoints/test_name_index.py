"""What is called what, at the lowest cost in requests."""

import pytest

from tests.endpoints.support import AROHA, AUTH
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.projects import ProjectBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

WEB_SHOP = 201_500_302
SHOP_SIGN = 201_500_303
"""Archived."""


@pytest.fixture
def toggl(store: Store, connection: AsyncClient) -> Toggl:
    return Toggl(AUTH, store, client=connection)


def paths(sandbox: Sandbox) -> list[str]:
    return [call.path.removeprefix("/workspaces/") for call in sandbox.calls]


async def test_one_answer_tells_the_account_the_workspaces_and_the_names_in_use_everywhere(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    await toggl.account.me()
    clock.now += 23 * 3600
    await toggl.account.workspaces()
    for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL):
        found, _ = await toggl.name_index.find_by_name(toggl.clients(workspace), "aroha bakery")
        assert [client.workspace_id for client in found] == [workspace]
    assert (await toggl.name_index.find_by_id(toggl.projects(HARBOUR_STUDIO), [WEB_SHOP, 0]))[
        WEB_SHOP
    ].name == "Web shop"
    assert paths(sandbox) == ["/me"]


async def test_what_is_archived_is_looked_up_in_the_whole_list(toggl: Toggl, sandbox: Sandbox) -> None:
    found = await toggl.name_index.find_by_id(toggl.projects(HARBOUR_STUDIO), [WEB_SHOP, SHOP_SIGN])
    assert {project.name for project in found.values()} == {"Web shop", "Shop sign"}
    assert (await toggl.name_index.find_by_name(toggl.projects(HARBOUR_STUDIO), "shop sign"))[0][0].id == SHOP_SIGN
    assert paths(sandbox) == ["/me", f"{HARBOUR_STUDIO}/projects"]


async def test_a_name_that_was_changed_from_here_is_known_at_once_by_the_new_one_alone(
    toggl: Toggl, sandbox: Sandbox
) -> None:
    await toggl.account.related()
    await toggl.clients(HARBOUR_STUDIO).edit(AROHA, ClientBody(name="Aroha Bread"))
    clients = toggl.clients(HARBOUR_STUDIO)
    assert (await toggl.name_index.find_by_name(clients, "aroha bakery"))[0] == []
    assert (await toggl.name_index.find_by_name(clients, "aroha bread"))[0][0].id == AROHA
    elsewhere, _ = await toggl.name_index.find_by_name(toggl.clients(NIGHT_SCHOOL), "aroha bakery")
    assert len(elsewhere) == 1
    assert paths(sandbox).count("/me") == 1


async def test_what_was_made_from_here_is_known_at_once(toggl: Toggl) -> None:
    await toggl.account.related()
    made = await toggl.projects(HARBOUR_STUDIO).add(ProjectBody(name="Lamp"))
    assert (await toggl.name_index.find_by_name(toggl.projects(HARBOUR_STUDIO), "lamp"))[0] == [made]


async def test_a_name_that_nobody_has_is_denied_by_the_whole_list(toggl: Toggl, sandbox: Sandbox) -> None:
    found, known = await toggl.name_index.find_by_name(toggl.projects(HARBOUR_STUDIO), "Nothing")
    assert found == []
    assert SHOP_SIGN in known.items
    assert paths(sandbox) == ["/me", f"{HARBOUR_STUDIO}/projects"]
