"""What a start costs, from the spawn to the list of tools, against a bare SDK server with the same schemas."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import IO, Any, NamedTuple, cast

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


def row(name: str, ours: list[Start], bare: list[Start], of: Callable[[Start], float]) -> str:
    """Return a table's row: both medians and their ratio."""
    a, b = median(map(of, ours)), median(map(of, bare))
    return f"| {name} | {a:.3f} | {b:.3f} | {a / b:.3f} |"


def main() -> None:
    """Measure both in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=15, help="starts of each (default 15)")
    starts: int = parser.parse_args().starts
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "tools.json"
        listed.write_text(json.dumps(start(OURS).tools), "utf-8")
        bare_server = (sys.executable, str(Path(__file__).with_name("bare.py")), str(listed))
        pairs = [(start(OURS), start(bare_server)) for _ in range(starts)]
    ours, bare = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    sys.stdout.write(
        f"Medians of {starts} starts each, in turn.\n\n| | toggl-mcp | bare SDK | ratio |\n|---|---|---|---|\n"
    )
    sys.stdout.write(row("seconds to the list of tools", ours, bare, lambda one: one.seconds) + "\n")
    sys.stdout.write(row("peak memory, MB", ours, bare, lambda one: one.megabytes) + "\n")


if __name__ == "__main__":
    main()
