"""An account for tools of the tests' own."""

from collections.abc import AsyncGenerator

import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import TOKEN, Sandbox


@pytest.fixture
async def toggl(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Toggl]:
    account = Toggl(BasicAuth(TOKEN, "api_token"), MemoryStore(clock=clock), client=connect_in_process(sandbox))
    yield account
    await account.aclose()
