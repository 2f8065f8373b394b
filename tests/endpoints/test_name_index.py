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
CHECKOUT = 80_400_301
PRODUCT_PHOTOS = 80_400_302
"""Completed."""


@pytest.fixture
def toggl(store: Store, connection: AsyncClient) -> Toggl:
    return Toggl(AUTH, store, client=connection)


def paths(sandbox: Sandbox) -> list[str]:
    return [call.path.removeprefix("/workspaces/") for call in sandbox.calls]


async def test_name_index_uses_one_account_request_for_all_workspaces(
    toggl: Toggl, sandbox: Sandbox, clock: Clock
) -> None:
    await toggl.account.me()
    clock.now += 3599
    await toggl.account.workspaces()
    for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL):
        clients, _ = await toggl.make_name_index().find_by_name(toggl.clients(workspace), "aroha bakery")
        assert [client.workspace_id for client in clients] == [workspace]
    assert (await toggl.make_name_index().find_by_id(toggl.projects(HARBOUR_STUDIO), [WEB_SHOP, 0]))[
        WEB_SHOP
    ].name == "Web shop"
    assert paths(sandbox) == ["/me"]


async def test_find_by_id_archived_project_comes_with_the_account(toggl: Toggl, sandbox: Sandbox) -> None:
    projects = await toggl.make_name_index().find_by_id(toggl.projects(HARBOUR_STUDIO), [WEB_SHOP, SHOP_SIGN])
    assert {project.name for project in projects.values()} == {"Web shop", "Shop sign"}
    assert (await toggl.make_name_index().find_by_name(toggl.projects(HARBOUR_STUDIO), "shop sign"))[0][
        0
    ].id == SHOP_SIGN
    assert paths(sandbox) == ["/me"]


async def test_find_by_id_completed_task_reads_the_whole_list(toggl: Toggl, sandbox: Sandbox) -> None:
    tasks = await toggl.make_name_index().find_by_id(toggl.tasks(HARBOUR_STUDIO), [CHECKOUT, PRODUCT_PHOTOS])
    assert {task.name for task in tasks.values()} == {"Checkout", "Product photos"}
    assert (await toggl.make_name_index().find_by_name(toggl.tasks(HARBOUR_STUDIO), "product photos"))[0][
        0
    ].id == PRODUCT_PHOTOS
    assert paths(sandbox) == ["/me", f"{HARBOUR_STUDIO}/tasks"]


async def test_find_by_name_after_edit_finds_the_new_name_only(toggl: Toggl, sandbox: Sandbox) -> None:
    await toggl.account.names()
    await toggl.clients(HARBOUR_STUDIO).edit(AROHA, ClientBody(name="Aroha Bread"))
    clients = toggl.clients(HARBOUR_STUDIO)
    assert (await toggl.make_name_index().find_by_name(clients, "aroha bakery"))[0] == []
    assert (await toggl.make_name_index().find_by_name(clients, "aroha bread"))[0][0].id == AROHA
    in_night_school, _ = await toggl.make_name_index().find_by_name(toggl.clients(NIGHT_SCHOOL), "aroha bakery")
    assert len(in_night_school) == 1
    assert paths(sandbox).count("/me") == 1


async def test_find_by_name_after_add_finds_the_new_project(toggl: Toggl) -> None:
    await toggl.account.names()
    project = await toggl.projects(HARBOUR_STUDIO).add(ProjectBody(name="Lamp"))
    assert (await toggl.make_name_index().find_by_name(toggl.projects(HARBOUR_STUDIO), "lamp"))[0] == [project]


async def test_find_by_name_missing_name_reads_the_whole_list(toggl: Toggl, sandbox: Sandbox) -> None:
    matches, candidates = await toggl.make_name_index().find_by_name(toggl.projects(HARBOUR_STUDIO), "Nothing")
    assert matches == []
    assert SHOP_SIGN in candidates.items
    assert paths(sandbox) == ["/me", f"{HARBOUR_STUDIO}/projects"]
