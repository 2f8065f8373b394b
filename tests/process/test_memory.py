"""The memory of the process under inputs without an end or of an odd size: its peak, as the system counts it."""

import json
import os
import select
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, repeat
from pathlib import Path
from typing import IO, cast

import pytest
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from tests.chaos.scale import LARGE, scaled
from tests.figures import write_figures
from tests.process.server import FreshProcess, Process, serve_sandbox
from toggl_mcp.api.body import MAX_OBJECTS
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox
from toggl_mcp.stdio import MAX_LINE_BYTES, MAX_REQUESTS

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc"),
    pytest.mark.usefixtures("pause_coverage"),
]

MAX_MEGABYTES = 200
MEGABYTE = 1 << 20


class OversizedToggl(Sandbox):
    """A Toggl whose lists of clients are whatever these chunks make."""

    def __init__(self, make_chunks: Callable[[], Iterator[bytes]], **headers: str) -> None:
        super().__init__()
        self.make_chunks = make_chunks
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"].endswith("/clients"):
            await StreamingResponse(self.make_chunks(), headers=self.headers)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def endless_body() -> Iterator[bytes]:
    return repeat(b"[" * 65536)


def gzip_bomb() -> Iterator[bytes]:
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    yield from (compressor.compress(bytes(MEGABYTE)) for _ in range(scaled(64, 1024)))
    yield compressor.flush()


def list_of(row: bytes, megabytes: int) -> Iterator[bytes]:
    rows = (b"," + row) * (65536 // len(row))
    yield b"[" + row
    yield from repeat(rows, megabytes * MEGABYTE // len(rows))
    yield b"]"


def odd_rows(megabytes: int) -> Callable[[], Iterator[bytes]]:
    row = json.dumps({"id": 7, "wid": None, "name": None, "notes": "\ud800" * 100, "at": 0}).encode()
    return partial(list_of, row, megabytes)


def tiny_rows(row: str, megabytes: int) -> Callable[[], Iterator[bytes]]:
    return partial(list_of, row.encode(), megabytes)


def numbered_clients(count: int) -> Iterator[bytes]:
    client = {"wid": HARBOUR_STUDIO, "archived": False, "at": "2026-01-02T03:04:05.123456Z", "creator_id": 123_456}
    clients = ({"id": 70_000_000 + number, "name": f"Client {number}", **client} for number in range(count))
    yield b"[" + json.dumps(next(clients)).encode()
    while batch := [*islice(clients, 1000)]:
        yield b"," + json.dumps(batch).encode()[1:-1]
    yield b"]"


def read_peak(server: Process) -> int:
    """Return the most memory that the process has had, in megabytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
    return int(kilobytes) // 1024


def check_peak(name: str, server: Process) -> None:
    megabytes = read_peak(server)
    if LARGE:
        write_figures("memory", name, **{name: megabytes})
    assert megabytes < MAX_MEGABYTES


@pytest.mark.promise("memory")
@pytest.mark.parametrize(
    ("name", "make_chunks", "headers"),
    [
        ("endless_body", endless_body, {}),
        ("gzip_bomb", gzip_bomb, {"Content-Encoding": "gzip"}),
        ("odd_rows", odd_rows(31), {}),
        ("empty_rows", tiny_rows("{}", 4), {}),
        ("nested_rows", tiny_rows("[[[[[[[[]]]]]]]]", 20), {}),
    ],
)
def test_memory_stays_below_200_mb_with_a_body_of_any_size(
    name: str, make_chunks: Callable[[], Iterator[bytes]], headers: dict[str, str]
) -> None:
    with serve_sandbox(OversizedToggl(make_chunks, **headers)) as url:
        settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": "memory"}
        with FreshProcess(**settings) as server:
            server.initialize()
            answer = server.request("tools/call", {"name": "list_clients", "arguments": {}})
            check_peak(name, server)
            account = server.request("tools/call", {"name": "get_account", "arguments": {}})

    assert answer["result"]["isError"] is True
    assert account["result"]["isError"] is False


@pytest.mark.parametrize("lists_resources", [False, True], ids=["tools", "resources"])
@pytest.mark.parametrize("cache", ["memory", "cache.sqlite"])
def test_memory_stays_below_200_mb_with_the_longest_list_read_twice(
    tmp_path: Path, cache: str, *, lists_resources: bool
) -> None:
    path = cache if cache == "memory" else str(tmp_path / cache)
    with serve_sandbox(OversizedToggl(partial(numbered_clients, MAX_OBJECTS))) as url:
        settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": path}
        with FreshProcess(**settings) as server:
            server.initialize()
            for arguments in ({}, {"refresh": True}, {"name": "Clïent 59"}):
                answer = server.request("tools/call", {"name": "list_clients", "arguments": arguments})
                if lists_resources:
                    server.request("resources/list", {})
            check_peak("longest_list", server)

    assert answer["result"]["isError"] is False


def test_memory_stays_below_200_mb_with_a_client_that_does_not_read() -> None:
    with FreshProcess("--sandbox") as server:
        server.initialize()
        stdin = cast("IO[bytes]", server.process.stdin).fileno()
        os.set_blocking(stdin, False)
        requests, written = (make_call(0, b'""') + b"\n") * 1000, 0
        while written < 256 * MEGABYTE and select.select([], [stdin], [], 3)[1]:
            written += os.write(stdin, requests[written % len(requests) :])
        check_peak("unread", server)

    assert written < MEGABYTE


@pytest.mark.parametrize(
    ("name", "argument", "count"),
    [
        ("longest_lines", b'"%s"' % (b"x" * (MAX_LINE_BYTES - 200)), scaled(16, 4 * MAX_REQUESTS)),
        ("emptiest_lines", b"[{}%s]" % (b",{}" * ((MAX_LINE_BYTES - 200) // 3)), 2 * MAX_REQUESTS),
        ("pipelined", b'""', scaled(1000, 100_000)),
    ],
)
def test_memory_stays_below_200_mb_with_requests_in_a_row(name: str, argument: bytes, count: int) -> None:
    with FreshProcess("--sandbox") as server:
        server.initialize()

        def send_calls() -> None:
            for number in range(count):
                server.send_line(make_call(number, argument))

        writer = threading.Thread(target=send_calls)
        writer.start()
        answers = {server.read()["id"] for _ in range(count)}
        writer.join()
        check_peak(name, server)

    assert answers == set(range(count))


def make_call(number: int, name: bytes) -> bytes:
    """Return a call that is refused: its name is empty, too long or no text."""
    params = b'{"name":"create_client","arguments":{"name":%s}}' % name
    return b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":%s}' % (number, params)
