"""What a question costs the cache: the same for any number of clients, and nothing twice."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import iscoroutinefunction

import pytest

from tests.endpoints.support import AROHA, AUTH, GULL, MISSING, names
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Row, Snapshot, Version
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL

pytestmark = pytest.mark.anyio


class CountingStore(MemoryStore):
    """A store that counts its steps."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.operations: list[str] = []

    def try_get_row(self, key: Key, row_id: int) -> Row:
        self.operations += ["row"] if key.kind == "client" else []
        return super().try_get_row(key, row_id)

    async def read(self, key: Key) -> Snapshot | None:
        self.operations.append("read")
        return await super().read(key)

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: Version, fetched_at: float) -> bool:
        self.operations.append("replace")
        return await super().replace(key, rows, expected=expected, fetched_at=fetched_at)


class RecordingStore(MemoryStore):
    """A store that records every operation that is called on it."""

    def __init__(self, clock: Clock) -> None:
        self.operations: list[str] = []
        super().__init__(clock=clock)

    def __getattribute__(self, name: str) -> object:
        attribute = super().__getattribute__(name)
        if iscoroutinefunction(attribute):
            self.operations.append(name)
        return attribute


@pytest.fixture
def counting_store(clock: Clock) -> CountingStore:
    return CountingStore(clock)


@pytest.fixture
def clients(counting_store: CountingStore, connection: AsyncClient) -> AsyncClientEndpoint:
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, counting_store, client=connection)


@pytest.fixture
def other_clients(counting_store: CountingStore, connection: AsyncClient) -> AsyncClientEndpoint:
    """The same clients, as another process would see them."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, counting_store, client=connection)


async def test_get_client_cached_reads_one_row(clients: AsyncClientEndpoint, counting_store: CountingStore) -> None:
    await clients.collect()
    counting_store.operations.clear()
    for client_id in (AROHA, GULL, MISSING):
        await clients.get(client_id)
    assert counting_store.operations == ["row"] * 3


async def test_collect_clients_own_snapshot_is_not_read_from_the_store(
    clients: AsyncClientEndpoint, counting_store: CountingStore
) -> None:
    for _ in range(3):
        await clients.collect()
        await clients.collect(ClientBody(status="archived"))
        await clients.find_by_name("Aroha Bakery")
        await clients.page(ClientBody(), limit=2)
        await clients.load_cache()
    assert counting_store.operations == ["replace"]


async def test_collect_clients_foreign_snapshot_is_read_once(
    clients: AsyncClientEndpoint, other_clients: AsyncClientEndpoint, counting_store: CountingStore
) -> None:
    await clients.collect()
    counting_store.operations.clear()
    for _ in range(3):
        await other_clients.collect()
    assert counting_store.operations == ["read"]


async def test_edit_client_costs_others_one_read_and_itself_one_row(
    clients: AsyncClientEndpoint, other_clients: AsyncClientEndpoint, counting_store: CountingStore
) -> None:
    await clients.collect()
    await other_clients.collect()
    counting_store.operations.clear()
    await clients.edit(AROHA, ClientBody(name="Zebra"))
    await clients.delete(GULL)
    await clients.add(ClientBody(name="Beacon"))
    assert names(await clients.collect())[0] == "Beacon"
    # The rows are read as they were before; and for a deletion the projects, whose client an undo gives back.
    assert counting_store.operations == ["row", "read", "row"]
    counting_store.operations.clear()
    for _ in range(3):
        assert await other_clients.collect() == await clients.collect()
    assert counting_store.operations == ["read"]


async def test_refresh_does_not_read_the_replaced_snapshot(
    clients: AsyncClientEndpoint, counting_store: CountingStore
) -> None:
    await clients.collect()
    counting_store.operations.clear()
    await clients.get(AROHA, refresh=True)
    await clients.collect(refresh=True)
    assert counting_store.operations == ["replace", "replace"]


async def test_collect_time_entries_of_all_endpoints_parses_the_account_once(
    counting_store: CountingStore, connection: AsyncClient
) -> None:
    toggl = Toggl(AUTH, counting_store, client=connection)
    await toggl.entry_cache.read()
    for workspace_id in (HARBOUR_STUDIO, NIGHT_SCHOOL):
        await toggl.time_entries(workspace_id).collect()
    assert counting_store.operations == ["replace"]


CHANGES: dict[str, Callable[[AsyncClientEndpoint], Awaitable[object]]] = {
    "edit": lambda clients: clients.edit(AROHA, ClientBody(name="Zebra")),
    "delete": lambda clients: clients.delete(GULL),
    "restore": lambda clients: clients.restore(AROHA),
}


@pytest.mark.parametrize("verb", CHANGES)
async def test_change_costs_one_transaction_before_its_request_and_one_after(
    clock: Clock, connection: AsyncClient, verb: str
) -> None:
    store = RecordingStore(clock)
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
    await Toggl(AUTH, store, client=connection).account.workspaces()
    await clients.collect()
    store.operations.clear()
    await CHANGES[verb](clients)
    # Before an edit, the client is read: that request has its slot and its quota of its own.
    assert store.operations[-3:] == ["get_row", "reserve_slot", "write"]
    assert store.operations[:-3] == {"delete": ["read"], "restore": []}.get(verb, store.operations[:-3])


async def test_add_client_reads_the_version_of_the_list_before(clock: Clock, connection: AsyncClient) -> None:
    store = RecordingStore(clock)
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
    await Toggl(AUTH, store, client=connection).account.workspaces()
    await clients.collect()
    store.operations.clear()
    await clients.add(ClientBody(name="Lighthouse"))
    assert store.operations == ["get_version", "get_version", "reserve_slot", "write"]
