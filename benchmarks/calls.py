"""The time of a `get_client` call over stdio, against a tool on the bare SDK that responds from memory."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from types import TracebackType
from typing import IO, Any, Self, cast

from arena import Arena
from sample import WORKSPACE, make_id
from start import HELLO, OURS
from table import Row, duration, limit_row

from toggl_mcp.sandbox import TOKEN

SIZE = 10_000
BLOCK = 25
MAX_RATIO = 1.25


class Server:
    """A server process, driven by lines of JSON."""

    def __init__(self, command: Sequence[str], **settings: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TOGGL_")}
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment | settings
        )
        self._stdin, self._stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        for message in HELLO[:2]:
            self._write(json.dumps(message))
        self._stdin.flush()
        self._stdout.readline()

    def call(self, tool: str, client_id: int) -> tuple[float, Mapping[str, Any]]:
        """Return the seconds from the request to its response, and the structured content."""
        params = {"name": tool, "arguments": {"client": str(client_id)}}
        line = json.dumps({"jsonrpc": "2.0", "id": client_id, "method": "tools/call", "params": params})
        started_at = perf_counter()
        self._write(line)
        self._stdin.flush()
        response = self._stdout.readline()
        return perf_counter() - started_at, json.loads(response)["result"]["structuredContent"]

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _write(self, line: str) -> None:
        self._stdin.write(line.encode() + b"\n")


def measure_calls(arena: Arena, blocks: int) -> Iterator[Row]:
    """Measure the same result from our server, from a tool on the bare SDK, and from a tool that returns a constant."""
    arena.hold(SIZE)
    with TemporaryDirectory() as folder:
        settings = {
            "TOGGL_API_TOKEN": TOKEN,
            "TOGGL_API_URL": arena.url,
            "TOGGL_WORKSPACE_ID": str(WORKSPACE),
            "TOGGL_MCP_CACHE": f"{folder}/cache.sqlite",
        }
        response_file = Path(folder) / "answer.json"
        with Server(OURS, **settings) as ours:
            ours.call("get_client", make_id(0))
            response_file.write_text(json.dumps(ours.call("get_client", make_id(0))[1]), "utf-8")
            with Server(
                (sys.executable, str(Path(__file__).with_name("memory_server.py")), str(response_file))
            ) as bare:
                ours_seconds, bare_seconds, sdk_seconds = _medians(
                    [(ours, "get_client"), (bare, "get_client"), (bare, "get_result")], blocks
                )
    effort = f"{blocks * BLOCK} calls each, {SIZE:,} clients"
    yield limit_row(
        f"get_client over stdio, {effort}",
        ours_seconds,
        bare_seconds,
        MAX_RATIO,
        (duration(ours_seconds), f"bare SDK {duration(bare_seconds)}"),
    )
    yield Row(
        "the SDK's share of that: a constant result",
        duration(ours_seconds),
        f"bare SDK {duration(sdk_seconds)}",
        f"{sdk_seconds / ours_seconds:.0%}",
    )


def _medians(tools: Sequence[tuple[Server, str]], blocks: int) -> list[float]:
    samples: list[list[float]] = [[] for _ in tools]
    for turn in range(blocks + 1):
        for seconds, (server, tool) in zip(samples, tools, strict=True):
            block = [server.call(tool, make_id(0)) for _ in range(BLOCK)]
            if turn:  # The first block warms up.
                seconds += [seconds for seconds, _ in block]
            _check(response for _, response in block)
    return [median(seconds) for seconds in samples]


def _check(responses: Iterator[Mapping[str, Any]]) -> None:
    for response in responses:
        if (response["client"]["id"], response["source"]) != (make_id(0), "cache"):
            message = f"wrong result: {response}"
            raise ValueError(message)
