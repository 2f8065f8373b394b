"""Which addresses are spoken to, and what a connection brings along."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.endpoints.support import AUTH, GULL
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("url", "leads_to"),
    [
        (None, "https://api.track.toggl.com/api/v9/"),
        ("https://toggl.example/api/v9", "https://toggl.example/api/v9/"),
        ("HTTPS://toggl.example:8443/x/", "https://toggl.example:8443/x/"),
        ("http://localhost:8000/api/v9", "http://localhost:8000/api/v9/"),
        ("http://LOCALHOST", "http://localhost"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/api/v9", "http://[::1]:8000/api/v9/"),
    ],
)
async def test_connect_accepts_https_and_loopback(url: str | None, leads_to: str) -> None:
    async with connect(url) as connection:
        assert str(connection.base_url) == leads_to
        assert connection.headers["User-Agent"] == "toggl-mcp-server"


@pytest.mark.parametrize(
    "url",
    [
        "http://toggl.example/api/v9",
        "http://api.track.toggl.com/api/v9",
        "http://127.0.0.1.example/api/v9",
        "http://localhost.example",
        "http://localhost@toggl.example/api/v9",
        "http://toggl.example/#@localhost",
        "http://toggl.example\\@localhost.example",
        "http://0.0.0.0:8000",
        "http://[::ffff:1.2.3.4]",
        "http:/localhost",
        "ftp://localhost",
        "file:///etc/passwd",
        "toggl.example",
        "//localhost",
        "localhost:8000",
        "https://toggl.example/api/v9?a=b",
        "https://toggl.example/api/v9#a",
        "https://user:password@toggl.example/api/v9",
        "https://toggl example/api/v9",
        "https://toggl..example/api/v9",
        "https://xn--/api/v9",
        "https://[::1/api/v9",
        "https://toggl.example/\x01",
        f"https://{'a' * 64}.example/",
    ],
)
async def test_connect_refuses_other_addresses(url: str) -> None:
    with pytest.raises(InvalidArguments, match="has to be an https address"):
        connect(url)


@pytest.mark.parametrize(
    "url", ["https://", "https:///api/v9", "https://[", "https://toggl.example:port", "http://[::1"]
)
async def test_connect_refuses_invalid_urls(url: str) -> None:
    with pytest.raises(InvalidArguments, match="https address"):
        connect(url)


class Cookies:
    """A Toggl that sets a cookie with each answer."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"set-cookie", b"session=of-one-token; Path=/"))
            await send(message)

        await self._sandbox(scope, receive, with_cookie)


async def test_connection_sends_no_cookies(sandbox: Sandbox, clock: Clock) -> None:
    async with connect_in_process(Cookies(sandbox)) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        for _ in range(2):
            await clients.collect(refresh=True)
        assert dict(connection.cookies) == {}
    assert [call.headers.get("cookie") for call in sandbox.calls] == [None, None]


async def test_connection_keeps_the_path_of_the_base_url(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
    await clients.delete(GULL)
    assert sandbox.calls[0].path == f"/workspaces/{HARBOUR_STUDIO}/clients/{GULL}"
