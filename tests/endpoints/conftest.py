"""The clients of the first workspace, on either store."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.endpoints.support import AUTH
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import ExpireAfter, Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

MakeClients = Callable[[ExpireAfter], AsyncClientEndpoint]


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, path: Path, clock: Clock) -> AsyncGenerator[Store]:
    new_store: Store = MemoryStore(clock=clock) if request.param == "memory" else SqliteStore(path, clock=clock)
    yield new_store
    await new_store.aclose()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "cache.sqlite"


@pytest.fixture(params=["memory", "sqlite"])
async def make_clients(
    request: pytest.FixtureRequest, path: Path, clock: Clock, connection: AsyncClient
) -> AsyncGenerator[MakeClients]:
    """Make endpoints on stores with the given `expire_after`."""
    async with AsyncExitStack() as open_stores:

        def make(expire_after: ExpireAfter) -> AsyncClientEndpoint:
            store: Store = MemoryStore(expire_after=expire_after, clock=clock)
            if request.param == "sqlite":
                store = SqliteStore(path, expire_after=expire_after, clock=clock)
            open_stores.push_async_callback(store.aclose)
            return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)

        yield make


@pytest.fixture
def memory(clock: Clock) -> MemoryStore:
    return MemoryStore(clock=clock)


@pytest.fixture
async def connection(sandbox: Sandbox) -> AsyncGenerator[AsyncClient]:
    async with connect_in_process(sandbox) as connected:
        yield connected


@pytest.fixture
def clients(store: Store, connection: AsyncClient) -> AsyncClientEndpoint:
    """Two of them to a test: one on each store."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


@pytest.fixture
def in_memory(memory: MemoryStore, connection: AsyncClient) -> AsyncClientEndpoint:
    """The one in memory, for what is the same on every store."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection)


@pytest.fixture
def strict(store: Store, connection: AsyncClient) -> AsyncClientEndpoint:
    """The same with `re_raise`."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection, re_raise=True)


@pytest.fixture
def uncached(connection: AsyncClient) -> AsyncClientEndpoint:
    """The same without a cache."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, client=connection)
