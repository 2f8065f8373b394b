"""An endpoint without a cache sends a request for every read.

Its requests are paced by the computer's own clock, so each test here keeps to the five that may be sent at once.
"""

import pytest

from tests.endpoints.support import ACTIVE, AROHA, AUTH, GULL, MISSING, NORTHWIND, fault_every, list_methods, names
from toggl_mcp.api import AsyncClient
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import NotFound, QuotaSpent
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio


async def test_without_cache_get_client_costs_one_request(uncached: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    for refresh in (False, True):
        client = await uncached.get(AROHA, refresh=refresh)
        assert client is not None
        assert client.name == "Aroha Bakery"
    assert await uncached.get(MISSING) is None
    assert [call.path.rsplit("/", 1)[1] for call in sandbox.calls] == [str(AROHA), str(AROHA), str(MISSING)]


async def test_without_cache_get_client_missing_raises_if_re_raise(connection: AsyncClient, sandbox: Sandbox) -> None:
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, client=connection, re_raise=True)
    with pytest.raises(NotFound):
        await clients.get(MISSING)
    with pytest.raises(NotFound):
        await clients.edit(MISSING, ClientBody(notes="New"))
    with pytest.raises(NotFound):
        await clients.delete(MISSING)
    assert list_methods(sandbox) == ["GET", "GET", "DELETE"]


async def test_without_cache_collect_clients_costs_one_request(uncached: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    assert names(await uncached.collect()) == names(await uncached.collect(refresh=True)) == ACTIVE
    assert len((await uncached.read()).collection.items) == 8
    assert names((await uncached.find_by_name("aroha bakery"))[0]) == ["Aroha Bakery"]
    assert (await uncached.page(ClientBody(), limit=2)).remaining == 4
    assert list_methods(sandbox) == ["GET"] * 5


async def test_without_cache_changes_succeed(uncached: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    new = await uncached.add(ClientBody(name="Lighthouse"))
    client = await uncached.edit(new, ClientBody(notes="By the sea"))
    await uncached.delete(new)
    assert client is not None
    assert (client.name, client.notes) == ("Lighthouse", "By the sea")
    assert new.id not in sandbox.state.clients
    assert list_methods(sandbox) == ["GET", "POST", "GET", "PUT", "DELETE"]


async def test_without_cache_archive_client_and_restore_client_succeed(
    uncached: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    assert await uncached.archive(GULL) == [201_500_304]
    assert (await uncached.restore(NORTHWIND)).archived is False
    assert sandbox.state.clients[GULL]["archived"] is True


async def test_without_cache_nothing_is_stale(uncached: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await uncached.collect()
    await uncached.read()
    sandbox.fault = fault_every("GET", Fault("402"))
    with pytest.raises(QuotaSpent):
        await uncached.read()
    with pytest.raises(QuotaSpent):
        await uncached.collect()
    assert len(sandbox.calls) == 3


async def test_without_cache_endpoints_share_nothing(connection: AsyncClient, sandbox: Sandbox) -> None:
    first, second = (AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, client=connection) for _ in range(2))
    await first.read()
    sandbox.state.remove_client(AROHA)
    assert AROHA not in (await second.read()).collection.items
