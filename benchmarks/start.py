"""The time from spawn to the list of tools, by stdio and by HTTP, against a bare SDK server with the same schemas."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import IO, Any, NamedTuple, cast

from table import Row, duration, limit_row, table

from tests.figures import write_figures

HELLO: tuple[dict[str, Any], ...] = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "start", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
)
LIST_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
}
OURS = (sys.executable, "-m", "toggl_mcp")
MAX_RATIO = 1.10


class Start(NamedTuple):
    """One start: seconds until the tools were listed, the process's peak memory in MB, and the tools."""

    seconds: float
    megabytes: float
    tools: list[dict[str, Any]]


def start(command: Sequence[str]) -> Start:
    """Start a server, list its tools, and end it."""
    started_at = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment()) as process:  # noqa: S603 - our own commands
        stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        for message in HELLO:
            stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()
        stdout.readline()
        response = json.loads(stdout.readline())
        seconds = time.perf_counter() - started_at
        megabytes = read_peak(process.pid)
        stdin.close()
    return Start(seconds, megabytes, response["result"]["tools"])


def start_replica(command: Sequence[str]) -> Start:
    """Start a server of HTTP, list its tools as soon as it listens, and end it."""
    started_at = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment()) as process:  # noqa: S603 - our own commands
        try:
            line = cast("IO[bytes]", process.stderr).readline().decode()
            connection = HTTPConnection("127.0.0.1", int(line.rpartition("/mcp")[0].rpartition(":")[2]), timeout=30)
            connection.request("POST", "/mcp", json.dumps(HELLO[-1]), LIST_HEADERS)
            response = json.loads(connection.getresponse().read())
            seconds = time.perf_counter() - started_at
            megabytes = read_peak(process.pid)
            connection.close()
        finally:
            process.kill()
    return Start(seconds, megabytes, response["result"]["tools"])


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of this server, in which the first start keeps its byte code."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TOGGL_") and name != "PYTHONDONTWRITEBYTECODE"
    }


def read_peak(process_id: int) -> float:
    """Return the peak memory of a process in MB."""
    status = Path(f"/proc/{process_id}/status").read_text("utf-8")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


class Pair(NamedTuple):
    """The medians of one measure: of this server, and of the bare SDK server."""

    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        """How many times as much this server takes."""
        return self.ours / self.bare


class Comparison(NamedTuple):
    """The starts by one transport, ours and the bare SDK's: what starts, in how many seconds and megabytes."""

    subject: str
    seconds: Pair
    megabytes: Pair


def compare_starts(starts: int) -> tuple[Comparison, Comparison]:
    """Start ours and the bare SDK's in turn, by stdio and then by HTTP, and return the medians."""
    with tempfile.TemporaryDirectory() as folder:
        schemas_file = Path(folder) / "tools.json"
        schemas_file.write_text(json.dumps(start(OURS).tools), "utf-8")
        bare_server = (sys.executable, str(Path(__file__).with_name("bare_server.py")), str(schemas_file))
        replica = (*OURS, "http", "--port", "0")
        return (
            _compare("start", starts, start, OURS, bare_server),
            _compare("start of a replica", starts, start_replica, replica, (*bare_server, "http")),
        )


def _compare(
    subject: str, starts: int, start_server: Callable[[Sequence[str]], Start], ours: Sequence[str], bare: Sequence[str]
) -> Comparison:
    start_server(ours)  # An installed server has byte code, which a checkout has after its first start.
    pairs = [(start_server(ours), start_server(bare)) for _ in range(starts)]
    seconds = Pair(*(median(result.seconds for result in side) for side in zip(*pairs, strict=True)))
    megabytes = Pair(*(median(result.megabytes for result in side) for side in zip(*pairs, strict=True)))
    return Comparison(subject, seconds, megabytes)


def rows(starts: int, comparisons: Sequence[Comparison]) -> Iterator[Row]:
    """Yield the rows about time and memory."""
    for subject, seconds, megabytes in comparisons:
        texts = duration(seconds.ours), f"bare SDK {duration(seconds.bare)}"
        yield limit_row(f"{subject} to the list of tools, {starts} each", seconds.ours, seconds.bare, MAX_RATIO, texts)
        texts = f"{megabytes.ours:.1f} MB", f"bare SDK {megabytes.bare:.1f} MB"
        yield limit_row("peak memory after it", megabytes.ours, megabytes.bare, MAX_RATIO, texts)


def measure_starts(starts: int) -> Iterator[Row]:
    """Start both in turn, and yield the rows about time and memory."""
    yield from rows(starts, compare_starts(starts))


def main() -> None:
    """Measure both in turn, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="starts of each (default 15)")
    starts = parser.parse_args().starts
    stdio, replica = compare_starts(starts)
    sys.stdout.write(table(rows(starts, (stdio, replica))))
    write_figures(
        "start",
        starts=starts,
        time=round(stdio.seconds.ratio, 2),
        memory=round(stdio.megabytes.ratio, 2),
        replica_time=round(replica.seconds.ratio, 2),
        replica_memory=round(replica.megabytes.ratio, 2),
    )


if __name__ == "__main__":
    main()
