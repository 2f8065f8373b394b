"""A host, a server and a Toggl, in the newer protocol era where a test does not name both."""

from collections.abc import AsyncGenerator

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import at
from tests.tools.host import Era, Host, serve
from toggl_mcp.sandbox import Sandbox


@pytest.fixture
def era() -> Era:
    return "auto"


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock, era: Era) -> AsyncGenerator[Host]:
    async with Client(serve(sandbox, clock), mode=era) as client:
        yield Host(client)


@pytest.fixture
def nine_in_the_morning(sandbox: Sandbox, clock: Clock) -> None:
    """An empty diary, at the beginning of a day in Auckland."""
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T09:00")


@pytest.fixture
def six_in_the_evening(sandbox: Sandbox, clock: Clock) -> None:
    """An empty diary, at the end of that day."""
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
