"""Many clients of `toggl-mcp http` at once, against a bare SDK server with the same answers, in turns.

Each client has a connection of its own and sends its next call when the former one is answered. All that is read is
cached; the clients share the machine's cores with the server, so the ratio counts, not the calls a second.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import IO, Any, NamedTuple, cast

from arena import open_sandbox
from sample import WORKSPACE, make_id
from table import Row, duration, limit_row, number, table

from tests.figures import write_figures
from toggl_mcp.sandbox import TOKEN

CLIENTS = 50
SIZE = 1_000
MIN_SHARE = 0.8
"""Our calls a second, as a share of the bare server's."""
MAX_GROWTH = 1.1
"""Our memory after all calls, as a multiple of that after the first ones."""
META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Server(NamedTuple):
    """A server process, its port, and the tool that is called."""

    process: "subprocess.Popen[bytes]"
    port: int
    tool: str

    @property
    def megabytes(self) -> float:
        """The memory that the process has."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


class Load(NamedTuple):
    """What a server did: calls a second, and the seconds of each."""

    rate: float
    seconds: Sequence[float]

    def percentile(self, percent: int) -> float:
        """Return the seconds within which so many of a hundred calls were answered."""
        return quantiles(self.seconds, n=100)[percent - 1]


def main() -> None:
    """Measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of load on each server (default 60)")
    parser.add_argument("--calls", type=int, default=100_000, help="calls after which memory is compared")
    parser.add_argument("--cache", default="", help="the store of ours (default: a file)")
    arguments = parser.parse_args()
    rounds = 6
    with ExitStack() as stack:
        ours, bare = stack.enter_context(_open_servers(arguments.cache))
        asyncio.run(_load(ours, 2))
        pairs = [
            (asyncio.run(_load(ours, arguments.seconds / rounds)), asyncio.run(_load(bare, arguments.seconds / rounds)))
            for _ in range(rounds)
        ]
        ours_load, bare_load = (_merge(loads) for loads in zip(*pairs, strict=True))
        before = ours.megabytes
        asyncio.run(_load(ours, float("inf"), arguments.calls))
        after = ours.megabytes
    share = median(first.rate / second.rate for first, second in pairs)
    sys.stdout.write(table(_rows(ours_load, bare_load, share, (before, after), arguments.calls)))
    store = "redis" if arguments.cache else "file"
    figures = {
        "calls_a_second": round(ours_load.rate),
        "share": round(share, 2),
        "p99_milliseconds": round(ours_load.percentile(99) * 1000),
        "growth": round(after / before, 2),
    }
    write_figures("load", store, **{f"{store}_{name}": number for name, number in figures.items()})


def _rows(ours: Load, bare: Load, share: float, megabytes: tuple[float, float], calls: int) -> Sequence[Row]:
    is_met = "(met)" if share >= MIN_SHARE else "(**missed**)"
    before, after = megabytes
    return [
        Row(
            f"get_client by HTTP, calls a second, {CLIENTS} clients at once",
            number(ours.rate),
            f"bare SDK {number(bare.rate)}",
            f"{share:.2f}",
            f"≥ {MIN_SHARE:g} {is_met}",
        ),
        *(
            Row(
                f"the same, {percent} of 100 calls within",
                duration(ours.percentile(percent)),
                f"bare SDK {duration(bare.percentile(percent))}",
                f"{ours.percentile(percent) / bare.percentile(percent):.2f}",
            )
            for percent in (50, 99)
        ),
        limit_row(
            f"memory after {calls:,} more calls",
            after,
            before,
            MAX_GROWTH,
            (f"{after:.1f} MB", f"before {before:.1f} MB"),
        ),
    ]


def _merge(loads: Sequence[Load]) -> Load:
    return Load(median(load.rate for load in loads), [seconds for load in loads for seconds in load.seconds])


async def _load(server: Server, seconds: float, calls: int | None = None) -> Load:
    """Call from all clients for so many seconds, or until so many calls were made."""
    began, remaining = perf_counter(), iter(range(calls) if calls is not None else iter(int, 1))
    durations: list[float] = []

    async def call() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        request = _request(server)
        while perf_counter() - began < seconds and next(remaining, None) is not None:
            sent_at = perf_counter()
            writer.write(request)
            await _read_response(reader)
            durations.append(perf_counter() - sent_at)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(call() for _ in range(CLIENTS)))
    return Load(len(durations) / (perf_counter() - began), durations)


def _request(server: Server) -> bytes:
    params = {"name": server.tool, "arguments": {"client": str(make_id(0))}, "_meta": META}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return (
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
        "Accept: application/json\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
        f"Mcp-Name: {server.tool}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _read_response(reader: asyncio.StreamReader) -> bytes:
    """Return the body of a response.

    Raises:
        ValueError: It is no result of the tool.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    body = await reader.readexactly(int(lines[b"content-length"]))
    if not head.startswith(b"HTTP/1.1 200 ") or b'"isError":true' in body or b'"structuredContent"' not in body:
        message = f"wrong result: {body!r}"
        raise ValueError(message)
    return body


@contextmanager
def _open_servers(cache: str) -> Generator[tuple[Server, Server]]:
    """Start ours, whose Toggl is the sandbox, and a bare one that returns from memory what ours has returned."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        arena = stack.enter_context(open_sandbox())
        arena.hold(SIZE)
        settings = {
            "TOGGL_API_TOKEN": TOKEN,
            "TOGGL_API_URL": arena.url,
            "TOGGL_WORKSPACE_ID": str(WORKSPACE),
            "TOGGL_MCP_CACHE": cache or str(folder / "cache.sqlite"),
        }
        command = [sys.executable, "-m", "toggl_mcp", "http", "--port", "0"]
        ours = stack.enter_context(_start(command, "get_client", settings))
        asyncio.run(_call_once(ours))
        answer = folder / "answer.json"
        answer.write_text(json.dumps(json.loads(asyncio.run(_call_once(ours)))["result"]["structuredContent"]), "utf-8")
        bare_command = [sys.executable, str(Path(__file__).with_name("memory_server.py")), str(answer), "http"]
        yield ours, stack.enter_context(_start(bare_command, "get_client", {}))


async def _call_once(server: Server) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(_request(server))
    body = await _read_response(reader)
    writer.close()
    await writer.wait_closed()
    return body


@contextmanager
def _start(command: Sequence[str], tool: str, settings: dict[str, str]) -> Generator[Server]:
    """Start a server, which says on standard error where it listens."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOGGL_")} | settings
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own command
        try:
            line = cast("IO[bytes]", process.stderr).readline().decode()
            yield Server(process, int(line.rpartition("/mcp")[0].rpartition(":")[2]), tool)
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
