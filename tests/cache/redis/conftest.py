from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cache.redis.replicas import OpenStore
from tests.cache.redis.server import PROGRAMS, Server, make_address, require_program, time_of
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RETRY_SECONDS, RedisStore


@pytest.fixture(params=PROGRAMS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Server]:
    """A server of this test alone, to be stopped and paused."""
    require_program(request.param)
    server = Server(request.param, tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def server_address(server: Server) -> RedisAddress:
    return make_address(server)


@pytest.fixture
async def open_replica(server_address: RedisAddress, clock: Clock) -> AsyncGenerator[OpenStore]:
    """Return a function that opens another store on the server, as another replica does."""
    async with AsyncExitStack() as opened:

        def open_store(retry_seconds: float = RETRY_SECONDS) -> RedisStore:
            store = RedisStore(server_address, clock=clock, retry_seconds=retry_seconds, decode_time=time_of(clock))
            opened.push_async_callback(store.aclose)
            return store

        yield open_store
