"""What another version of this program has cached, which this one may not be able to read."""

import pytest

from tests.cache.support import write_row
from tests.endpoints.support import ACTIVE, AROHA, AUTH, DOCKSIDE, cached_fields, names, toggl_fields
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Key, Store, Version
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.keys import ACCOUNT_ID, account_key, derive_scope
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def key(store: Store, connection: AsyncClient, clients: AsyncClientEndpoint) -> Key:
    """The name of a collection with one row that this version cannot read."""
    await clients.collect()
    key = Key(derive_scope(AUTH, connection), "client", HARBOUR_STUDIO)
    assert (await store.get_row(key, AROHA)).text is not None
    await write_row(store, key, AROHA, '{"id":64890301,"title":"Aroha Bakery"}')
    return key


@pytest.mark.usefixtures("key")
async def test_unreadable_rows_count_as_missing(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    assert await clients.load_cache() == []
    lookup = await clients.get(AROHA)
    assert lookup is not None
    assert lookup.name == "Aroha Bakery"
    assert names(await clients.collect()) == ACTIVE
    assert len(sandbox.calls) == 2


@pytest.mark.usefixtures("key")
async def test_unreadable_rows_do_not_block_changes(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    await clients.archive(AROHA)
    await clients.delete(DOCKSIDE)
    assert cached_fields((await clients.read()).collection.items.values()) == toggl_fields(sandbox)


async def test_archive_client_with_unreadable_row_invalidates_the_cache(
    clients: AsyncClientEndpoint, sandbox: Sandbox, key: Key
) -> None:
    assert key.parent == HARBOUR_STUDIO
    assert await clients.archive(AROHA) == [201_500_301, 201_500_302]
    assert cached_fields((await clients.read()).collection.items.values()) == toggl_fields(sandbox)


async def test_unreadable_account_charges_requests_to_the_workspace(
    store: Store, connection: AsyncClient, clients: AsyncClientEndpoint
) -> None:
    await store.replace(
        account_key(derive_scope(AUTH, connection)), {ACCOUNT_ID: '{"owner":1}'}, expected=Version(0), fetched_at=1
    )
    assert names(await clients.collect()) == ACTIVE
