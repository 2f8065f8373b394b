"""Deletions."""

import pytest

from tests.endpoints.support import (
    AROHA,
    AUTH,
    FOREIGN_CLIENT,
    MISSING,
    STRANGER,
    cached_fields,
    fault_every,
    fault_in_turn,
    list_methods,
    names,
    toggl_fields,
)
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import BadToken, Forbidden, NotFound, OutcomeUnknown
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio


async def test_delete_client_removes_it_from_toggl_and_cache(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    await clients.delete(AROHA)
    assert AROHA not in sandbox.state.clients
    assert await clients.get(AROHA) is None
    assert "Aroha Bakery" not in names(await clients.collect())
    assert list_methods(sandbox) == ["GET", "DELETE"]


async def test_delete_client_accepts_client_in_place_of_id(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    client = await clients.get(AROHA)
    assert client is not None
    await clients.delete(client)
    assert AROHA not in sandbox.state.clients


ODD = ['{"message":"OK"}', "true", "7", f'"{AROHA}"', f"[{AROHA}]"]
"""JSON, but no confirmation of a deletion."""


@pytest.mark.parametrize("body", ODD)
async def test_delete_client_unreadable_response_is_retried(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, body: str
) -> None:
    sandbox.fault = fault_in_turn("DELETE", Fault("garbage before", body=body))
    await in_memory.delete(AROHA)
    assert AROHA not in sandbox.state.clients
    assert list_methods(sandbox) == ["DELETE", "DELETE"]


@pytest.mark.parametrize("body", ODD)
async def test_delete_client_unconfirmed_is_outcome_unknown_and_invalidates(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, body: str
) -> None:
    await in_memory.collect()
    sandbox.fault = fault_every("DELETE", Fault("garbage before", body=body))
    with pytest.raises(OutcomeUnknown):
        await in_memory.delete(AROHA)
    assert await in_memory.load_cache() == []


@pytest.mark.parametrize("client_id", [MISSING, FOREIGN_CLIENT])
async def test_delete_client_already_deleted_succeeds(
    clients: AsyncClientEndpoint, sandbox: Sandbox, client_id: int
) -> None:
    before = dict(sandbox.state.clients)
    await clients.delete(client_id)
    assert list_methods(sandbox) == ["DELETE"]
    assert sandbox.state.clients == before


async def test_delete_client_deleted_at_toggl_leaves_the_cache(
    clients: AsyncClientEndpoint, strict: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    for client_id in list(toggl_fields(sandbox))[:2]:
        sandbox.state.remove_client(client_id)
    await clients.delete(AROHA)
    with pytest.raises(NotFound):
        await strict.delete(AROHA + 1)
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert list_methods(sandbox) == ["GET", "DELETE", "DELETE"]


async def test_delete_client_refused_leaves_the_cache_unchanged(
    store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    clients = AsyncClientEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)
    await clients.collect()
    cached = await clients.load_cache()
    workspace = sandbox.state.workspaces.pop(NIGHT_SCHOOL)
    with pytest.raises(Forbidden):
        await clients.delete(FOREIGN_CLIENT)
    sandbox.state.workspaces[NIGHT_SCHOOL] = workspace
    assert await clients.load_cache() == cached


async def test_delete_client_with_expired_snapshot_succeeds(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    clock.now += 3601
    await clients.delete(AROHA)
    clock.now -= 3601
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


async def test_delete_client_bad_token_deletes_nothing(connection: AsyncClient, sandbox: Sandbox) -> None:
    with pytest.raises(BadToken):
        await AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, client=connection).delete(AROHA)
    assert AROHA in sandbox.state.clients
