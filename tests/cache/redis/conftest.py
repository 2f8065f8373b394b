from collections.abc import Generator
from pathlib import Path

import pytest

from tests.cache.redis.server import PROGRAMS, Server, require_program


@pytest.fixture(params=PROGRAMS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Server]:
    """A server of this test alone, to be stopped and paused."""
    require_program(request.param)
    server = Server(request.param, tmp_path).start()
    yield server
    server.stop()
