"""What every test may ask for."""

from collections.abc import Generator

import pytest
import stamina

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(id): holds the promise of that id in tests/promises.py")
    config.addinivalue_line("markers", "chaos: many callers, faults and seeded bugs; what is in tests/chaos")
    config.addinivalue_line("markers", "process: starts the command as hosts do; what is in tests/process")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def retry_without_delay() -> Generator[None]:
    """Let what is repeated be repeated at once."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    return Sandbox(clock=clock)
