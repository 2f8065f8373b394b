"""Archiving and restoring."""

import json

import pytest

from tests.endpoints.support import (
    AROHA,
    AUTH,
    DOCKSIDE,
    FOREIGN_CLIENT,
    MISSING,
    NORTHWIND,
    cached_fields,
    fault_every,
    fault_in_turn,
    list_methods,
    names,
    toggl_fields,
)
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import Forbidden, NotFound, OutcomeUnknown, PlanRequired
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

pytestmark = pytest.mark.anyio

APPLIED: list[Kind] = ["lost after", "500 after", "502 after", "404 after", "garbage after", "empty"]
NOT_APPLIED: list[Kind] = ["lost before", "500 before", "502 before", "404 before", "garbage before"]

ODD = ["7", "true", '"OK"', '{"id":7}', '{"message":"OK"}', '["7"]']
"""JSON, but no list of ids."""


async def test_archive_client_returns_ids_of_archived_projects(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    assert await clients.archive(AROHA) == [201_500_301, 201_500_302]
    assert "Aroha Bakery" in names(await clients.collect(ClientBody(status="archived")))
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "POST"]


async def test_archive_client_keeps_fields_and_drops_updated_at(clients: AsyncClientEndpoint) -> None:
    await clients.collect()
    await clients.archive(AROHA)
    archived = await clients.get(AROHA)
    assert archived is not None
    assert (archived.notes, archived.updated_at) == ("Invoices on the first Monday of the month.", None)


@pytest.mark.parametrize("answer", ["array", "items"])
@pytest.mark.parametrize("empty", ["null", "[]"])
async def test_archive_client_without_projects_returns_no_ids(
    clients: AsyncClientEndpoint, sandbox: Sandbox, answer: str, empty: str
) -> None:
    sandbox.behaviors = Behaviors(
        archive_answer="array" if answer == "array" else "items", empty_list="null" if empty == "null" else "[]"
    )
    assert await clients.archive(DOCKSIDE) == []


@pytest.mark.parametrize("body", ODD)
async def test_archive_client_unreadable_response_is_confirmed_by_a_read(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, body: str
) -> None:
    await in_memory.collect()
    sandbox.fault = fault_every("POST", Fault("garbage after", body=body))
    assert await in_memory.archive(AROHA) is None
    assert list_methods(sandbox) == ["GET", "POST", "GET"]
    assert cached_fields(await in_memory.load_cache()) == toggl_fields(sandbox)


@pytest.mark.parametrize("body", ODD)
async def test_archive_client_unreadable_response_alone_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, body: str
) -> None:
    await in_memory.collect()
    sandbox.fault = fault_every("POST", Fault("garbage before", body=body))
    with pytest.raises(OutcomeUnknown):
        await in_memory.archive(AROHA)
    assert await in_memory.load_cache() == []


async def test_archive_client_not_cached_invalidates_the_cache(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    added = sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse")
    await clients.archive(added["id"])
    assert names(await clients.collect(ClientBody(name="lighthouse", status="archived"))) == ["Lighthouse"]


async def test_restore_client_sends_restore_projects(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    for choice in (False, True):
        await clients.archive(NORTHWIND)
        restored = await clients.restore(NORTHWIND, restore_projects=choice)
        assert (restored.archived, restored.notes) == (False, "Season ended; may come back in spring.")
        assert json.loads(sandbox.calls[-1].body) == {"restore_all_projects": choice}
        assert sandbox.state.projects[201_500_305]["active"] is choice


async def test_restore_client_is_cached_as_active(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    await clients.restore(NORTHWIND)
    assert "Northwind Theatre" in names(await clients.collect())
    assert list_methods(sandbox) == ["GET", "POST"]


@pytest.mark.parametrize("client_id", [MISSING, FOREIGN_CLIENT])
async def test_archive_client_and_restore_client_missing_raise_not_found(
    in_memory: AsyncClientEndpoint, client_id: int
) -> None:
    with pytest.raises(NotFound):
        await in_memory.archive(client_id)
    with pytest.raises(NotFound):
        await in_memory.restore(client_id)


async def test_archive_client_deleted_at_toggl_leaves_the_cache(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    for client_id in (AROHA, NORTHWIND):
        sandbox.state.remove_client(client_id)
    with pytest.raises(NotFound):
        await clients.archive(AROHA)
    with pytest.raises(NotFound):
        await clients.restore(NORTHWIND)
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


@pytest.mark.parametrize(("status", "error"), [(402, PlanRequired), (403, Forbidden)])
async def test_archive_client_free_plan_is_refused_without_quota_spent(
    store: Store, connection: AsyncClient, sandbox: Sandbox, status: int, error: type[Exception]
) -> None:
    sandbox.behaviors = Behaviors(archive_on_free_status=402 if status == 402 else 403)
    clients = AsyncClientEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)
    with pytest.raises(error):
        await clients.archive(FOREIGN_CLIENT)
    client = await clients.get(FOREIGN_CLIENT, refresh=True)
    assert client is not None
    assert client.archived is False


@pytest.mark.parametrize("kind", APPLIED)
async def test_archive_client_lost_response_is_confirmed_by_a_read(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, kind: Kind
) -> None:
    sandbox.fault = fault_every("POST", Fault(kind))
    assert await in_memory.archive(AROHA) is None
    assert (await in_memory.restore(NORTHWIND)).archived is False
    assert list_methods(sandbox) == ["POST", "GET", "POST", "GET"]
    assert cached_fields(await in_memory.load_cache()) == toggl_fields(sandbox)


@pytest.mark.parametrize("kind", NOT_APPLIED)
async def test_archive_client_unconfirmed_is_outcome_unknown_and_invalidates(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, kind: Kind
) -> None:
    sandbox.fault = fault_every("POST", Fault(kind))
    for change in (in_memory.archive(AROHA), in_memory.restore(NORTHWIND)):
        with pytest.raises(OutcomeUnknown):
            await change
        assert await in_memory.load_cache() == []
    assert list_methods(sandbox) == ["POST", "GET", "POST", "GET"]


async def test_archive_client_missing_after_lost_response_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.fault = fault_in_turn("POST", Fault("lost before"))
    with pytest.raises(OutcomeUnknown):
        await in_memory.archive(MISSING)
