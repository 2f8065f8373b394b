"""A sandbox, its clock, and a caller with the sample user's token."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import TOKEN, Sandbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock)


@pytest.fixture
async def toggl(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox)
    auth = httpx.BasicAuth(TOKEN, "api_token")
    async with httpx.AsyncClient(transport=transport, base_url="http://toggl.sandbox/api/v9", auth=auth) as caller:
        yield caller
