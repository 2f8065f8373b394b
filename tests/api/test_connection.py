"""Which addresses are allowed, and what a connection sends with each request."""

import traceback

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from starlette.types import Message, Receive, Scope, Send

from tests.endpoints.support import AUTH, GULL
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import InvalidArguments, InvalidConnection, Unreachable
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
    "url",
    [
        "https://",
        "https:///api/v9",
        "https://[",
        "https://toggl.example:port",
        "https://toggl.example:0",
        "https://toggl.example:99999",
        "http://[::1",
        "https://toggl.example/api/v9?",
        "https://toggl.example/api/v9?workspace=1",
        "https://toggl.example/api/v9#top",
        "https://name:password@toggl.example/api/v9",
        "https://toggl.example/\x7f",
    ],
)
async def test_connect_refuses_invalid_urls(url: str) -> None:
    with pytest.raises(InvalidArguments, match="https address"):
        connect(url)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("HTTPS_PROXY", "ftp://name:open-sesame@127.0.0.1"),
        ("https_proxy", "http://127.0.0.1:port"),
        ("HTTP_PROXY", "http://proxy\x7f"),
        ("HTTPS_PROXY", "http://127.0.0.1:99999"),
        ("HTTPS_PROXY", "127.0.0.1:-1"),
        ("SSL_CERT_FILE", "missing.pem"),
        ("SSLKEYLOGFILE", "missing/keys.log"),
    ],
)
async def test_connect_names_the_variable_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidConnection, match=f"{variable} cannot be") as failed:
        connect()
    assert failed.value.variable == variable
    assert "open-sesame" not in "".join(traceback.format_exception(failed.value))


async def test_connection_to_this_machine_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[bytes] = []

    async def receive(stream: SocketStream) -> None:
        async with stream:
            requests.append(await stream.receive())
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, receive)
        address = f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"  # noqa: S610 - a socket's, not Django's
        for variable in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, f"http://{address}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        for host in ("localhost", "[::1]", "127.0.0.1"):
            async with connect(f"http://{host}:9/api/v9") as connection:
                clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(), client=connection, retries=0)
                with pytest.raises(Unreachable):
                    await clients.collect()
        tasks.cancel_scope.cancel()
    assert requests == []


class Cookies:
    """A Toggl that sets a cookie with each response."""

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
