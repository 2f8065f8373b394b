"""The time from spawn to the list of tools, against a bare SDK server with the same schemas."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
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
OURS = (sys.executable, "-m", "toggl_mcp")
MAX_RATIO = 1.10


class Start(NamedTuple):
    """One start: seconds until the tools were listed, the process's peak memory in MB, and the tools."""

    seconds: float
    megabytes: float
    tools: list[dict[str, Any]]


def start(command: Sequence[str]) -> Start:
    """Start a server, list its tools, and end it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOGGL_")}
    started_at = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own commands
        stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        for message in HELLO:
            stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()
        stdout.readline()
        response = json.loads(stdout.readline())
        seconds = time.perf_counter() - started_at
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        stdin.close()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return Start(seconds, int(peak.split()[1]) / 1024, response["result"]["tools"])


class Pair(NamedTuple):
    """The medians of one measure: of this server, and of the bare SDK server."""

    ours: float
    bare: float

    @property
    def ratio(self) -> float:
        """How many times as much this server takes."""
        return self.ours / self.bare


def measure(starts: int) -> tuple[Pair, Pair]:
    """Start both in turn, and return the median seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        schemas_file = Path(folder) / "tools.json"
        schemas_file.write_text(json.dumps(start(OURS).tools), "utf-8")
        bare_server = (sys.executable, str(Path(__file__).with_name("bare_server.py")), str(schemas_file))
        pairs = [(start(OURS), start(bare_server)) for _ in range(starts)]
    seconds = Pair(*(median(start_result.seconds for start_result in side) for side in zip(*pairs, strict=True)))
    megabytes = Pair(*(median(start_result.megabytes for start_result in side) for side in zip(*pairs, strict=True)))
    return seconds, megabytes


def rows(starts: int, seconds: Pair, megabytes: Pair) -> Iterator[Row]:
    """Yield the rows about time and memory."""
    texts = duration(seconds.ours), f"bare SDK {duration(seconds.bare)}"
    yield limit_row(f"start to the list of tools, {starts} each", seconds.ours, seconds.bare, MAX_RATIO, texts)
    texts = f"{megabytes.ours:.1f} MB", f"bare SDK {megabytes.bare:.1f} MB"
    yield limit_row("peak memory after it", megabytes.ours, megabytes.bare, MAX_RATIO, texts)


def measure_starts(starts: int) -> Iterator[Row]:
    """Start both in turn, and yield the rows about time and memory."""
    yield from rows(starts, *measure(starts))


def main() -> None:
    """Measure both in turn, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="starts of each (default 15)")
    starts = parser.parse_args().starts
    seconds, megabytes = measure(starts)
    sys.stdout.write(table(rows(starts, seconds, megabytes)))
    write_figures("start", starts=starts, time=round(seconds.ratio, 2), memory=round(megabytes.ratio, 2))


if __name__ == "__main__":
    main()
