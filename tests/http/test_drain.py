"""A server that stops loses no request."""

import signal
import socket

import pytest
import uvicorn

from tests.http.raw import encode, read_response
from toggl_mcp.http import drain
from toggl_mcp.http.app import build_app
from toggl_mcp.http.connection import BoundedConnection
from toggl_mcp.http.drain import DrainableServer
from toggl_mcp.http.serve import listen
from toggl_mcp.http.settings import HttpSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> DrainableServer:
    config = uvicorn.Config(build_app(HttpSettings(sandbox=True)), log_config=None, http=BoundedConnection)
    config.load()
    server = DrainableServer(config)
    server.lifespan = config.lifespan_class(config)
    return server


async def test_request_that_waits_at_a_socket_that_closes_is_answered(server: DrainableServer) -> None:
    listener = listen("127.0.0.1", 0)
    await server.startup([listener])
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(encode(line="GET /health HTTP/1.1"))
        await server.shutdown([listener])

        assert read_response(client).status == 200


@pytest.mark.parametrize(("seconds", "is_over"), [(0.0, True), (600.0, False)])
async def test_drain_ends_by_itself(
    server: DrainableServer, monkeypatch: pytest.MonkeyPatch, *, seconds: float, is_over: bool
) -> None:
    monkeypatch.setattr(drain, "DRAIN_SECONDS", seconds)
    server.handle_exit(signal.SIGTERM, None)

    assert await server.on_tick(1) is is_over
