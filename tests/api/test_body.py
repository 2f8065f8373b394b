"""Bodies of responses: their encodings, and the bound on what is read of them."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from tests.api.support import serve_response
from tests.endpoints.support import AUTH
from toggl_mcp.api import connect
from toggl_mcp.api.body import MAX_OBJECTS, MAX_VALUES
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.call import CALL_RECORD, CallRecord
from toggl_mcp.sandbox import HARBOUR_STUDIO

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
ROWS = b'[{"id":1,"name":"A"}]'


def compress(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("identity", bytes), ("gzip", compress), ("GZIP", compress)],
    ids=["identity", "gzip", "GZIP"],
)
async def test_body_in_an_accepted_encoding_is_read(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    async with serve_response(encode(ROWS), headers={"Content-Encoding": encoding}) as toggl:
        assert [client.name for client in await toggl.clients(HARBOUR_STUDIO).collect()] == ["A"]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("br", ROWS),
        ("deflate", zlib.compress(ROWS)),
        ("gzip, gzip", compress(compress(ROWS))),
        ("gzip", ROWS),
        ("gzip", compress(ROWS)[:-9]),
        ("gzip", compress(ROWS)[:-1]),
    ],
    ids=["br", "deflate", "nested", "damaged", "cut in the middle", "cut at the end"],
)
async def test_body_in_another_encoding_or_damaged_is_unreachable(encoding: str, body: bytes) -> None:
    async with serve_response(body, headers={"Content-Encoding": encoding}) as toggl:
        with pytest.raises(Unreachable):
            await toggl.clients(HARBOUR_STUDIO).collect()


async def test_body_that_decompresses_beyond_the_bound_takes_bounded_memory() -> None:
    bomb = compress(b" " * (256 * MIB))
    async with serve_response(bomb, headers={"Content-Encoding": "gzip"}) as toggl:
        tracemalloc.start()
        with pytest.raises(Unreachable):
            await toggl.clients(HARBOUR_STUDIO).collect()
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak_bytes < 80 * MIB


@pytest.mark.parametrize(("mark", "count"), [(b"{", MAX_OBJECTS), (b",", MAX_VALUES), (b"[", MAX_VALUES)])
async def test_body_with_more_marks_in_its_texts_than_the_bounds_on_rows_and_values_is_read(
    mark: bytes, count: int
) -> None:
    text = b'Say \\"hello\\" \\\\' + mark * count
    async with serve_response(b'[{"id":1,"name":"A","notes":"%s"},{"id":2,"name":"B"}]' % text) as toggl:
        assert [client.name for client in await toggl.clients(HARBOUR_STUDIO).collect()] == ["A", "B"]


@pytest.mark.parametrize(
    ("row", "count"),
    [
        (b"{}", 1 + MAX_OBJECTS),
        (b'{"notes":[%s]}' % b",".join([b"0"] * 100), 1 + MAX_VALUES // 100),
        (b'"A"', 1 + MAX_VALUES),
    ],
    ids=["too many rows", "too many values", "too many texts"],
)
async def test_body_with_more_than_the_bound_is_named_and_requested_once(row: bytes, count: int) -> None:
    rows = b",".join([row] * count)
    record = CallRecord()
    CALL_RECORD.set(record)
    async with serve_response(b"[%s]" % rows) as toggl:
        with pytest.raises(Unreachable, match="60,000 rows") as failure:
            await toggl.clients(HARBOUR_STUDIO).collect()
    assert record.requests == 1
    assert (failure.value.code, failure.value.retry) == ("unreachable", "no")


class EndlessServer:
    """A server whose response has no end; it gives up after 128 MiB."""

    def __init__(self, headers: bytes = b"", beginning: bytes = b" ") -> None:
        self.sent_bytes = 0
        self._head = b"HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n" % headers
        self._beginning = b"%x\r\n%s\r\n" % (len(beginning), beginning)

    async def serve(self, stream: SocketStream) -> None:
        chunk = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
        try:
            async with stream:
                await stream.receive()
                await stream.send(self._head + self._beginning)
                while self.sent_bytes < 128 * MIB:
                    await stream.send(chunk)
                    self.sent_bytes += MIB
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return  # The caller has read enough.


@asynccontextmanager
async def run_server(server: EndlessServer) -> AsyncGenerator[str]:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - a socket's port, not Django's
        yield f"http://127.0.0.1:{port}/api/v9"
        tasks.cancel_scope.cancel()


async def test_body_without_an_end_is_read_up_to_the_bound() -> None:
    server = EndlessServer()
    async with run_server(server) as url, connect(url) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(), client=connection, retries=0)
        with pytest.raises(Unreachable):
            await clients.collect()
    assert server.sent_bytes < 64 * MIB


async def test_body_that_goes_on_after_its_compressed_end_is_read_up_to_there() -> None:
    server = EndlessServer(b"Content-Encoding: gzip\r\n", compress(ROWS))
    async with run_server(server) as url, connect(url) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(), client=connection, retries=0)
        assert [client.name for client in await clients.collect()] == ["A"]
    assert server.sent_bytes < 16 * MIB
