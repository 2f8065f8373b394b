"""Projects on the same core, and what a change to a client does to them."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from tests.endpoints.support import (
    AROHA,
    AUTH,
    GULL,
    MISSING,
    NORTHWIND,
    Gate,
    fault_every,
    fault_in_turn,
    list_methods,
    with_action,
)
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.errors import InvalidArguments, NamingError, NotFound, OutcomeUnknown, PlanRequired, TogglError
from toggl_mcp.models.projects import ProjectBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Fault, Sandbox

pytestmark = pytest.mark.anyio

LABELS = 201_500_301
Change = Callable[[AsyncClientEndpoint], Coroutine[object, object, object]]

CHANGES: dict[str, tuple[str, Change]] = {
    "delete": ("DELETE", lambda clients: clients.delete(AROHA)),
    "archive": ("POST", lambda clients: clients.archive(AROHA)),
    "restore": ("POST", lambda clients: clients.restore(NORTHWIND, restore_projects=True)),
}


@pytest.fixture
def projects(store: Store, connection: AsyncClient) -> AsyncProjectEndpoint:
    return AsyncProjectEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


def toggl_fields(sandbox: Sandbox) -> dict[int, tuple[object, ...]]:
    return {
        row["id"]: (row["name"], row["client_id"], row["active"])
        for row in sandbox.state.projects.values()
        if row["workspace_id"] == HARBOUR_STUDIO
    }


async def cached_fields(projects: AsyncProjectEndpoint) -> dict[int, tuple[object, ...]]:
    return {project.id: (project.name, project.client_id, project.active) for project in await projects.load_cache()}


async def test_project_verbs_write_through_the_cache(projects: AsyncProjectEndpoint, sandbox: Sandbox) -> None:
    new = await projects.add(ProjectBody(name="Menu", client_id=AROHA))
    assert (new.client_id, new.active) == (AROHA, True)
    assert await projects.get(new) == new
    assert await projects.edit(new, ProjectBody(active=False)) is not None
    project = await projects.edit(new, ProjectBody(client_id=0))
    assert project is not None
    assert (project.name, project.client_id, project.archived) == ("Menu", None, True)
    assert await projects.edit(MISSING, ProjectBody(name="None")) is None
    assert await cached_fields(projects) == toggl_fields(sandbox)
    await projects.delete(new)
    assert sandbox.calls[-1].query == {"teDeletionMode": "unassign"}
    assert await cached_fields(projects) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "POST", "PUT", "PUT", "GET", "DELETE"]


async def test_edit_project_client_not_cleared_is_an_error(projects: AsyncProjectEndpoint, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(null_clears_client=False)
    await projects.read()
    with pytest.raises(InvalidArguments, match="kept the project's client"):
        await projects.edit(LABELS, ProjectBody(client_id=0))
    assert toggl_fields(sandbox)[LABELS] == ("Bread labels", AROHA, True)
    assert await cached_fields(projects) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "PUT"]


async def test_edit_project_client_cleared_with_other_changes_is_refused_without_a_request(
    projects: AsyncProjectEndpoint, sandbox: Sandbox
) -> None:
    with pytest.raises(InvalidArguments, match="Remove it alone"):
        await projects.edit(LABELS, ProjectBody(name="Labels 2", client_id=0))
    assert sandbox.calls == []


async def test_add_project_without_name_is_refused(projects: AsyncProjectEndpoint, sandbox: Sandbox) -> None:
    with pytest.raises(NamingError):
        await projects.add(ProjectBody(client_id=AROHA))
    assert sandbox.calls == []


@pytest.mark.parametrize("count", [199, 200, 201, 400])
async def test_read_projects_fetches_every_page(projects: AsyncProjectEndpoint, sandbox: Sandbox, count: int) -> None:
    sandbox.state.projects.clear()
    for number in range(count):
        sandbox.state.add_project(HARBOUR_STUDIO, f"Project {number}")
    assert len((await projects.read()).collection.items) == count
    assert len(sandbox.calls) == count // 200 + 1


async def test_read_projects_failed_second_page_caches_nothing(
    projects: AsyncProjectEndpoint, sandbox: Sandbox
) -> None:
    for number in range(300):
        sandbox.state.add_project(HARBOUR_STUDIO, f"Project {number}")
    sandbox.fault = fault_in_turn("GET", None, Fault("402"))
    with pytest.raises(TogglError):
        await projects.read()
    assert await projects.load_cache() == []


async def test_add_project_lost_response_is_reconciled(projects: AsyncProjectEndpoint, sandbox: Sandbox) -> None:
    sandbox.fault = fault_in_turn("POST", Fault("lost after"))
    assert (await projects.add(ProjectBody(name="Menu", client_id=AROHA, color="#0b83d9"))).name == "Menu"
    assert list_methods(sandbox) == ["GET", "POST", "GET"]


@pytest.mark.parametrize(
    "difference",
    [{"name": "Menus"}, {"client_id": GULL}, {"color": "#000000"}, {"is_private": True}, {"billable": False}],
)
async def test_add_project_match_with_other_fields_is_not_adopted(
    projects: AsyncProjectEndpoint, sandbox: Sandbox, difference: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {"name": "Menu", "client_id": AROHA, "color": "#0b83d9"}
    fields |= {"is_private": False, "billable": True}

    def add_project() -> None:
        sandbox.state.add_project(HARBOUR_STUDIO, **(fields | difference))

    sandbox.fault = fault_in_turn("POST", with_action(Fault("lost before"), add_project))
    with pytest.raises(OutcomeUnknown):
        await projects.add(ProjectBody(**fields))


async def test_add_project_match_with_client_is_not_adopted_without_client(
    projects: AsyncProjectEndpoint, sandbox: Sandbox
) -> None:
    def add_project() -> None:
        sandbox.state.add_project(HARBOUR_STUDIO, "Menu", AROHA)

    sandbox.fault = fault_in_turn("POST", with_action(Fault("lost before"), add_project))
    with pytest.raises(OutcomeUnknown):
        await projects.add(ProjectBody(name="Menu"))


async def test_read_projects_repeated_page_ends_the_read(projects: AsyncProjectEndpoint, sandbox: Sandbox) -> None:
    page = [{"id": number, "workspace_id": HARBOUR_STUDIO, "name": f"Project {number}"} for number in range(1, 201)]
    sandbox.fault = fault_every("GET", Fault("garbage before", body=json.dumps(page)))
    assert len((await projects.read()).collection.items) == 200
    assert len(sandbox.calls) == 2


@pytest.mark.parametrize("verb", CHANGES)
async def test_client_change_updates_cached_projects(
    clients: AsyncClientEndpoint, projects: AsyncProjectEndpoint, sandbox: Sandbox, verb: str
) -> None:
    before = toggl_fields(sandbox)
    await projects.read()
    await CHANGES[verb][1](clients)
    await projects.read()
    assert await cached_fields(projects) == toggl_fields(sandbox) != before


@pytest.mark.parametrize("verb", CHANGES)
async def test_client_change_cancelled_invalidates_projects(
    clients: AsyncClientEndpoint, projects: AsyncProjectEndpoint, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await projects.read()
    gate = Gate()
    sandbox.fault = fault_in_turn(method, gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change, clients)
        await gate.reached.wait()
        tasks.cancel_scope.cancel()
    await projects.read()
    assert await cached_fields(projects) == toggl_fields(sandbox)


@pytest.mark.parametrize("verb", CHANGES)
async def test_client_change_outcome_unknown_invalidates_projects(
    clients: AsyncClientEndpoint, projects: AsyncProjectEndpoint, sandbox: Sandbox, verb: str
) -> None:
    before = toggl_fields(sandbox)
    await projects.read()
    sandbox.fault = lambda call: Fault("lost after") if "clients" in call.path else None
    with pytest.raises(OutcomeUnknown):
        await CHANGES[verb][1](clients)
    await projects.read()
    assert await cached_fields(projects) == toggl_fields(sandbox) != before


async def test_client_change_refused_keeps_projects_cached(
    store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    clients = AsyncClientEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)
    projects = AsyncProjectEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)
    await projects.read()
    with pytest.raises(PlanRequired):
        await clients.archive(64_890_402)
    with pytest.raises(NotFound):
        await clients.restore(MISSING)
    assert len(await projects.load_cache()) == 3
    assert list_methods(sandbox) == ["GET", "POST", "POST"]
