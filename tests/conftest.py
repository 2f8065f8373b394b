"""What every test may ask for."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from functools import cache

import pytest
import stamina
from coverage import Coverage

from tests.cache.redis.server import PROGRAMS, Server, make_address, require_program
from tests.sandbox.clock import Clock
from tests.spans import SpanRecorder, open_recorder
from toggl_mcp.cache.redis.address import RedisAddress
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


@pytest.fixture(scope="session")
def get_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Callable[[str], Server]]:
    """Return the server of a program, which the tests of this process share, each under a prefix of its own."""
    with ExitStack() as running:

        @cache
        def start(program: str) -> Server:
            require_program(program)
            server = Server(program, tmp_path_factory.mktemp("redis")).start()
            running.callback(server.stop)
            return server

        yield start


@pytest.fixture(params=PROGRAMS)
def address(request: pytest.FixtureRequest, get_server: Callable[[str], Server]) -> RedisAddress:
    return make_address(get_server(request.param))


@pytest.fixture
def spans() -> Generator[SpanRecorder]:
    with open_recorder().record() as recorder:
        yield recorder


@pytest.fixture
def pause_coverage(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Measure no coverage of a test that repeats what others cover: it takes twice as long if measured."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    coverage = Coverage.current()
    if coverage is None:
        yield
        return
    coverage.stop()
    yield
    coverage.start()
