"""One browser for the tests of a module; without it, or without axe-core, they say what to install.

Longer than a module it would keep its event loop, and all later tests would run in that.
"""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from mcp import Client
from playwright.async_api import Browser

from tests.apps.host import CHROMIUM, launch_browser
from tests.sandbox.clock import Clock
from tests.sandbox.diary import at
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import Sandbox

AXE = Path(__file__).parents[1] / "external" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    async with launch_browser() as browser:
        yield browser


@pytest.fixture
async def client(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Client]:
    async with Client(serve(sandbox, clock), mode="auto") as client:
        yield client


@pytest.fixture(scope="session")
def axe_script() -> str:
    if not AXE.is_file():
        pytest.skip("no axe-core here: npm install --prefix tests/external --no-package-lock")
    return AXE.read_text("utf-8")


@pytest.fixture
async def quiet_week(sandbox: Sandbox, clock: Clock, client: Client) -> Host:
    """Return the host of a week with three entries on its Tuesday: two overlap, and a gap is before the third."""
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    host = Host(client)
    times = [("09:00", "10:00", "Plan"), ("09:45", "11:00", "Write"), ("13:00", "15:30", "Write")]
    entries = [
        {"start": start, "stop": stop, "description": text, "project": "Web shop"} for start, stop, text in times
    ]
    await host.call("create_time_entries", entries=entries, on_overlap="allow")
    return host
