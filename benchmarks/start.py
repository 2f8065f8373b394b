"""What a start costs, from the spawn to the list of tools, against a bare SDK server with the same schemas."""

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

from table import Row, at_most, duration, table

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
MOST = 1.10


class Start(NamedTuple):
    """One start: seconds until the tools were listed, the process's peak memory in MB, and the tools."""

    seconds: float
    megabytes: float
    tools: list[dict[str, Any]]


def start(command: Sequence[str]) -> Start:
    """Start a server, list its tools, and end it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOGGL_")}
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own commands
        stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        for message in HELLO:
            stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()
        stdout.readline()
        answer = json.loads(stdout.readline())
        seconds = time.perf_counter() - began
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        stdin.close()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return Start(seconds, int(peak.split()[1]) / 1024, answer["result"]["tools"])


def started(starts: int) -> Iterator[Row]:
    """Start both in turn, and return the rows about time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "tools.json"
        listed.write_text(json.dumps(start(OURS).tools), "utf-8")
        bare_server = (sys.executable, str(Path(__file__).with_name("bare.py")), str(listed))
        pairs = [(start(OURS), start(bare_server)) for _ in range(starts)]
    ours, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    a, b = (median(one.seconds for one in each) for each in (ours, bare))
    yield at_most(f"start to the list of tools, {starts} each", a, b, MOST, (duration(a), f"bare SDK {duration(b)}"))
    a, b = (median(one.megabytes for one in each) for each in (ours, bare))
    yield at_most("peak memory after it", a, b, MOST, (f"{a:.1f} MB", f"bare SDK {b:.1f} MB"))


def main() -> None:
    """Measure both in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="starts of each (default 15)")
    sys.stdout.write(table(started(parser.parse_args().starts)))


if __name__ == "__main__":
    main()
