"""A sandbox, its clock, and a caller with the sample user's token."""

from collections.abc import AsyncIterator

import httpx
import pytest

from toggl_mcp.sandbox import TOKEN, Sandbox


@pytest.fixture
async def toggl(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=sandbox)
    auth = httpx.BasicAuth(TOKEN, "api_token")
    async with httpx.AsyncClient(transport=transport, base_url="http://toggl.sandbox/api/v9", auth=auth) as caller:
        yield caller
