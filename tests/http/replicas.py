"""Several `toggl-mcp http` processes, and nginx in front of them with the configuration that is shipped."""

import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, cast

from tests.process.server import environment, start_module

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


class Replica:
    """A server process, which keeps its port when it is started again."""

    def __init__(self, *arguments: str, **settings: str) -> None:
        self.port = 0
        self._is_skewed = "CLOCK_OFFSET_SECONDS" in settings
        self._arguments = ["http", *arguments]
        self._environment = environment(**settings)
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.process = start_module(
            "tests.http.skewed_process" if self._is_skewed else "toggl_mcp",
            *[*self._arguments, "--port", str(self.port)],
            environment=self._environment,
            piped=["stderr"],
            is_forked=not self._is_skewed,  # Its clock is set before the imports.
        )

    def wait_until_ready(self) -> None:
        """Wait until it listens."""
        line = cast("IO[bytes]", self.process.stderr).readline().decode()
        match = re.search(r":(\d+)/mcp", line)
        assert match, line
        self.port = int(match[1])

    def kill(self) -> None:
        """End the process at once; again does no harm."""
        with self.process:
            self.process.kill()

    def restart(self) -> None:
        """Start the process again, if it has ended."""
        if self.process.poll() is not None:
            self.start()
            self.wait_until_ready()

    @contextmanager
    def paused(self) -> Generator[None]:
        """Let the system run it no further for a while."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def start_replicas(count: int, *arguments: str, **settings: str) -> Generator[list[Replica]]:
    """Yield running servers of the same settings."""
    with run_replicas([settings] * count, *arguments) as replicas:
        yield replicas


@contextmanager
def run_replicas(settings: Sequence[Mapping[str, str]], *arguments: str) -> Generator[list[Replica]]:
    """Yield running servers, one of each of these settings."""
    replicas = [Replica(*arguments, **values) for values in settings]
    try:
        for replica in replicas:
            replica.wait_until_ready()
        yield replicas
    finally:
        for replica in replicas:
            replica.kill()


@contextmanager
def start_nginx(
    folder: Path, replicas: Sequence[Replica], changes: Mapping[str, str] = MappingProxyType({})
) -> Generator[str]:
    """Yield the address of nginx in front of these replicas, with the addresses and paths of this machine.

    Args:
        folder: Where it writes.
        replicas: What it passes requests to.
        changes: What else of its configuration is replaced, and by what.
    """
    assert NGINX is not None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    addresses = {f"replica{number}:8000 resolve": f"127.0.0.1:{item.port}" for number, item in enumerate(replicas, 1)}
    paths = {"/tmp/": f"{folder}/", "/dev/stdout": f"{folder}/access.log"}  # noqa: S108 - of the container
    local = {**paths, **addresses, "listen 8080": f"listen 127.0.0.1:{port}"}
    text = CONFIGURATION.read_text("utf-8")
    for name, value in {**local, **changes}.items():
        assert name in text
        text = text.replace(name, value)
    file = folder / "nginx.conf"
    file.write_text(text)
    with subprocess.Popen([NGINX, "-p", str(folder), "-c", str(file)]) as process:  # noqa: S603 - Debian's nginx
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return when something listens at a port."""
    while process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
    message = f"nginx ended with status {process.returncode}"
    raise AssertionError(message)
