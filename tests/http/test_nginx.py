"""Bad requests through nginx as deploy/nginx.conf has it: each the right refusal, and none reaches Toggl."""

import socket
from collections.abc import Generator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.http.bad_requests import BODY, CHUNKED, CHUNKS, NEXT_REQUEST, Bad
from tests.http.raw import CALL, Response, encode, read_response
from tests.http.replicas import NGINX, start_nginx, start_replicas
from tests.http.support import META
from tests.process.server import SECONDS, serve_sandbox
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx"),
]

READ_ONLY = ("X-Toggl-MCP-Read-Only", "true")
CREATE = {"name": "create_tag", "arguments": {"name": "Lighthouse"}, "_meta": META}


def encode_create(*headers: tuple[str, str]) -> bytes:
    """Return a request that creates a tag, with these headers besides."""
    return encode(("Mcp-Name", "create_tag"), body={**CALL, "params": CREATE}, repeated=headers)


HEADER_END = encode().index(b"\r\n\r\n") + 4
BAD_REQUESTS: Mapping[str, Bad] = {
    "length and chunks": Bad(encode(("Transfer-Encoding", "chunked"), body=CHUNKS) + NEXT_REQUEST, 400),
    "chunks and length": Bad(encode(*CHUNKED, body=CHUNKS, repeated=[("Content-Length", "5")]) + NEXT_REQUEST, 400),
    "two lengths": Bad(encode(repeated=[("Content-Length", "5")]) + NEXT_REQUEST, 400),
    "two lengths in one": Bad(encode(length=f"{len(BODY)}, 5") + NEXT_REQUEST, 400),
    "length after a bare line feed": Bad(
        encode(*CHUNKED, body=CHUNKS).replace(b"Host: ", b"X: y\nContent-Length: 5\r\nHost: ") + NEXT_REQUEST, 400
    ),
    "another transfer encoding": Bad(
        encode(("Content-Length", None), ("Transfer-Encoding", "xchunked"), body=CHUNKS) + NEXT_REQUEST, 501
    ),
    "transfer encoding with an underscore": Bad(
        encode(("Content-Length", None), ("Transfer_Encoding", "chunked"), body=CHUNKS) + NEXT_REQUEST, 400
    ),
    "http 1.0 with chunks": Bad(encode(*CHUNKED, line="POST /mcp HTTP/1.0", body=CHUNKS), 400),
    "folded header": Bad(encode().replace(b"Host: ", b"X-Note: a\r\n b\r\nHost: "), 400),
    "bare carriage return": Bad(encode().replace(b"Host: ", b"X: y\rHost: evil.example\r\nHost: "), 400),
    "two hosts": Bad(encode(repeated=[("Host", "evil.example")]), 400),
    "header of 20 kB": Bad(encode(("X-Note", "a" * 20_000)), 400),
    "body of 2 MB": Bad(encode(body={**CALL, "x": "a" * 2_000_000}), 413),
    "restriction, folded": Bad(
        encode_create().replace(b"Content-Type: ", b"X-Toggl-MCP-Read-Only:\r\n true\r\nContent-Type: "), 400
    ),
    "restriction and its opposite": Bad(encode_create(READ_ONLY, ("X-Toggl-MCP-Read-Only", "false")), 400),
    # The result is an error: the tool is none of the reads.
    "restriction and its opposite with underscores": Bad(
        encode_create(READ_ONLY, ("X_Toggl_MCP_Read_Only", "false")), 200
    ),
    "line that stays away": Bad(encode()[:20], 0),
    "headers that stay away": Bad(encode()[: HEADER_END - 2], 0),
    "body that stays away": Bad(encode()[: HEADER_END + 10], 0),
}
TIMEOUTS = {
    "client_header_timeout 10s": "client_header_timeout 1s",
    "client_body_timeout 10s": "client_body_timeout 1s",
}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture(scope="module")
def url(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with (
        serve_sandbox(sandbox) as toggl,
        start_replicas(1, TOGGL_API_URL=toggl, TOGGL_API_TOKEN=TOKEN, TOGGL_MCP_CACHE="memory") as replicas,
        start_nginx(tmp_path_factory.mktemp("nginx"), replicas * 3, TIMEOUTS) as url,
    ):
        yield url


def send(url: str, request: bytes) -> Response:
    """Send a request, and return what comes until the connection is closed."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0), SECONDS) as connection:
        with suppress(ConnectionError):
            connection.sendall(request)
        return read_response(connection)


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_request_that_is_bad_reaches_no_toggl_through_nginx(url: str, sandbox: Sandbox, name: str) -> None:
    bad, calls = BAD_REQUESTS[name], len(sandbox.calls)

    response = send(url, bad.request)

    assert (response.status, response.content.count(b"HTTP/1.1 ")) == (bad.status, int(bad.status > 0))
    assert response.status != 200 or b'"isError":true' in response.content
    assert len(sandbox.calls) == calls


def test_request_that_is_good_reaches_toggl_once_through_nginx(url: str, sandbox: Sandbox) -> None:
    assert send(url, encode_create()).status == 200
    assert [call.method for call in sandbox.calls].count("POST") == 1
