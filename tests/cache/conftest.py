from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from tests.cache.redis.server import PROGRAMS, Server, make_address, open_store
from tests.sandbox.clock import Clock
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "cache.sqlite"


@pytest.fixture
async def sqlite(path: Path, clock: Clock) -> AsyncGenerator[SqliteStore]:
    store = SqliteStore(path, clock=clock, busy_timeout=0.05)
    yield store
    await store.aclose()


@pytest.fixture(params=PROGRAMS)
def address(request: pytest.FixtureRequest, get_server: Callable[[str], Server]) -> RedisAddress:
    return make_address(get_server(request.param))


@pytest.fixture
async def redis_store(address: RedisAddress, clock: Clock) -> AsyncGenerator[RedisStore]:
    store = open_store(address, clock)
    yield store
    await store.aclose()


@pytest.fixture(params=["memory", "sqlite", "sqlite in memory", *PROGRAMS])
def closed_store(
    request: pytest.FixtureRequest, path: Path, clock: Clock, get_server: Callable[[str], Server]
) -> Store:
    if request.param in PROGRAMS:
        return open_store(make_address(get_server(request.param)), clock)
    if request.param == "memory":
        return MemoryStore(clock=clock)
    if request.param == "sqlite in memory":
        path.mkdir(parents=True)
    return SqliteStore(path, clock=clock)


@pytest.fixture
async def store(closed_store: Store) -> AsyncGenerator[Store]:
    yield closed_store
    await closed_store.aclose()
