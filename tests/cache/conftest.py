from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.cache.memory import MemoryStore
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


@pytest.fixture(params=["memory", "sqlite", "sqlite in memory"])
def closed_store(request: pytest.FixtureRequest, path: Path, clock: Clock) -> Store:
    if request.param == "memory":
        return MemoryStore(clock=clock)
    if request.param == "sqlite in memory":
        path.mkdir(parents=True)
    return SqliteStore(path, clock=clock)


@pytest.fixture
async def store(closed_store: Store) -> AsyncGenerator[Store]:
    yield closed_store
    await closed_store.aclose()
