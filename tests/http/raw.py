"""Requests as bytes, since no client library sends the bad ones, and a real server process that they are sent to."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, cast

from tests.http.support import META
from tests.process.server import SECONDS, environment, start_module

Headers = Sequence[tuple[str, str]]

CALL: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "list_clients", "arguments": {"refresh": True}, "_meta": META},
}
"""A call that is sent to Toggl each time."""
HEADERS: Headers = (
    ("Host", "127.0.0.1"),
    ("Connection", "close"),
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
    ("MCP-Protocol-Version", "2026-07-28"),
    ("Mcp-Method", "tools/call"),
    ("Mcp-Name", "list_clients"),
)


def encode(
    *changes: tuple[str, str | None],
    line: str = "POST /mcp HTTP/1.1",
    body: object = CALL,
    length: str | None = None,
    repeated: Headers = (),
) -> bytes:
    """Return a request that is right except for what is given.

    Args:
        changes: Headers in place of those of the same name; None leaves one out.
        line: The request line.
        body: Its content; what is not bytes is sent as JSON.
        length: The value of Content-Length in place of the body's.
        repeated: Headers besides those of the same name.
    """
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {**dict(HEADERS), "Content-Length": str(len(content)) if length is None else length, **dict(changes)}
    present = [*((name, value) for name, value in headers.items() if value is not None), *repeated]
    text = "".join(f"{name}: {value}\r\n" for name, value in present)
    return f"{line}\r\n{text}\r\n".encode("latin-1") + content


class Response(NamedTuple):
    """What came back until the connection was closed: the status, or 0 if it was closed without one."""

    status: int
    content: bytes


class HttpServer:
    """A server process that runs, and its log; the port is 0 if it ended before it listened.

    Args:
        flags: Of the command line.
        streams: What a shell does with standard input and output; by default they are empty.
        settings: Variables of the environment.
    """

    def __init__(self, *flags: str, streams: str = "", **settings: str) -> None:
        arguments = ("http", "--port", "0", *flags)
        if streams:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                ["/bin/sh", "-c", f'exec "$0" "$@" {streams}', sys.executable, "-m", "toggl_mcp", *arguments],
                env=environment(**settings),
                stderr=subprocess.PIPE,
            )
        else:
            self.process = start_module("toggl_mcp", *arguments, environment=environment(**settings), piped=["stderr"])
        self.log = ""
        self._changed = Condition()
        self._is_open = True
        self._reader = Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.wait_for_log("listening at")
        match = re.search(r"listening at .*:([0-9]+)/", self.log)
        self.port = 0 if match is None else int(match[1])

    def _read_log(self) -> None:
        for line in cast("IO[bytes]", self.process.stderr):
            with self._changed:
                self.log += line.decode()
                self._changed.notify_all()
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def wait_for_log(self, text: str) -> None:
        """Wait until this was logged, or the process has ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.log or not self._is_open, SECONDS), self.log

    @property
    def resident_bytes(self) -> int:
        """The memory that the process has."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for the end, and return the exit status."""
        status = self.process.wait(SECONDS)
        self._reader.join()
        cast("IO[bytes]", self.process.stderr).close()
        return status

    def connect(self, host: str = "127.0.0.1") -> socket.socket:
        """Return a connection to the server."""
        return socket.create_connection((host, self.port), SECONDS)

    def send(self, request: bytes) -> Response:
        """Send a request, all of it that the server takes, and return what comes until the connection is closed."""
        with self.connect() as connection:
            with suppress(ConnectionError):
                connection.sendall(request)
            return read_response(connection)


def read_response(connection: socket.socket) -> Response:
    """Return what comes until the connection is closed."""
    content = bytearray()
    with suppress(ConnectionError):
        while part := connection.recv(1 << 16):
            content += part
    return Response(int(content.split(b" ", 2)[1]) if content else 0, bytes(content))
