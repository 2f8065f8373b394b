"""What every test may ask for."""

import gc
import json
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from functools import cache
from importlib.util import find_spec
from typing import cast

import pytest
import stamina
from coverage import Coverage
from jsonschema import Draft202012Validator

from tests.cache.redis.server import PROGRAMS, Server, make_address, require_program
from tests.process.fork import end_fork_server
from tests.sandbox.clock import Clock
from tests.spans import SpanRecorder, open_recorder
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.sandbox import Sandbox


def pytest_xdist_auto_num_workers() -> int:
    """Return one more than the processors: some tests wait, for processes and for turns."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported: it walks through all of it every few tests."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    end_fork_server()


def pytest_configure(config: pytest.Config) -> None:
    keep_byte_code()
    remember_missing_module()
    config.addinivalue_line("markers", "promise(id): holds the promise of that id in tests/promises.py")
    config.addinivalue_line("markers", "chaos: many callers, faults and seeded bugs; what is in tests/chaos")
    config.addinivalue_line("markers", "process: starts the command as hosts do; what is in tests/process")


def keep_byte_code() -> None:
    """Let workers and the processes of tests keep byte code: to compile takes each of them longer than to start."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def remember_missing_module() -> None:
    """Let Python not search for `sniffio` again, which httpx imports at each request to an application, if it can."""
    if find_spec("sniffio") is None:
        modules: dict[str, object] = cast("dict[str, object]", sys.modules)
        modules["sniffio"] = None


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def retry_without_delay() -> Generator[None]:
    """Let what is repeated be repeated at once."""
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture(autouse=True, scope="session")
def check_each_schema_once() -> Generator[None]:
    """Let a client that validates results not check a tool's schema again that a client has checked: it takes long."""
    check, checked = Draft202012Validator.check_schema, set[str]()

    def check_once(schema: Mapping[str, object]) -> None:
        text = json.dumps(schema)
        if text not in checked:
            check(schema)
            checked.add(text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draft202012Validator, "check_schema", check_once)
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


@pytest.fixture
def address(get_server: Callable[[str], Server]) -> RedisAddress:
    return make_address(get_server(PROGRAMS[0]))


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
