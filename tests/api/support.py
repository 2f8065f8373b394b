"""A Toggl that always sends the same response."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from starlette.responses import Response

from tests.endpoints.support import AUTH
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.toggl import Toggl


@asynccontextmanager
async def serve_response(
    body: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None, clock: Clock | None = None
) -> AsyncGenerator[Toggl]:
    connection = connect_in_process(Response(body, status, dict(headers or {})))
    toggl = Toggl(AUTH, MemoryStore(clock=clock or Clock()), client=connection)
    yield toggl
    await toggl.aclose()
