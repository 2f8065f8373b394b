"""A server process, a client that is nothing but lines of JSON, and the sandbox on a port."""

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from io import BytesIO, StringIO, TextIOWrapper
from types import TracebackType
from typing import IO, Any, Self, cast

import pytest
import uvicorn
from pydantic_core import to_json
from starlette.types import ASGIApp

from tests.process.fork import STREAMS, ForkedProcess
from toggl_mcp.cli import main

SECONDS = 30
"""For which a test waits before it takes a process for stuck."""

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "lines", "version": "1"},
}
LEGACY = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "lines", "version": "1"}}

Message = dict[str, Any]
LIST_CLIENTS: Message = {"name": "list_clients", "arguments": {}}


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment without any of the server's settings, and with these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TOGGL_")} | settings


def run(*arguments: str, stdin: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "toggl_mcp", *arguments]
    return subprocess.run(  # noqa: S603 - our own command
        command,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )


def run_in_process(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end in this process, which takes none of the seconds that a process needs to start."""
    output, errors = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - environment().keys():
            patch.delenv(name)
        for name, value in settings.items():
            patch.setenv(name, value)
        for name, stream in (("stdin", StringIO(stdin)), ("stdout", output), ("stderr", errors)):
            patch.setattr(sys, name, stream)
        try:
            status = main(arguments)
        except SystemExit as error:
            status = int(error.code or 0)
        finally:
            gc.enable()
            gc.unfreeze()
    texts = [stream.buffer.getvalue().decode() for stream in (output, errors)]
    return subprocess.CompletedProcess([*arguments], status, *texts)


def start_module(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    piped: Collection[str] = STREAMS,
    is_forked: bool = True,
) -> ForkedProcess | subprocess.Popen[bytes]:
    """Start a module of Python, by default in less time than Python needs to start.

    Args:
        module: What `python -m` would run.
        arguments: Of its command line.
        environment: Its variables.
        piped: Its streams that the test reads and writes; of the others, errors are shown, and the rest is empty.
        is_forked: Whether the process may have imported the server before it begins.
    """
    if is_forked and sys.platform != "win32":
        return ForkedProcess(module, arguments, environment, piped)
    stdin, stdout, stderr = (subprocess.PIPE if name in piped else None for name in STREAMS)
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", module, *arguments],
        env=environment,
        stdin=stdin or subprocess.DEVNULL,
        stdout=stdout or subprocess.DEVNULL,
        stderr=stderr,
    )


class Process:
    """A running server.

    Args:
        arguments: Of its command line.
        module: What `python -m` would run.
        settings: Variables of its environment.
    """

    is_forked = True

    def __init__(self, *arguments: str, module: str = "toggl_mcp", **settings: str) -> None:
        variables = environment(**settings)
        self.process = start_module(module, *arguments, environment=variables, is_forked=self.is_forked)
        self._id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            cast("IO[bytes]", stream).close()

    def close_input(self) -> None:
        cast("IO[bytes]", self.process.stdin).close()

    def send_line(self, text: bytes) -> None:
        stdin = cast("IO[bytes]", self.process.stdin)
        stdin.write(text + b"\n")
        stdin.flush()

    def read(self) -> Message:
        return json.loads(cast("IO[bytes]", self.process.stdout).readline())

    def exchange(self, method: str, params: Mapping[str, object] | None = None) -> Message:
        """Send a request and return the next line: its response, or a request of the server."""
        self._id += 1
        self.send_line(to_json({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params or {}}))
        return self.read()

    def request(self, method: str, params: Mapping[str, object] | None = None) -> Message:
        """Send a request and return its answer."""
        answer = self.exchange(method, params)
        assert answer["id"] == self._id
        return answer

    def initialize(self) -> Message:
        """Open a connection of the legacy era."""
        answer = self.request("initialize", LEGACY)
        self.send_line(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        return answer

    def wait(self) -> tuple[int, str]:
        """Wait for the end, and return the exit status and what was logged."""
        status = self.process.wait(SECONDS)
        return status, cast("IO[bytes]", self.process.stderr).read().decode()


class FreshProcess(Process):
    """A server that has imported nothing before it begins, for its memory, and for streams as Python makes them."""

    is_forked = False


@contextmanager
def serve_sandbox(sandbox: ASGIApp) -> Generator[str]:
    """Serve the sandbox, or several, on a port of this machine, and give its address."""
    server = uvicorn.Server(uvicorn.Config(sandbox, port=0, log_level="error", ws="none", lifespan="off"))
    socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/api/v9"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()
