"""What a call of `get_client` costs over stdio, against a tool on the bare SDK that answers from memory."""

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
from sample import WORKSPACE, id_of
from start import HELLO, OURS
from table import Row, at_most, duration

from toggl_mcp.sandbox import TOKEN

SIZE = 10_000
BLOCK = 25
MOST = 1.25


class Server:
    """A server process, and a host that is nothing but lines of JSON."""

    def __init__(self, command: Sequence[str], **settings: str) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("TOGGL_")}
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=plain | settings
        )
        self._stdin, self._stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        for message in HELLO[:2]:
            self._write(json.dumps(message))
        self._stdin.flush()
        self._stdout.readline()

    def call(self, tool: str, client_id: int) -> tuple[float, Mapping[str, Any]]:
        """Return the seconds from the question to its answer, and the structured answer."""
        params = {"name": tool, "arguments": {"client_id": client_id}}
        line = json.dumps({"jsonrpc": "2.0", "id": client_id, "method": "tools/call", "params": params})
        began = perf_counter()
        self._write(line)
        self._stdin.flush()
        answer = self._stdout.readline()
        return perf_counter() - began, json.loads(answer)["result"]["structuredContent"]

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


def calls(arena: Arena, blocks: int) -> Iterator[Row]:
    """Measure the same answer from our server, from the bare SDK, and from it without any work left to do."""
    arena.hold(SIZE)
    with TemporaryDirectory() as folder:
        settings = {
            "TOGGL_API_TOKEN": TOKEN,
            "TOGGL_API_URL": arena.url,
            "TOGGL_WORKSPACE_ID": str(WORKSPACE),
            "TOGGL_MCP_CACHE": f"{folder}/cache.sqlite",
        }
        remembered = Path(folder) / "answer.json"
        with Server(OURS, **settings) as ours:
            ours.call("get_client", id_of(0))
            remembered.write_text(json.dumps(ours.call("get_client", id_of(0))[1]), "utf-8")
            with Server((sys.executable, str(Path(__file__).with_name("remembering.py")), str(remembered))) as bare:
                a, b, ready = _medians([(ours, "get_client"), (bare, "get_client"), (bare, "get_ready")], blocks)
    of = f"{blocks * BLOCK} calls each, {SIZE:,} clients"
    yield at_most(f"get_client over stdio, {of}", a, b, MOST, (duration(a), f"bare SDK {duration(b)}"))
    yield Row(
        "the SDK's share of that: a result that needs no work",
        duration(a),
        f"bare SDK {duration(ready)}",
        f"{ready / a:.0%}",
    )


def _medians(tools: Sequence[tuple[Server, str]], blocks: int) -> list[float]:
    took: list[list[float]] = [[] for _ in tools]
    for turn in range(blocks + 1):
        for spent, (server, tool) in zip(took, tools, strict=True):
            block = [server.call(tool, id_of(0)) for _ in range(BLOCK)]
            if turn:  # The first block warms up.
                spent += [seconds for seconds, _ in block]
            _check(answer for _, answer in block)
    return [median(spent) for spent in took]


def _check(answers: Iterator[Mapping[str, Any]]) -> None:
    for answer in answers:
        if (answer["client"]["id"], answer["source"]) != (id_of(0), "cache"):
            message = f"a wrong answer: {answer}"
            raise ValueError(message)
