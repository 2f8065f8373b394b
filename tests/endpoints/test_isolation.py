"""What shares a store and still sees nothing of each other."""

import pytest

from tests.endpoints.support import (
    AROHA,
    AUTH,
    FOREIGN_CLIENT,
    STRANGER,
    cached_fields,
    fault_every,
    list_methods,
    names,
    toggl_fields,
)
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import BadToken, QuotaSpent
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio


async def test_isolation_of_tokens(
    clients: AsyncClientEndpoint, store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    stranger = AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, store, client=connection)
    await clients.collect()
    assert await stranger.load_cache() == []
    for question in (stranger.get(AROHA), stranger.collect(), stranger.find_by_name("Aroha Bakery")):
        with pytest.raises(BadToken):
            await question
    with pytest.raises(BadToken):
        await stranger.delete(AROHA)
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)


async def test_isolation_of_quotas_of_tokens(
    clients: AsyncClientEndpoint, store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    stranger = AsyncClientEndpoint(HARBOUR_STUDIO, STRANGER, store, client=connection)
    sandbox.fault = fault_every("GET", Fault("402"))
    with pytest.raises(QuotaSpent):
        await clients.collect()
    sandbox.fault = None
    with pytest.raises(BadToken):
        await stranger.collect()
    with pytest.raises(QuotaSpent):
        await clients.collect()
    assert len(sandbox.calls) == 2


async def test_isolation_of_workspaces(
    clients: AsyncClientEndpoint, store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    school = AsyncClientEndpoint(NIGHT_SCHOOL, AUTH, store, client=connection)
    assert len(await clients.collect()) == 6
    assert await school.load_cache() == []
    assert names(await school.collect()) == ["Aroha Bakery", "Evening Pottery", "Język polski"]
    assert await clients.get(FOREIGN_CLIENT) is None
    await school.edit(FOREIGN_CLIENT, ClientBody(name="Aroha Bakery 2"))
    await school.delete(AROHA)
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert cached_fields(await school.load_cache()) == toggl_fields(sandbox, NIGHT_SCHOOL)
    assert list_methods(sandbox) == ["GET", "GET", "GET", "PUT", "DELETE"]


async def test_isolation_of_base_urls(clients: AsyncClientEndpoint, store: Store, sandbox: Sandbox) -> None:
    async with connect_in_process(sandbox) as connection:
        connection.base_url = "http://another.invalid/api/v9"
        second_connection = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
        await clients.collect()
        assert await second_connection.load_cache() == []
        sandbox.fault = fault_every("GET", Fault("402"))
        with pytest.raises(QuotaSpent):
            await second_connection.collect()
        sandbox.fault = None
        assert len(await clients.collect(refresh=True)) == 6


async def test_isolation_of_accounts(store: Store, connection: AsyncClient) -> None:
    mine, theirs = (Toggl(auth, store, client=connection) for auth in (AUTH, STRANGER))
    assert (await mine.account.me())[0].name == "Marama Quayle"
    assert len((await mine.account.workspaces()).collection.items) == 2
    assert await mine.list_quotas() != []
    for question in (theirs.account.me(), theirs.account.workspaces(), theirs.open_time_entries()):
        with pytest.raises(BadToken):
            await question
    assert await theirs.list_quotas() == []
